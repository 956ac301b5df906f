/* `pushlab reproduce`: measure what a published study claims, and say what holds here. */
#include "bench/commands.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/data_find.h"
#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/result.h"
#include "bench/run/run.h"
#include "bench/study/outcome.h"
#include "bench/study/study.h"

#define OPT_CONFIG struct reproduce_config
#include "lib/opt/opt_rows.h"

enum { OUTCOME_MAX_BYTES = 1 << 20 };

struct reproduce_config {
    const char *out, *from;
    int64_t repeat, retries;
    bool anyway, json, markdown;
    struct progress_wish progress;
};

static const struct opt reproduce_opts[] = {
    HEADING("Measuring"),
    INT("repeat", "N", repeat, "0", 0, SCENARIO_MAX_REPEATS,
        "measure each row N times; 0: as often as the study says"),
    INT("retry-disturbed", "N", retries, "0", 0, 10,
        "measure a disturbed row again, up to N times"),
    FLAG("anyway", anyway, "also judge by rows that were disturbed"),

    HEADING("Results"),
    TEXT("out", "DIR", out, "results", "parent of the study's folder"),
    TEXT("from", "FILE.json", from, NULL, "print an earlier outcome.json again, without measuring"),
    FLAG("markdown", markdown, "as a Markdown table"),
    FLAG("json", json, "print outcome.json"),
    PROGRESS_OPTS(progress),
    {.name = NULL},
};

static const struct opt_program reproduce_program = {
    .name = "pushlab reproduce",
    .usage = "[STUDY] [options]",
    .about = "Measure the scenarios of a published study several times, and say for each of its "
             "claims whether it holds here, does not hold, or can't be decided. STUDY is a name or "
             "a file; without one, list those that come with pushlab.",
    .footer = "Examples:\n"
              "  pushlab reproduce\n"
              "  pushlab reproduce rfc-6202\n\n"
              "Exit code: 0 when all was measured, whatever the verdicts; 1 when not; 2 when an\n"
              "option or the study is wrong.\n",
    .opts = reproduce_opts,
    .operands = "STUDY",
};

/* ---- the list ---- */

static int list_studies(void)
{
    struct data_list list;
    struct study study;
    struct err_text e = {""};
    int rc = data_list_make(&list, DATA_STUDIES);
    bool any = list.n > 0;

    if (rc < 0)
        err_set(&e, rc, "%s", pl_strerror(rc));
    for (size_t i = 0; rc == PL_OK && i < list.n; i++) {
        rc = study_read(&study, list.at[i].path, &e);
        if (rc < 0)
            break;
        printf("%-30s %s\n", study.name, json_text(study.json, "title"));
        study_free(&study);
    }
    data_list_free(&list);
    if (rc == PL_OK && !any)
        return command_fail(PL_EXIT_FAILURE, "no studies found");
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
}

/* ---- measuring ---- */

struct measurement {
    const struct study *study;
    const struct reproduce_config *config;
    struct run_options options;
    char folder[PATH_MAX];
    cJSON *runs;      /* of outcome_of() */
    bool interrupted; /* by Ctrl-C */
    bool good;        /* every row was measured, and its counts agree */
};

static void print_problem(void *arg, const char *line)
{
    fprintf(stderr, "pushlab: error: %s: %s\n", (const char *)arg, line);
}

/* Why a run says nothing of the study, NULL: it does. A link that could not be emulated is none. */
static const char *why_not(const struct scenario *s, const struct run_outcome *out)
{
    if (out->skipped[0] != '\0')
        return out->skipped;
    if (!out->good)
        return "its run failed";
    if (strcmp(s->links.text[0], "loopback") != 0 &&
        strcmp(json_text(out->run, "link"), "loopback") == 0)
        return "its link can't be emulated here";
    return NULL;
}

static int measure_scenario(struct measurement *m, struct scenario *s, const char *name,
                            struct err_text *e)
{
    struct run_outcome out;
    const char *why;
    char label[SCENARIO_NAME_BYTES];
    int rc = run_scenario(&out, s, &m->options, e);

