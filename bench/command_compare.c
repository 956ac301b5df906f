/* pushlab compare: two runs side by side. */
#include "bench/commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/base/writer.h"
#include "bench/result/run_file.h"
#include "bench/table/compare.h"

#define OPT_CONFIG struct compare_config
#include "lib/opt/opt_rows.h"

struct compare_config {
    bool markdown, anyway;
};

static const struct opt compare_opts[] = {
    FLAG("markdown", markdown, "as Markdown, to be pasted"),
    FLAG("anyway", anyway, "also compare rows that were disturbed, and mark them"),
    {.name = NULL},
};

static const struct opt_program compare_program = {
    .name = "pushlab compare",
    .usage = "A B [--markdown] [--anyway]",
    .about =
        "Print the metrics of two runs side by side, with B as a multiple of A. A and B are "
        "folders of runs, or run.json files (the live page saves such). When a row that is in both "
        "was disturbed in one, nothing is compared, the reasons are printed and the exit code "
        "is 1.",
    .opts = compare_opts,
    .operands = "RUN",
};

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

int command_compare(int argc, char **argv)
{
    struct compare_config config = {0};
    struct err_text e = {""};
    struct buf text = {0};
    cJSON *a = NULL, *b = NULL;
    int nargs = 0, rc = opt_parse(&compare_program, &config, argc, argv, &nargs, &e);

    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    if (rc == OPT_RUN && nargs != 2)
        rc = err_set(&e, PL_EINVAL,
                     "compare: it takes two runs; accepted: their folders, or run.json files");
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    rc = run_file_read(&a, argv[1], &e);
    rc = rc < 0 ? rc : run_file_read(&b, argv[2], &e);
    if (rc == PL_OK && !config.anyway)
        rc = check_rows(a, b, &e);
    if (rc == PL_OK) {
        rc = command_print(&text, compare_write(&text, a, b, config.markdown));
        if (rc < 0)
            err_set(&e, rc, "%s", pl_strerror(rc));
    }
    cJSON_Delete(a);
    cJSON_Delete(b);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
}
