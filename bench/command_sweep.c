/* `pushlab sweep`: a scenario measured again and again, with other values of some keys. */
#include "bench/commands.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/scenario/scenario.h"
#include "bench/sweep/sweep.h"
#include "bench/sweep/sweep_cells.h"
#include "bench/sweep/sweep_chart.h"
#include "bench/sweep/vary.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    struct opt_list vary, set;
    const char *rows, *out, *resume;
    int64_t repeat, retries;
    bool dry_run, anyway, no_charts, host_network;
    struct progress_wish progress;
};

static const struct opt opts[] = {
    HEADING("What is measured"),
    LIST("vary", "KEY=VALUE,...", vary,
         "measure with each of these values; several --vary: with all combinations. 5..20+5 is 5, "
         "10, 15, 20; 1..100x10 is 1, 10, 100"),
    LIST("set", "KEY=VALUE", set, "override a key of the scenario in all cells"),
    TEXT("rows", "ID,ID", rows, NULL, "measure only these rows"),
    INT("repeat", "N", repeat, NULL, 1, SCENARIO_MAX_REPEATS,
        "measure each cell N times (default: as the scenario says)"),
    INT("retry-disturbed", "N", retries, "0", 0, 10,
        "measure a disturbed row again, up to N times"),
    FLAG("dry-run", dry_run, "list the cells and about how long they take, without measuring"),

    HEADING("Resuming"),
    TEXT("resume", "DIR", resume, NULL,
         "measure what is missing in the folder of a sweep, with the options of that sweep"),
    FLAG("anyway", anyway, "with --resume: even if the scenario's file has changed since"),

    HEADING("Results"),
    TEXT("out", "DIR", out, "results", "parent of the sweep's folder"),
    FLAG("no-charts", no_charts, "draw no charts (pushlab chart draws them later)"),
    FLAG("host-network", host_network,
         "stay in the host's network namespace, so that tcpdump can see the traffic"),
    PROGRESS_OPTS(progress),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab sweep",
    .usage = "SCENARIO --vary KEY=VALUE,... [options]\n--resume DIR",
    .about =
        "Measure a scenario with other values of some keys: any number, choice or flag of "
        "pushlab help scenarios, rows.KEY for a key of all rows that have it, and link.rtt_ms, "
        "link.loss_percent and the like for parts of the link. Cells are measured in random "
        "order, a whole round before any is repeated. Leaves a folder with a run for each cell, "
        "a table, sweep.csv and charts. Ctrl-C keeps what is finished, and --resume goes on.",
    .footer = "Examples:\n"
              "  pushlab sweep standard --vary clients=50,200,1000 --vary link.rtt_ms=5,50,200\n"
              "  pushlab sweep standard --vary rows.interval_ms=100..1600x2 --rows short-poll\n"
              "  pushlab sweep --resume results/20261130T120000Z-sweep-standard\n\n"
              "Exit code: 0 when every cell was measured and all independent counts agree, 1\n"
              "when not, 2 when an option or the scenario is wrong.\n",
    .opts = opts,
    .operands = "SCENARIO",
};

/* ---- what to measure ---- */

static int split(char key[VARY_WORD_BYTES], const char **value, const char *text,
                 struct err_text *e)
{
    size_t len = strcspn(text, "=");

    if (len == 0 || len >= VARY_WORD_BYTES || text[len] == '\0')
        return err_set(e, PL_EINVAL,
                       "--set: '%.60s' is not a key and its value; accepted: "
                       "KEY=VALUE",
                       text);
    snprintf(key, VARY_WORD_BYTES, "%.*s", (int)len, text);
    *value = text + len + 1;
    return PL_OK;
}

/* Leave out rows that s does not have any more. */
static void keep_rows(cJSON *file, const struct scenario *s)
{
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(file, "rows");
    size_t kept = 0;

    while ((int)kept < cJSON_GetArraySize(rows))
        if (kept < s->nrows &&
            strcmp(json_text(cJSON_GetArrayItem(rows, (int)kept), "id"), s->rows[kept].id) == 0)
            kept++;
        else
            cJSON_DeleteItemFromArray(rows, (int)kept);
}

