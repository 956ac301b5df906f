/* `pushlab run`: measure a scenario, print the table, leave a folder with charts. */
#include "bench/commands.h"

#include <stdbool.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/chart/chart.h"
#include "bench/base/json.h"
#include "bench/overrides.h"
#include "bench/report/report.h"
#include "bench/result/disturbed.h"
#include "bench/result/result.h"
#include "bench/run/run.h"
#include "bench/scenario/scenario.h"
#include "lib/base/terminal.h"
#include "bench/table/table.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    struct overrides overrides;
    const char *out;
    int64_t retries;
    bool strict, json, no_charts, host_network, pcap;
    struct progress_wish progress;
};

static const struct opt opts[] = {
    OVERRIDE_OPTS(overrides, "measure"),
    TEXT("repeat", "N", overrides.repeat, NULL, "measure each row N times (1 to 100)"),
    TEXT("order", "ORDER", overrides.order, NULL,
         "order of the rows: random (another for each repeat, from the seed) or given (as in the "
         "file)"),

    HEADING("Rows that other programs on this machine have disturbed (docs/metrics.md)"),
    INT("retry-disturbed", "N", retries, "0", 0, 10,
        "measure a disturbed row again, up to N times"),
    FLAG("strict", strict, "exit with 1 when a row is disturbed"),

    HEADING("Results"),
    TEXT("out", "DIR", out, "results", "parent of the run's folder"),
    FLAG("json", json, "print run.json instead of the table"),
    FLAG("no-charts", no_charts, "draw no charts (pushlab chart draws them later)"),
    FLAG("pcap", pcap,
         "keep each row's packets as wire-ROW.pcapng, for Wireshark (emulated links)"),
    FLAG("host-network", host_network,
         "stay in the host's network namespace, so that tcpdump can see the traffic"),
    PROGRESS_OPTS(progress),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab run",
    .usage = "SCENARIO [options]",
    .about = "Measure every row of a scenario with a server and a fleet of clients of its own, "
             "print a table and leave a folder of files and charts. Ctrl-C ends the row in "
             "progress and keeps those before it. DIR/latest is the newest run that is complete "
             "and without errors.",
    .footer = "Examples:\n"
              "  pushlab run standard\n"
              "  pushlab run standard --clients 500 --rows sse,websocket\n\n"
              "Exit code: 0 when every row was measured and all independent counts agree, 1\n"
              "when not, or with --strict when a row is disturbed, 2 when an option or the\n"
              "scenario is wrong.\n",
    .opts = opts,
    .operands = "SCENARIO",
};

#define CHARTS_S 2.0 /* about how long the charts of a run take to draw */

enum { RUN_INTERRUPTED = 100 }; /* not an exit code: no more links after a Ctrl-C */

/* ---- what came out ---- */

static void print_problem(void *arg, const char *line)
{
    (void)arg;
    fprintf(stderr, "pushlab: error: %s\n", line);
}

static void print_notes(const cJSON *notes, const char *id)
{
    const cJSON *note;

    cJSON_ArrayForEach(note, notes)
    {
        fprintf(stderr, "pushlab: note: %s%s%s\n", id, id[0] != '\0' ? ": " : "",
                cJSON_IsString(note) ? note->valuestring : "");
    }
}

static void print_all_notes(const cJSON *run)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        print_notes(json_at(row, "notes"), json_text(row, "id"));
    }
    print_notes(json_at(run, "notes"), "");
}

/* The table or run.json on stdout, everything else on stderr. False when stdout is full. */
static bool print_outcome(const struct config *c, const struct run_outcome *out)
{
    const cJSON *rows = json_at(out->run, "rows");
    struct buf text = {0};
    int rc = PL_OK;

    if (cJSON_GetArraySize(rows) > 0 && c->json)
        rc = command_print_json(out->run);
    else if (cJSON_GetArraySize(rows) > 0)
        rc = command_print(&text, table_text(&text, out->run, terminal_width(stdout),
                                             terminal_wants_colour(stdout)));
    if (out->saved && (!c->json || !c->progress.quiet))
        fprintf(c->json ? stderr : stdout, "%sresults: %s\n", c->json ? "" : "\n",
                out->folder.path);
    if (fflush(stdout) != 0)
        rc = PL_ESYS;
    if (!c->progress.quiet)
        print_all_notes(out->run);
    result_each_problem(out->run, print_problem, NULL);
    if (rc < 0)
        command_fail(0, "the table could not be printed");
    return rc == PL_OK;
}

/* Say where one of the folder's files is, or why there is none. */
static bool report_file(const struct config *c, const struct run_outcome *out, const char *what,
                        const char *name, int rc, const struct err_text *e)
{
    if (rc == PL_OK && (!c->json || !c->progress.quiet))
        fprintf(c->json ? stderr : stdout, "%-8s %s/%s\n", what, out->folder.path, name);
    else if (rc < 0)
        fprintf(stderr, "pushlab: error: %.*s: %s\n", (int)strcspn(what, ":"), what, e->text);
    return rc == PL_OK;
}

static bool draw(const struct config *c, const struct run_outcome *out, struct progress *progress)
{
    struct err_text e = {""};
    int rc;

    if (c->no_charts || !out->saved || out->interrupted)
        return true;
    progress_step(progress, "drawing charts", CHARTS_S);
    rc = chart_draw(out->folder.path, &e);
    progress_clear(progress);
    return report_file(c, out, "charts:", "charts", rc, &e);
}

static bool write_report(const struct config *c, const struct run_outcome *out)
{
    struct err_text e = {""};

    return !out->saved ||
           report_file(c, out, "report:", "report.html", report_write(out->folder.path, &e), &e);
}