    snprintf(label, sizeof label, "%s", name);
    result_each_problem(out.run, print_problem, label);
    why = why_not(s, &out);
    m->interrupted = out.interrupted;
    m->good &= out.good || out.skipped[0] != '\0';
    if (why == NULL)
        cJSON_AddItemToObject(m->runs, name, out.run);
    else
        cJSON_AddStringToObject(m->runs, name, why);
    if (why != NULL)
        cJSON_Delete(out.run);
    return rc;
}

static int set_repeats(const struct measurement *m, struct scenario *s, struct err_text *e)
{
    double wanted = json_number(m->study->json, "repeat");
    char text[16];

    if (m->config->repeat > 0)
        wanted = (double)m->config->repeat;
    if (!(wanted > 1))
        return PL_OK;
    snprintf(text, sizeof text, "%.0f", wanted);
    return scenario_override(s, "repeat", "--repeat", text, e);
}

/* One of the study's scenarios, with its repeats; to be freed. */
static int read_scenario(struct scenario *s, const struct measurement *m, const cJSON *member,
                         struct err_text *e)
{
    int rc = study_scenario(s, m->study, member, e);

    if (rc < 0)
        return rc;
    rc = set_repeats(m, s, e);
    rc = rc < 0 ? rc : scenario_check(s, e);
    if (rc < 0)
        scenario_free(s);
    return rc;
}

/* How much there is of all scenarios, and what is left of it. */
struct extent {
    long rows, rows_left; /* repeats counted */
    double left_s;
};

static void extend(struct extent *x, const struct measurement *m, const struct scenario *s, int by)
{
    x->rows_left += by * (long)s->nrows * (long)s->repeat;
    x->left_s += by * run_expected_s(s, &m->options);
}

/* s: room for one scenario. */
static int add_up(struct extent *x, const struct measurement *m, struct scenario *s,
                  const cJSON *scenarios, struct err_text *e)
{
    const cJSON *member;
    int rc = PL_OK;

    cJSON_ArrayForEach(member, scenarios)
    {
        rc = rc < 0 ? rc : read_scenario(s, m, member, e);
        if (rc < 0)
            break;
        extend(x, m, s, 1);
        scenario_free(s);
    }
    x->rows = x->rows_left;
    return rc;
}

static int measure_member(struct measurement *m, struct scenario *s, const cJSON *member,
                          struct extent *x, struct err_text *e)
{
    int rc = read_scenario(s, m, member, e);

    if (rc < 0)
        return rc;
    progress_part(m->options.progress, member->string, (size_t)(x->rows - x->rows_left),
                  (size_t)x->rows, x->left_s);
    rc = measure_scenario(m, s, member->string, e);
    extend(x, m, s, -1);
    scenario_free(s);
    return rc;
}

static int measure(struct measurement *m, struct err_text *e)
{
    const cJSON *scenarios = json_at(m->study->json, "scenarios"), *member;
    struct scenario *s = calloc(1, sizeof *s);
    int rc = s == NULL ? err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM)) : PL_OK;
    struct extent x = {0};

    rc = rc < 0 ? rc : add_up(&x, m, s, scenarios, e);
    cJSON_ArrayForEach(member, scenarios)
    {
        if (rc == PL_OK && !m->interrupted)
            rc = measure_member(m, s, member, &x, e);
    }
    free(s);
    return rc;
}

/* ---- the outcome ---- */

static int print_outcome(const struct reproduce_config *c, const cJSON *outcome)
{
    struct buf text = {0};
    struct writer w = {.out = &text};

    if (c->json)
        return command_print_json(outcome);
    if (c->markdown)
        outcome_put_markdown(&w, outcome);
    else
        outcome_put_text(&w, outcome);
    return command_print(&text, w.rc);
}

static int save(const struct measurement *m, const cJSON *outcome, struct err_text *e)
{
    char path[PATH_MAX + 16], *text = cJSON_Print(outcome);
    int rc = text == NULL ? PL_ENOMEM : PL_OK;

    snprintf(path, sizeof path, "%s/outcome.json", m->folder);
    rc = rc < 0 ? err_set(e, rc, "%s", pl_strerror(rc)) : file_write(path, text, strlen(text), e);
    cJSON_free(text);
    return rc;
}

