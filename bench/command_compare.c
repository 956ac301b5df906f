/* pushlab compare: two runs side by side, and which of their figures differ. */
#include "bench/commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/base/file.h"
#include "bench/base/writer.h"
#include "bench/compare/compare_files.h"
#include "bench/compare/compare_text.h"
#include "bench/result/run_file.h"

#define OPT_CONFIG struct compare_config
#include "lib/opt/opt_rows.h"

struct compare_config {
    bool markdown, all, json, anyway;
    const char *vary, *fail_over, *junit;
};

static const struct opt compare_opts[] = {
    HEADING("Output"),
    FLAG("all", all, "print all figures, not only those that differ"),
    FLAG("markdown", markdown, "as Markdown"),
    FLAG("json", json, "as one JSON document"),
    HEADING("Conditions"),
    TEXT("vary", "KEYS", vary, NULL,
         "scenario keys that are meant to differ, comma-separated: server.test_delay_ms"),
    FLAG("anyway", anyway,
         "also compare scenarios that differ in other keys, and rows that were disturbed"),
    HEADING("For continuous integration"),
    TEXT("fail-over", "LIMITS", fail_over, NULL,
         "exit with 3 if a metric of any row is worse by more than its limit, beyond chance: "
         "latency_us.p99=10%,server_cpu_us_per_update=20%"),
    TEXT("junit", "FILE", junit, NULL, "write the verdicts to this file, as a JUnit report"),
    {.name = NULL},
};

static const struct opt_program compare_program = {
    .name = "pushlab compare",
    .usage = "A B [options]",
    .about =
        "Say which figures of run B are lower or higher than those of run A, with B as a multiple "
        "of A and its 95 % interval. That takes runs with repeats (pushlab run --repeat 5); "
        "without "
        "them only the ratios are given. A and B are folders of runs, or run.json files (the live "
        "page saves such). Nothing is compared when the scenarios differ in a key that --vary does "
        "not name, or when a row that is in both was disturbed in one.",
    .footer = "Examples:\n"
              "  pushlab compare results/before results/after --fail-over latency_us.p99=10%\n"
              "  pushlab compare results/a results/b --vary server.test_delay_ms\n\n"
              "Exit code: 0 the runs were compared, 1 they can't be or --fail-over names what\n"
              "can't be judged, 2 wrong usage, 3 worse by more than --fail-over allows.\n",
    .opts = compare_opts,
    .operands = "RUN",
};

/* ---- may they be compared? ---- */

static int check_settings(const struct settings *s, struct err_text *e)
{
    struct buf text = {0}, keys = {0};
    struct writer w = {.out = &text}, k = {.out = &keys};

    if (settings_unmeant(s) == 0)
        return PL_OK;
    settings_put(&w, s, false);
    settings_put_unmeant_keys(&k, s);
    fprintf(stderr, "scenarios differ: %s\n", writer_text(&w));
    err_set(e, PL_EINVAL,
            "compare: the runs were made under other conditions; --vary %.120s if that is the "
            "change to be judged, --anyway to compare them all the same",
            writer_text(&k));
    buf_free(&text);
    buf_free(&keys);
    return PL_EINVAL;
}

/* Rows that were disturbed are compared only when that was asked for. */
static int check_rows(const cJSON *a, const cJSON *b, struct err_text *e)
{
    struct buf text = {0};
    struct writer w = {.out = &text, .rc = compare_disturbed(&text, a, b)};

    const char *reasons = writer_text(&w);

    if (w.rc < 0)
        w.rc = err_set(e, w.rc, "%s", pl_strerror(w.rc));
    else if (reasons[0] != '\0')
        w.rc = err_set(e, PL_EINVAL,
                       "compare: rows were disturbed, so a difference would say "
                       "nothing; --anyway compares them all the same");
    fputs(reasons, stderr);
    buf_free(&text);
    return w.rc;
}

/* ---- what comes of it ---- */

static int print(const struct comparison *c, const struct settings *s,
                 const struct compare_config *config)
{
    const struct compare_view view = {.markdown = config->markdown, .all = config->all};
    struct buf text = {0};
    cJSON *document;
    int rc;

    if (!config->json)
        return command_print(&text, compare_write(&text, c, s, view));
    document = compare_json(c, s);
    rc = command_print_json(document);
    cJSON_Delete(document);
    return rc;
}

static int write_junit(const struct comparison *c, const struct thresholds *t, const char *path,
                       struct err_text *e)
{
    struct buf text = {0};
    int rc = compare_junit(&text, c, t);

    if (rc < 0)
        err_set(e, rc, "write %.250s: %s", path, pl_strerror(rc));
    else
        rc = file_write(path, text.data, text.len, e);
    buf_free(&text);
    return rc;
}

/* The exit code by --fail-over, with a line on stderr for each figure that decides it. */
static int pass_sentence(const struct comparison *c, const struct thresholds *t, int *code)
{
    struct buf text = {0};
    struct writer w = {.out = &text};

    comparison_put_unknown(&w, c, t);
    *code = text.len > 0 ? PL_EXIT_FAILURE : PL_EXIT_OK;
    if (t->n > 0 && comparison_put_worse(&w, c) > 0)
        *code = PL_EXIT_WORSE;
    fputs(writer_text(&w), stderr);
    buf_free(&text);
    return w.rc;
}

static int compare(const cJSON *a, const cJSON *b, const struct compare_config *config,
                   const struct thresholds *t, int *code, struct err_text *e)
{
    struct settings settings;
    struct comparison c;
    int rc = PL_OK;

    settings_compare(&settings, a, b, config->vary);
    if (!config->anyway)
        rc = check_settings(&settings, e);
    if (!config->anyway && rc == PL_OK)
        rc = check_rows(a, b, e);
    if (rc < 0)
        return rc;
    rc = comparison_make(&c, a, b, t);
    if (rc == PL_OK)
        rc = print(&c, &settings, config);
    if (rc == PL_OK)
        rc = pass_sentence(&c, t, code);
    if (rc < 0)
        err_set(e, rc, "%s", pl_strerror(rc));
    else if (config->junit != NULL)
        rc = write_junit(&c, t, config->junit, e);
    comparison_free(&c);
    return rc;
}

static int parse(struct compare_config *config, struct thresholds *t, int argc, char **argv,
                 struct err_text *e)
{
    int nargs = 0, rc = opt_parse(&compare_program, config, argc, argv, &nargs, e);

    if (rc != OPT_RUN)
        return rc;
    if (nargs != 2)
        return err_set(e, PL_EINVAL,
                       "compare: it takes two runs; accepted: their folders, or run.json files");
    if (config->json && (config->markdown || config->all))
        return err_set(
            e, PL_EINVAL,
            "--json: it is the whole comparison; accepted: without --markdown and --all");
    rc = settings_check_vary(config->vary, e);
    return rc < 0 ? rc : thresholds_read(t, config->fail_over, e);
}

int command_compare(int argc, char **argv)
{
    struct compare_config config = {0};
    struct thresholds thresholds;
    struct err_text e = {""};
    cJSON *a = NULL, *b = NULL;
    int code = PL_EXIT_OK, rc = parse(&config, &thresholds, argc, argv, &e);

    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    rc = run_file_read(&a, argv[1], &e);
    rc = rc < 0 ? rc : run_file_read(&b, argv[2], &e);
    rc = rc < 0 ? rc : compare(a, b, &config, &thresholds, &code, &e);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : code;
}
