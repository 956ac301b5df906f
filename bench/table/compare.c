#include "bench/table/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/commands.h"
#include "bench/base/json.h"
#include "lib/opt/opt.h"
#include "bench/result/metric.h"
#include "bench/result/run_file.h"
#include "bench/base/units.h"

enum { COLUMNS = 5, CELL_BYTES = 64 };

static const char *const heads[COLUMNS] = {"row", "metric", "A", "B", "B / A"};

/* ---- lines ---- */

struct line {
    char cells[COLUMNS][CELL_BYTES];
};

/* False when neither run has the metric: packets on loopback are not worth a line. */
static bool line_make(struct line *l, const struct metric *m, const cJSON *a, const cJSON *b)
{
    double va = metric_value(m, a), vb = metric_value(m, b);
    /* A share is a number here, for its ratio stands beside it. */
    metric_format *format = m->format == units_format_percent ? units_format_ratio : m->format;
    char text[UNITS_TEXT_BYTES];

    if (isnan(va) && isnan(vb))
        return false;
    snprintf(l->cells[0], CELL_BYTES, "%.*s", CELL_BYTES - 1, json_text(a, "id"));
    snprintf(l->cells[1], CELL_BYTES, "%s", m->name);
    format(text, va);
    snprintf(l->cells[2], CELL_BYTES, "%s", text);
    format(text, vb);
    snprintf(l->cells[3], CELL_BYTES, "%s", text);
    units_format_ratio(text, va != 0 ? vb / va : NAN);
    snprintf(l->cells[4], CELL_BYTES, "%s", text);
    return true;
}

struct layout {
    size_t width[COLUMNS];
};

/* Call visit for every line, in the order of a's rows. 0, or visit's first failure. */
static int each_line(const cJSON *a, const cJSON *b,
                     int (*visit)(void *arg, struct line *l, bool first), void *arg)
{
    const cJSON *row;
    int rc = PL_OK;

    cJSON_ArrayForEach(row, json_at(a, "rows"))
    {
        const cJSON *other = run_file_row(b, json_text(row, "id"));
        bool first = true;

        for (size_t i = 0; other != NULL && rc == PL_OK && metrics[i].path != NULL; i++) {
            struct line l;

            if (!(metrics[i].flags & METRIC_COMPARED) || !line_make(&l, &metrics[i], row, other))
                continue;
            rc = visit(arg, &l, first);
            first = false;
        }
    }
    return rc;
}

static int widen(void *arg, struct line *l, bool first)
{
    struct layout *layout = arg;

    (void)first;
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t w = units_text_width(l->cells[i]);

        if (w > layout->width[i])
            layout->width[i] = w;
    }
    return PL_OK;
}

struct writing {
    struct buf *out;
    struct layout layout;
    bool any;
};

/* The row's id and the metric stand to the left, numbers to the right. */
static int write_cells(struct writing *w, const char *const cells[COLUMNS])
{
    int rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < COLUMNS; i++) {
        int pad = (int)(w->layout.width[i] - units_text_width(cells[i]));

        if (i < 2)
            rc = buf_printf(w->out, "%s%s%*s", i > 0 ? "  " : "", cells[i], pad, "");
        else
            rc = buf_printf(w->out, "  %*s%s", pad, "", cells[i]);
    }
    return rc == PL_OK ? buf_printf(w->out, "\n") : rc;
}

static int write_text_line(void *arg, struct line *l, bool first)
{
    struct writing *w = arg;
    const char *cells[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = l->cells[i];
    if (!first)
        cells[0] = "";
    else if (w->any && buf_printf(w->out, "\n") < 0)
        return PL_ENOMEM;
    w->any = true;
    return write_cells(w, cells);
}

static int write_markdown_line(void *arg, struct line *l, bool first)
{
    struct writing *w = arg;

    (void)first;
    w->any = true;
    return buf_printf(w->out, "| `%s` | %s | %s | %s | %s |\n", l->cells[0], l->cells[1],
                      l->cells[2], l->cells[3], l->cells[4]);
}

/* ---- the whole ---- */

static int write_run(struct buf *out, const char *name, const cJSON *run, bool markdown)
{
    return buf_printf(out, "%s%s: %s · link: %s · %.10s%s\n", markdown ? "- " : "", name,
                      json_text(run, "scenario.title"), json_text(run, "link"),
                      json_text(run, "started"),
                      cJSON_IsFalse(json_at(run, "complete")) ? " · incomplete" : "");
}

static int write_lonely(struct buf *out, const char *name, const cJSON *run, const cJSON *other)
{
    const cJSON *row;
    bool any = false;
    int rc = PL_OK;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        const char *id = json_text(row, "id");

        if (rc < 0 || run_file_row(other, id) != NULL)
            continue;
        rc = any ? buf_printf(out, ", %s", id) : buf_printf(out, "\nonly in %s: %s", name, id);
        any = true;
    }
    return rc < 0 || !any ? rc : buf_printf(out, "\n");
}

static int write_table(struct writing *w, const cJSON *a, const cJSON *b, bool markdown)
{
    int rc;

    if (markdown) {
        rc = buf_printf(w->out, "| row | metric | A | B | B / A |\n|:---|:---|---:|---:|---:|\n");
        return rc < 0 ? rc : each_line(a, b, write_markdown_line, w);
    }
    for (size_t i = 0; i < COLUMNS; i++)
        w->layout.width[i] = strlen(heads[i]);
    each_line(a, b, widen, &w->layout);
    rc = write_cells(w, heads);
    return rc < 0 ? rc : each_line(a, b, write_text_line, w);
}

int compare_write(struct buf *out, const cJSON *a, const cJSON *b, bool markdown)
{
    struct writing w = {.out = out};
    int rc = write_run(out, "A", a, markdown);

    rc = rc < 0 ? rc : write_run(out, "B", b, markdown);
    rc = rc < 0 ? rc : buf_printf(out, "\n");
    rc = rc < 0 ? rc : write_table(&w, a, b, markdown);
    rc = rc < 0 || w.any ? rc : buf_printf(out, "no row is in both\n");
    rc = rc < 0 ? rc : write_lonely(out, "A", a, b);
    return rc < 0 ? rc : write_lonely(out, "B", b, a);
}

/* ---- the command ---- */

struct compare_config {
    bool markdown;
};

static const struct opt compare_opts[] = {
    {"markdown", OPT_FLAG, NULL, offsetof(struct compare_config, markdown), NULL, 0, 0, NULL,
     "as Markdown, to be pasted"},
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
        rc = compare_write(&text, a, b, config.markdown);
        if (rc < 0)
            err_set(&e, rc, "%s", pl_strerror(rc));
    }
    if (rc == PL_OK)
        fwrite(text.data, 1, text.len, stdout);
    buf_free(&text);
    cJSON_Delete(a);
    cJSON_Delete(b);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
}