/* Read the scenario again, with --set and --rows. */
static int apply_options(struct scenario *s, const struct config *c, struct err_text *e)
{
    cJSON *file = scenario_file(s);
    char key[VARY_WORD_BYTES], option[VARY_WORD_BYTES + 8], *text, path[SCENARIO_PATH_BYTES];
    const char *value = "";
    int rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < c->set.n; i++) {
        rc = split(key, &value, c->set.text[i], e);
        snprintf(option, sizeof option, "--set %s", key);
        rc = rc < 0 ? rc : scenario_put(file, s, key, option, value, NULL, e);
    }
    if (rc == PL_OK && c->rows != NULL) {
        rc = scenario_keep_rows(s, c->rows, e);
        keep_rows(file, s);
    }
    text = cJSON_PrintUnformatted(file);
    cJSON_Delete(file);
    snprintf(path, sizeof path, "%s", s->path);
    scenario_free(s);
    if (rc == PL_OK)
        rc = scenario_parse(s, path, text, strlen(text), e);
    cJSON_free(text);
    return rc;
}

static int load(struct scenario *s, const struct config *c, const char *word, struct err_text *e)
{
    char path[PATH_MAX], *absolute;
    int rc;

    scenario_find(path, sizeof path, word);
    absolute = realpath(path, NULL); /* it may be resumed from another folder */
    rc = scenario_load(s, absolute != NULL ? absolute : path, e);
    free(absolute);
    return rc < 0 ? rc : apply_options(s, c, e);
}

static int plan(struct plan *out, const struct scenario *s, const struct config *c,
                struct err_text *e)
{
    struct vary *vary = calloc(PLAN_KEYS_MAX, sizeof *vary);
    int rc = PL_OK, repeat = (int)(c->repeat > 0 ? c->repeat : s->repeat);

    if (vary == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    if (c->vary.n == 0 || c->vary.n > PLAN_KEYS_MAX)
        rc = err_set(e, PL_EINVAL, "--vary: given %zu times; accepted: 1 to %d times", c->vary.n,
                     PLAN_KEYS_MAX);
    for (size_t i = 0; rc == PL_OK && i < c->vary.n; i++)
        rc = vary_parse(&vary[i], c->vary.text[i], e);
    rc = rc < 0 ? rc : plan_make(out, s, vary, c->vary.n, repeat, (uint64_t)s->seed, e);
    free(vary);
    return rc;
}

static void print_plan(const struct plan *p)
{
    char name[160], time[UNITS_TEXT_BYTES];
    double all_s = 0;

    for (int i = 0; i < p->cells; i++) {
        cJSON *values = plan_values(p, i);

        printf("cell %-4d %s\n", i + 1, plan_name(name, sizeof name, values));
        all_s += plan_block_s(p, i) * p->repeat;
        cJSON_Delete(values);
    }
    units_format_duration(time, all_s);
    printf("\n%d %s, each measured %d %s: about %s\n", p->cells, p->cells == 1 ? "cell" : "cells",
           p->repeat, p->repeat == 1 ? "time" : "times", time);
}

/* ---- measuring ---- */

static int say_file(const struct sweep *s, const char *what, const char *name, int rc,
                    const struct err_text *e)
{
    if (rc == PL_OK)
        printf("%-8s %s/%s\n", what, s->dir, name);
    else
        fprintf(stderr, "pushlab: error: %.*s: %s\n", (int)strcspn(what, ":"), what, e->text);
    return rc;
}

static int draw(const struct sweep *s, const struct sweep_cells *cells, struct progress *progress)
{
    struct err_text e = {""};
    int rc;

    progress_step(progress, "drawing charts", 0);
    rc = sweep_chart_draw(cells, &e);
    progress_clear(progress);
    return say_file(s, "charts:", "charts", rc, &e);
}

/* Table, CSV and charts of the finished cells. */
static int show(const struct sweep *s, bool charts, struct progress *progress)
{
    struct sweep_cells cells;
    struct err_text e = {""};
    struct buf text = {0};
    int rc = sweep_cells_read(&cells, s, &e);

    if (rc < 0)
        return command_fail(PL_EXIT_FAILURE, e.text);
    rc = command_print(&text, sweep_cells_table(&text, &cells));
    if (rc < 0)
        command_fail(PL_EXIT_FAILURE, "the table could not be printed");
    printf("\nresults: %s\n", s->dir);
    if (say_file(s, "csv:", "sweep.csv", sweep_cells_csv(&cells, &e), &e) < 0)
        rc = PL_ESYS;
    if (charts && draw(s, &cells, progress) < 0)
        rc = PL_ESYS;
    sweep_cells_free(&cells);
    return rc < 0 ? PL_EXIT_FAILURE : PL_EXIT_OK;
}

static int count_finished(const struct sweep *s)
{
    int n = 0;

    for (int i = 0; i < s->plan.cells; i++)
        n += sweep_has_cell(s, i);
    return n;
}

static int measure(struct sweep *s, const struct config *c, const struct sweep_options *o)
{
    struct sweep_outcome out = {.problems = 0};
    struct err_text e = {""};
    int code = PL_EXIT_OK, rc = sweep_lock(s, &e);

    rc = rc < 0 ? rc : sweep_measure(s, o, &out, &e);
    if (rc < 0)
        code = command_fail(PL_EXIT_FAILURE, e.text);
    if (out.interrupted)
        fprintf(stderr,
                "pushlab: interrupted: %d of %d cells finished; pushlab sweep --resume %s "
                "goes on\n",
                count_finished(s), s->plan.cells, s->dir);
    if (code != PL_EXIT_OK || out.interrupted)
        return PL_EXIT_FAILURE;
    code = show(s, !c->no_charts, o->progress);
    return out.problems > 0 ? PL_EXIT_FAILURE : code;
}

static int begin(const struct config *c, const char *word, const struct sweep_options *o)
{
    struct scenario *s = calloc(1, sizeof *s);
    struct plan p = {.file = NULL};
    struct sweep sweep;
    struct err_text e = {""};
    int rc =
        s == NULL ? err_set(&e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM)) : load(s, c, word, &e);
    int code = PL_EXIT_OK;

