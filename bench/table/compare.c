#include "bench/table/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "bench/result/disturbed.h"
#include "bench/result/metric.h"
#include "bench/result/run_file.h"

enum { COLUMNS = 5, CELL_BYTES = 64 };

struct line {
    char cells[COLUMNS][CELL_BYTES];
};

static const struct line heads = {{"row", "metric", "A", "B", "B / A"}};

/* False when neither run has the metric: packets on loopback, for example. */
static bool line_make(struct line *l, const struct metric *m, const cJSON *a, const cJSON *b,
                      bool same_network)
{
    double va = metric_value(m, a), vb = metric_value(m, b);

    if (isnan(va) && isnan(vb))
        return false;
    snprintf(l->cells[0], CELL_BYTES, "%s%.*s",
             disturbed_is(a) || disturbed_is(b) ? DISTURBED_MARK " " : "", CELL_BYTES - 3,
             json_text(a, "id"));
    snprintf(l->cells[1], CELL_BYTES, "%s", m->name);
    m->format(l->cells[2], va);
    m->format(l->cells[3], vb);
    if (!same_network && strstr(m->path, "cpu_us") != NULL)
        va = NAN; /* other work is charged to the same process: no ratio */
    units_format_ratio(l->cells[4], va != 0 ? vb / va : NAN);
    return true;
}

static bool on_loopback(const cJSON *run)
{
    return strcmp(json_text(run, "link"), "loopback") == 0;
}

/* The lines of all rows that are in both, in the order of a's, as an array in out. 0 or PL_ENOMEM.
 */
static int make_lines(struct buf *out, const cJSON *a, const cJSON *b)
{
    bool same_network = on_loopback(a) == on_loopback(b);
    const cJSON *row;
    int rc = PL_OK;

    cJSON_ArrayForEach(row, json_at(a, "rows"))
    {
        const cJSON *other = run_file_row(b, json_text(row, "id"));

        for (const struct metric *m = metrics; other != NULL && m->path != NULL; m++) {
            struct line l;

            if (rc == PL_OK && (m->flags & METRIC_COMPARED) &&
                line_make(&l, m, row, other, same_network))
                rc = buf_add(out, &l, sizeof l);
        }
    }
    return rc;
}

/* The row's id and the metric stand to the left, numbers to the right. */
static void put_cells(struct writer *w, const struct line *l, const size_t width[COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++) {
        int pad = (int)(width[i] - units_text_width(l->cells[i]));

        writer_printf(w, "%s%*s%s%*s", i > 0 ? "  " : "", i < 2 ? 0 : pad, "", l->cells[i],
                      i < 2 ? pad : 0, "");
    }
    writer_puts(w, "\n");
}

static void put_text(struct writer *w, const struct line *lines, size_t n)
{
    size_t width[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++) {
        width[i] = strlen(heads.cells[i]);
        for (size_t j = 0; j < n; j++)
            if (units_text_width(lines[j].cells[i]) > width[i])
                width[i] = units_text_width(lines[j].cells[i]);
    }
    put_cells(w, &heads, width);
    for (size_t j = 0; j < n; j++) {
        struct line l = lines[j];

        if (j > 0 && strcmp(l.cells[0], lines[j - 1].cells[0]) == 0)
            l.cells[0][0] = '\0';
        else if (j > 0)
            writer_puts(w, "\n");
        put_cells(w, &l, width);
    }
}

static void put_markdown(struct writer *w, const struct line *lines, size_t n)
{
    writer_puts(w, "| row | metric | A | B | B / A |\n|:---|:---|---:|---:|---:|\n");
    for (size_t j = 0; j < n; j++)
        writer_printf(w, "| `%s` | %s | %s | %s | %s |\n", lines[j].cells[0], lines[j].cells[1],
                      lines[j].cells[2], lines[j].cells[3], lines[j].cells[4]);
}

/* ---- the whole ---- */

static void put_run(struct writer *w, const char *name, const cJSON *run, bool markdown)
{
    writer_printf(w, "%s%s: %s · link: %s · %.10s%s\n", markdown ? "- " : "", name,
                  json_text(run, "scenario.title"), json_text(run, "link"),
                  json_text(run, "started"),
                  cJSON_IsFalse(json_at(run, "complete")) ? " · incomplete" : "");
}

static void put_only_in(struct writer *w, const char *name, const cJSON *run, const cJSON *other)
{
    const cJSON *row;
    bool any = false;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        const char *id = json_text(row, "id");

        if (run_file_row(other, id) != NULL)
            continue;
        if (any)
            writer_printf(w, ", %s", id);
        else
            writer_printf(w, "\nonly in %s: %s", name, id);
        any = true;
    }
    writer_puts(w, any ? "\n" : "");
}

/* A line, after before and mark, for each row that is compared and was disturbed. */
static void put_disturbed(struct writer *w, const char **before, const char *mark, const char *name,
                          const cJSON *run, const cJSON *other)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        const char *id = json_text(row, "id");

        if (!disturbed_is(row) || run_file_row(other, id) == NULL)
            continue;
        writer_printf(w, "%s%s%s: %s was disturbed: ", *before, mark, name, id);
        *before = "";
        disturbed_put(w, row);
        writer_puts(w, "\n");
    }
}

/* mark: before each line; the first comes after before. */
static void put_reasons(struct writer *w, const char *before, const char *mark, const cJSON *a,
                        const cJSON *b)
{
    put_disturbed(w, &before, mark, "A", a, b);
    put_disturbed(w, &before, mark, "B", b, a);
}

int compare_disturbed(struct buf *out, const cJSON *a, const cJSON *b)
{
    struct writer w = {.out = out};

    put_reasons(&w, "", "", a, b);
    return w.rc;
}

int compare_write(struct buf *out, const cJSON *a, const cJSON *b, bool markdown)
{
    struct buf lines = {0};
    struct writer w = {.out = out, .rc = make_lines(&lines, a, b)};
    size_t n = lines.len / sizeof(struct line);

    put_run(&w, "A", a, markdown);
    put_run(&w, "B", b, markdown);
    writer_puts(&w, "\n");
    (markdown ? put_markdown : put_text)(&w, (struct line *)(void *)lines.data, n);
    writer_puts(&w, n > 0 ? "" : "no row is in both\n");
    put_only_in(&w, "A", a, b);
    put_only_in(&w, "B", b, a);
    if (on_loopback(a) != on_loopback(b))
        writer_puts(
            &w, "\nCPU has no ratio: over a link the link's forwarder does the kernel's work of "
                "receiving,\non loopback servers and clients do it themselves\n");
    put_reasons(&w, "\n", markdown ? "- " : DISTURBED_MARK " ", a, b);
    buf_free(&lines);
    return w.rc;
}