/* OUT/20261130T101500Z-study-NAME, which gets the runs as runs/...; made when the first is. */
static int name_folder(struct measurement *m, char runs[PATH_MAX], struct err_text *e)
{
    char stamp[FILE_STAMP_BYTES];

    file_stamp(stamp);
    if (snprintf(m->folder, sizeof m->folder, "%s/%s-study-%s", m->config->out, stamp,
                 m->study->name) >= (int)sizeof m->folder - 8)
        return err_set(e, PL_EINVAL, "--out: the path is too long");
    snprintf(runs, PATH_MAX, "%.*s/runs", (int)(PATH_MAX - 8), m->folder);
    return file_make_folders(m->folder, e);
}

static int finish(struct measurement *m, struct err_text *e)
{
    cJSON *outcome = outcome_of(m->study, m->runs, m->config->anyway);
    int rc = save(m, outcome, e);

    if (print_outcome(m->config, outcome) < 0)
        rc = err_set(e, PL_ESYS, "the outcome could not be printed");
    cJSON_Delete(outcome);
    if (!m->config->progress.quiet)
        fprintf(stderr, "pushlab: results: %s\n", m->folder);
    return rc;
}

static int reproduce(struct measurement *m, struct err_text *e)
{
    char runs[PATH_MAX];
    int rc = name_folder(m, runs, e);

    m->options.results = runs;
    m->runs = cJSON_CreateObject();
    rc = rc < 0 ? rc : measure(m, e);
    if (rc == PL_OK && m->interrupted)
        rc = err_set(e, PL_EINTR, "interrupted; the runs that were finished are left in %s", runs);
    rc = rc < 0 ? rc : finish(m, e);
    cJSON_Delete(m->runs);
    return rc;
}

/* An outcome that was saved. */
static int print_saved(const struct reproduce_config *c, struct err_text *e)
{
    cJSON *outcome = NULL;
    int rc = json_read_file(&outcome, c->from, OUTCOME_MAX_BYTES, e);

    json_clean(outcome);
    if (rc == PL_OK && (json_number(outcome, "schema") != OUTCOME_SCHEMA ||
                        !cJSON_IsArray(json_at(outcome, "claims"))))
        rc = err_set(e, PL_EINVAL, "%s: not the outcome of a study; accepted: outcome.json of one",
                     c->from);
    if (rc == PL_OK && print_outcome(c, outcome) < 0)
        rc = err_set(e, PL_ESYS, "the outcome could not be printed");
    cJSON_Delete(outcome);
    return rc;
}

static int run_study(const struct reproduce_config *c, const char *word, struct run_options options,
                     struct err_text *e)
{
    struct study study;
    struct measurement m = {.study = &study, .config = c, .options = options, .good = true};
    char path[PATH_MAX];
    int rc;

    study_find(path, sizeof path, word);
    rc = study_read(&study, path, e);
    if (rc < 0)
        return command_fail(rc == PL_ENOMEM ? PL_EXIT_FAILURE : PL_EXIT_USAGE, e->text);
    m.options.retries = (int)c->retries;
    rc = reproduce(&m, e);
    study_free(&study);
    if (rc < 0)
        return command_fail(PL_EXIT_FAILURE, e->text);
    return m.good ? PL_EXIT_OK : PL_EXIT_FAILURE;
}

int command_reproduce(int argc, char **argv)
{
    char *words[COMMAND_WORDS_MAX];
    struct run_options options = {.argc = command_words(words, argc, argv), .argv = words};
    struct progress progress;
    struct reproduce_config c = {0};
    struct err_text e = {""};
    int nargs = 0, rc;

    rc = opt_parse(&reproduce_program, &c, argc, argv, &nargs, &e);
    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    if (rc == OPT_RUN && nargs + (c.from != NULL) > 1)
        rc = err_set(&e, PL_EINVAL, "reproduce: more than one study; accepted: one, or --from");
    rc = rc < 0 ? rc : progress_open(&progress, &c.progress, &e);
    options.progress = &progress;
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    if (c.from != NULL)
        return print_saved(&c, &e) < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
    return nargs == 0 ? list_studies() : run_study(&c, argv[1], options, &e);
}