/* What is there of a run that is not good, and what it is good for. */
static void print_end(const struct run_outcome *out)
{
    int measured = result_measured(out->run), planned = result_planned(out->run);
    bool repeated = json_at(out->run, "repeats") != NULL;

    if (out->run == NULL || (measured == planned && out->good))
        return;
    if (measured < planned)
        fprintf(stderr, "pushlab: %s%d of %d %s%s\n", out->interrupted ? "interrupted: " : "",
                measured, planned, repeated ? "measurements made" : "rows measured",
                measured == 0 ? ", nothing is kept" : "");
    if (out->saved)
        fprintf(stderr,
                "pushlab: kept in %s, for pushlab table, chart, report; %s/latest is not moved, it "
                "is the newest complete run without errors\n",
                out->folder.path, out->folder.results);
}

/* False, and a line, when --strict finds a disturbed row. */
static bool is_strict_enough(const struct config *c, const struct run_outcome *out)
{
    const cJSON *rows = json_at(out->run, "rows"), *row;
    int disturbed = 0;

    cJSON_ArrayForEach(row, rows)
    {
        disturbed += disturbed_is(row);
    }
    if (!c->strict || disturbed == 0)
        return true;
    fprintf(stderr, "pushlab: error: --strict: %d of %d rows %s disturbed\n", disturbed,
            cJSON_GetArraySize(rows), disturbed == 1 ? "is" : "are");
    return false;
}

/* What to type with the run's files: a command a line, cut by a backslash where it is too wide. */
static void print_next(const struct config *c, const struct run_outcome *out)
{
    char before[PATH_MAX] = "OTHER-RUN";
    const char *now = out->folder.path;

    if (c->json || c->progress.quiet || !out->saved || out->interrupted)
        return;
    printf("next:    pushlab advise %s\n", now);
    folder_before(&out->folder, before);
    printf("         pushlab compare %s%s%s\n", before,
           strlen(before) + strlen(now) + 26 > terminal_width(stdout) ? " \\\n             " : " ",
           now);
}

static int report(const struct config *c, const struct run_outcome *out, struct progress *progress,
                  int rc, const struct err_text *e)
{
    bool good = out->good;

    if (out->run != NULL)
        good &= print_outcome(c, out);
    if (rc < 0) {
        fprintf(stderr, "pushlab: error: %s\n", e->text);
        if (out->run != NULL && !out->saved && access(out->folder.path, F_OK) == 0)
            fprintf(stderr, "pushlab: what could be written is left in %s\n", out->folder.path);
    }
    print_end(out);
    good &= is_strict_enough(c, out);
    good &= draw(c, out, progress);
    good &= write_report(c, out);
    print_next(c, out);
    return good ? PL_EXIT_OK : PL_EXIT_FAILURE;
}

static int run(const struct config *c, struct scenario *s, const struct run_options *options)
{
    struct err_text e = {""};
    struct run_outcome out;
    int rc = run_scenario(&out, s, options, &e), code;

    if (out.skipped[0] != '\0') {
        fprintf(stderr, "pushlab: %s: skipped: %s\n", s->name, out.skipped);
        return PL_EXIT_OK;
    }
    code = report(c, &out, options->progress, rc, &e);
    cJSON_Delete(out.run);
    return out.interrupted ? RUN_INTERRUPTED : code;
}

/* About how long this run and those for the links behind it take. */
static double expected_s(const struct config *c, struct scenario s, const struct run_options *o)
{
    double all_s = 0;

    for (; s.link < s.links.n; s.link++)
        all_s += run_expected_s(&s, o) + (c->no_charts ? 0 : CHARTS_S);
    return all_s;
}

/* A run for each link; the worst end is the command's. */
static int run_links(const struct config *c, struct scenario *s, const struct run_options *options)
{
    size_t each = s->nrows * (size_t)s->repeat;
    int worst = PL_EXIT_OK;

    for (s->link = 0; s->link < s->links.n; s->link++) {
        int code;

        progress_part(options->progress, s->links.n > 1 ? s->links.text[s->link] : NULL,
                      each * s->link, each * s->links.n, expected_s(c, *s, options));
        code = run(c, s, options);
        if (code > worst)
            worst = code;
        if (code == RUN_INTERRUPTED)
            break;
    }
    return worst == RUN_INTERRUPTED ? PL_EXIT_FAILURE : worst;
}

int command_run(int argc, char **argv)
{
    char *words[COMMAND_WORDS_MAX];
    struct run_options options = {.argc = command_words(words, argc, argv), .argv = words};
    struct progress progress;
    struct config c = {0};
    struct err_text e = {""};
    struct scenario *s;
    int rc, code;

    if (!command_parse(&program, &c, argc, argv, "scenario", SCENARIO_ACCEPTED, &code)) {
        if (argc == 1)
            scenarios_print(stderr);
        return code;
    }
    options.progress = &progress;
    options.results = c.out;
    options.host_network = c.host_network;
    options.ladders = !c.no_charts;
    options.pcap = c.pcap;
    options.retries = (int)c.retries;
    s = calloc(1, sizeof *s);
    if (s == NULL)
        return command_fail(PL_EXIT_FAILURE, pl_strerror(PL_ENOMEM));
    rc = progress_open(&progress, &c.progress, &e);
    rc = rc < 0 ? rc : overrides_load(s, &c.overrides, argv[1], &e);
    if (rc == PL_OK)
        code = run_links(&c, s, &options);
    else
        code = command_fail(rc == PL_ENOMEM ? PL_EXIT_FAILURE : PL_EXIT_USAGE, e.text);
    if (rc == PL_OK)
        scenario_free(s);
    free(s);
    return code;
}
