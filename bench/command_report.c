/* `pushlab report`: a run's folder as one HTML file or as Markdown; a folder of runs as a list. */
#include "bench/commands.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/report/report.h"
#include "bench/report/index.h"
#include "bench/result/run_file.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    bool markdown;
    const char *images;
};

static const struct opt opts[] = {
    FLAG("markdown", markdown,
         "print Markdown instead, for a blog: tables, sentences, links to the charts"),
    TEXT("images", "PATH|URL", images, NULL,
         "where the charts/ folder will lie for the Markdown's links (default: DIR)"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab report",
    .usage = "DIR [--markdown]",
    .about = "Write DIR/report.html again: one file that contains the table, the charts and their "
             "explanation, and can be mailed or published as it is. For a folder of runs, such as "
             "results/, write index.html: a list with trends.",
    .footer =
        "Examples:\n"
        "  pushlab report results/latest\n"
        "  pushlab report results/latest --markdown --images https://example.org/run1 >post.md\n"
        "  pushlab report results\n",
    .opts = opts,
    .operands = "RUN",
};

static bool holds(const char *dir, const char *name)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, "%s/%s", dir, name) < PATH_MAX && access(path, F_OK) == 0;
}

static int print_markdown(const char *dir, const char *images, struct err_text *e)
{
    struct report r = {.dir = dir, .images = images != NULL ? images : dir};
    struct buf text = {0};
    cJSON *run;
    int rc = run_file_read(&run, dir, e);

    if (rc < 0)
        return rc;
    r.run = run;
    rc = report_fill(&text, &r, OUTPUT_MARKDOWN, "report.md", e);
    if (command_print(&text, rc) < rc)
        rc = err_set(e, PL_ESYS, "the Markdown could not be printed");
    cJSON_Delete(run);
    return rc;
}

static int write_report(const char *dir, struct err_text *e)
{
    bool is_run = holds(dir, "run.json");
    int rc = is_run ? report_write(dir, e) : index_write(dir, e);

    if (rc == PL_OK)
        printf("%s/%s\n", dir, is_run ? "report.html" : "index.html");
    return rc;
}

int command_report(int argc, char **argv)
{
    struct config c = {0};
    char dir[PATH_MAX];
    struct err_text e = {""};
    int code, rc;

    if (!command_parse(&program, &c, argc, argv, "folder",
                       "a run, such as results/latest or its run.json, or a folder of runs", &code))
        return code;
    command_folder(dir, argv[1]);
    rc = c.markdown ? print_markdown(dir, c.images, &e) : write_report(dir, &e);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
}