    if (rc == PL_OK) {
        rc = plan(&p, s, c, &e);
        if (rc == PL_OK && c->dry_run)
            print_plan(&p);
        else if (rc == PL_OK)
            rc = sweep_create(&sweep, c->out, &p, s, (int)c->retries, &e);
        scenario_free(s);
    }
    free(s);
    if (rc < 0)
        return command_fail(rc == PL_ENOMEM ? PL_EXIT_FAILURE : PL_EXIT_USAGE, e.text);
    if (c->dry_run) {
        plan_free(&p);
        return PL_EXIT_OK;
    }
    code = measure(&sweep, c, o);
    sweep_free(&sweep);
    return code;
}

static int resume(const struct config *c, const struct sweep_options *o)
{
    struct sweep sweep;
    struct err_text e = {""};
    int code, rc = sweep_read(&sweep, c->resume, &e);

    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    if (!c->anyway && sweep_scenario_changed(&sweep)) {
        err_set(&e, PL_EINVAL,
                "--resume: %.200s was changed since the sweep began; accepted: the same file, or "
                "--anyway, which goes on as it was",
                json_text(sweep.json, "scenario_file.path"));
        code = command_fail(PL_EXIT_USAGE, e.text);
    } else {
        code = measure(&sweep, c, o);
    }
    sweep_free(&sweep);
    return code;
}

/* What --resume takes from the folder must not be given again. */
static int check(const struct config *c, int nargs, struct err_text *e)
{
    bool more = c->vary.n > 0 || c->set.n > 0 || c->rows != NULL || c->repeat > 0 || c->dry_run;

    if (c->resume != NULL && (nargs > 0 || more))
        return err_set(e, PL_EINVAL,
                       "--resume: takes everything from its folder; accepted: no "
                       "scenario, and no other option of what is measured");
    if (c->resume == NULL && nargs != 1)
        return err_set(e, PL_EINVAL, "sweep: %s scenario given; accepted: " SCENARIO_ACCEPTED,
                       nargs == 0 ? "no" : "more than one");
    if (c->resume == NULL && c->anyway)
        return err_set(e, PL_EINVAL, "--anyway: only with --resume");
    return PL_OK;
}

int command_sweep(int argc, char **argv)
{
    char *words[COMMAND_WORDS_MAX];
    struct sweep_options options = {.argc = command_words(words, argc, argv), .argv = words};
    struct progress progress;
    struct config c = {.rows = NULL};
    struct err_text e = {""};
    int nargs = 0, rc;

    rc = opt_parse(&program, &c, argc, argv, &nargs, &e);
    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    rc = rc < 0 ? rc : check(&c, nargs, &e);
    rc = rc < 0 ? rc : progress_open(&progress, &c.progress, &e);
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    options.host_network = c.host_network;
    options.progress = &progress;
    return c.resume != NULL ? resume(&c, &options) : begin(&c, argv[1], &options);
}
