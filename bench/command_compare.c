/* pushlab compare: two runs side by side. */
#include "bench/commands.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/result/run_file.h"
#include "bench/table/compare.h"

#define OPT_CONFIG struct compare_config
#include "lib/opt/opt_rows.h"

struct compare_config {
    bool markdown;
};

static const struct opt compare_opts[] = {
    FLAG("markdown", markdown, "as Markdown, to be pasted"),
    {.name = NULL},
};

static const struct opt_program compare_program = {
    .name = "pushlab compare",
    .usage = "A B [--markdown]",
    .about = "Print the metrics of two runs side by side, with B as a multiple of A. A and B are "
             "folders of runs, or run.json files (the live page saves such).",
    .opts = compare_opts,
    .operands = "RUN",
};

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
    if (rc == PL_OK) {
        rc = command_print(&text, compare_write(&text, a, b, config.markdown));
        if (rc < 0)
            err_set(&e, rc, "%s", pl_strerror(rc));
    }
    cJSON_Delete(a);
    cJSON_Delete(b);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
}
