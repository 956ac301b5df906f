#include "bench/table/table.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/result/conditions.h"
#include "bench/result/disturbed.h"
#include "bench/result/facts.h"
#include "bench/result/findings.h"
#include "bench/result/metric_text.h"
#include "bench/base/json.h"
#include "bench/table/table_cells.h"
#include "bench/base/units.h"
#include "lib/proto/transport_info.h"

/* The run's tables: all but the first only where some row has what they are about. */
static const struct {
    const struct table_source *source;
    const char *path; /* NULL: always */
} tables[] = {
    {&table_main, NULL},
    {&table_client, "server_cpu_us_per_client_s"},
    {&table_sent, "upstream.messages"},
    {&table_balancer, "balancer.connections_per_client.front"},
};
enum { TABLES = sizeof tables / sizeof *tables };

static bool has_table(const cJSON *run, size_t i)
{
    return tables[i].path == NULL || table_has_value(json_at(run, "rows"), tables[i].path);
}

static bool has_wire(const cJSON *run)
{
    return table_has_value(json_at(run, "rows"), "bytes_per_update.wire");
}

/* ---- rows that were expected to break ---- */

enum { FINDINGS_SHOWN = 3 };

static void put_broken(struct writer *w, const cJSON *row, const char *bullet)
{
    const cJSON *finding;
    int shown = 0;

    writer_printf(w, "%s%s broke, as expected", bullet, json_text(row, "id"));
    cJSON_ArrayForEach(finding, json_at(row, "findings"))
    {
        if (shown < FINDINGS_SHOWN && cJSON_IsString(finding))
            writer_printf(w, "%s%s", shown++ == 0 ? ": " : "; ", finding->valuestring);
    }
    writer_puts(w, "\n");
}

int table_cure(struct buf *out, const cJSON *row)
{
    double got = json_number(row, "delivered"), all = json_number(row, "expected");
    char delivered[UNITS_TEXT_BYTES], expected[UNITS_TEXT_BYTES], p50[UNITS_TEXT_BYTES];

    units_format_count(delivered, got);
    units_format_count(expected, all);
    units_format_us(p50, facts_value(row, "latency_us.p50"));
    if (got == all && json_number(row, "balancer.sequence_errors.all") == 0)
        return buf_printf(out, "all %s updates, in order, p50 %s", delivered, p50);
    return buf_printf(out, "%s of %s updates, p50 %s", delivered, expected, p50);
}

static void put_cures(struct writer *w, const cJSON *run, const cJSON *broken, const char *bullet)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!findings_cures(row, broken))
            continue;
        writer_printf(w, "%s%s: ", bullet, json_text(row, "id"));
        w->rc = w->rc < 0 ? w->rc : table_cure(w->out, row);
        writer_puts(w, "\n");
    }
}

/* For each what it has shown, and what cures it: begun by lead, each line by bullet, ended by tail;
 * nothing when there are none. */
static void put_findings(struct writer *w, const cJSON *run, const char *lead, const char *bullet,
                         const char *tail)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!findings_broke(row))
            continue;
        writer_puts(w, n++ == 0 ? lead : "");
        put_broken(w, row, bullet);
        put_cures(w, run, row, bullet);
    }
    writer_puts(w, n > 0 ? tail : "");
}

/* ---- what ± is ---- */

static void put_intervals(struct writer *w, const cJSON *run, const char *lead, const char *tail)
{
    writer_printf(w, "%s± ", lead);
    metric_put_interval_words(w, json_at(run, "rows"));
    writer_puts(w, tail);
}

/* ---- rows that were disturbed ---- */

enum { REASON_COLUMNS = 80 };

static void put_reasons(struct writer *w, const cJSON *row, bool markdown)
{
    struct buf text = {0};
    struct writer reasons = {.out = &text};

    writer_printf(&reasons, markdown ? "`%s`: " : "%s: ", json_text(row, "id"));
    disturbed_put(&reasons, row);
    writer_puts(w, markdown ? "- " : "  ");
    writer_wrap(w, writer_text(&reasons), 2, markdown ? SIZE_MAX : REASON_COLUMNS);
    writer_puts(w, "\n");
    buf_free(&text);
}

static void put_disturbed(struct writer *w, const cJSON *run, bool markdown)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!disturbed_is(row))
            continue;
        if (n++ == 0)
            writer_printf(w, "%s%s disturbed, so not compared with other rows:\n%s",
                          markdown ? "" : "\n", DISTURBED_MARK, markdown ? "\n" : "");
        put_reasons(w, row, markdown);
    }
    writer_puts(w, markdown && n > 0 ? "\n" : "");
}

/* ---- the terminal ---- */

struct layout {
    struct table_choice columns;
    size_t width[TABLE_COLUMNS_MAX], gap;
    size_t spread; /* so many columns, from the left, may have intervals */
};

static void widen(size_t *width, const char *text)
{
    size_t w = units_text_width(text);

    if (w > *width)
        *width = w;
}

static size_t total_width(const struct layout *l)
{
    size_t total = (l->columns.n - 1) * l->gap;

    for (size_t i = 0; i < l->columns.n; i++)
        total += l->width[i];
    return total;
}

/* As wide as needed. */
static struct layout lay_out_columns(const struct table_source *from, const cJSON *run,
                                     enum selection selection, unsigned without, size_t spread)
{
    struct layout l = {
        .columns = table_choose(from, run, selection, without), .gap = 2, .spread = spread};
    const cJSON *rows = json_at(run, "rows"), *row;
    char cell[TABLE_CELL_BYTES];

    for (size_t i = 0; i < l.columns.n; i++) {
        const struct column *c = l.columns.column[i];

        widen(&l.width[i], c->head[0]);
        widen(&l.width[i], c->head[1]);
        cJSON_ArrayForEach(row, rows)
        {
            table_format_cell(cell, c, row, i < spread);
            widen(&l.width[i], cell);
        }
    }
    return l;
}

/* Has it columns, or intervals in them, for which SPARE ones are left out? */
static bool has_extra(const struct layout *l)
{
    for (size_t i = 0; i < l->columns.n; i++)
        if (l->columns.column[i]->shown & VALUE_ONLY)
            return true;
    return l->spread > 0;
}

/* When the widest choice is too wide, even without columns that are WIDE, fewer columns, and then
 * narrower gaps. */
static struct layout lay_out_within(const struct table_source *from, const cJSON *run,
                                    size_t spread)
{
    static const struct {
        enum selection selection;
        unsigned without;
        bool wire, extra; /* only for runs of such a kind */
    } choices[] = {
        {WIRE, 0, true, false},
        {LOOPBACK, 0, false, false},
        {WIRE_NARROW, 0, true, false},
        {WIRE_LEAST, 0, true, false},
        {WIRE_LEAST, SPARE_FIRST, true, true},
        {WIRE_LEAST, SPARE_FIRST | SPARE, true, true},
        {LOOPBACK, SPARE_FIRST, false, true},
        {LOOPBACK, SPARE_FIRST | SPARE, false, true},
    };
    bool wire = has_wire(run);
    struct layout l = lay_out_columns(from, run, wire ? WIRE : LOOPBACK, 0, spread);

    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (total_width(&l) > TABLE_MAX_WIDTH && choices[i].wire == wire &&
            (!choices[i].extra || has_extra(&l)))
            l = lay_out_columns(from, run, choices[i].selection, choices[i].without | WIDE, spread);
    if (total_width(&l) > TABLE_MAX_WIDTH)
        l.gap = 1;
    return l;
}

/* The columns before the last that has intervals. */
static size_t without_last_spread(const struct layout *l)
{
    size_t n = l->spread < l->columns.n ? l->spread : l->columns.n;

    while (n > 0 && !(l->columns.column[n - 1]->shown & SPREAD))
        n--;
    return n > 0 ? n - 1 : 0;
}

/* Narrower gaps where it is too wide, and then shorter ids. */
static void fit(struct layout *l, size_t width)
{
    size_t total = total_width(l);

    if (total <= width)
        return;
    l->gap = 1;
    total = total_width(l);
    if (total > width && l->width[0] > total - width + 8)
        l->width[0] -= total - width;
}

/* When that does not suffice, fewer columns with intervals, and then shorter ids. */
static struct layout lay_out(const struct table_source *from, const cJSON *run)
{
    bool intervals = metric_has_intervals(json_at(run, "rows"));
    struct layout l = lay_out_within(from, run, intervals ? TABLE_COLUMNS_MAX : 0);

    while (l.spread > 0 && total_width(&l) > TABLE_MAX_WIDTH)
        l = lay_out_within(from, run, without_last_spread(&l));
    fit(&l, TABLE_MAX_WIDTH);
    return l;
}

/* text in its column; paint and its end surround the text without taking space. */
static void put_cell(struct writer *w, const struct layout *l, size_t column, const char *text,
                     const char *paint)
{
    size_t width = units_text_width(text), space = l->width[column];
    int pad = width < space ? (int)(space - width) : 0;
    int len = (int)strlen(text);

    if (column == 0 && width > space) /* ids are ASCII */
        len = (int)space;
    if (len == 0)
        paint = "";
    if (column > 0)
        writer_printf(w, "%*s", (int)l->gap + pad, "");
    writer_printf(w, "%s%.*s%s", paint, len, text, paint[0] != '\0' ? "\033[0m" : "");
    if (column == 0)
        writer_printf(w, "%*s", pad, "");
}

static void put_head(struct writer *w, const struct layout *l, int line, bool colour)
{
    for (size_t i = 0; i < l->columns.n; i++)
        put_cell(w, l, i, l->columns.column[i]->head[line], colour ? "\033[1m" : "");
    writer_puts(w, "\n");
}

static void paint_of(char out[32], const cJSON *row, bool colour)
{
    const struct transport_info *t = transport_info_find(json_text(row, "transport"));

    out[0] = '\0';
    if (colour && t != NULL)
        snprintf(out, 32, "\033[38;2;%d;%d;%dm", t->rgb >> 16, t->rgb >> 8 & 255, t->rgb & 255);
}

static void put_row(struct writer *w, const struct layout *l, const cJSON *row, bool colour)
{
    char cell[TABLE_CELL_BYTES], paint[32];

    paint_of(paint, row, colour);
    for (size_t i = 0; i < l->columns.n; i++) {
        table_format_cell(cell, l->columns.column[i], row, i < l->spread);
        put_cell(w, l, i, cell, i == 0 ? paint : "");
    }
    writer_puts(w, "\n");
}

static void put_conditions(struct writer *w, const cJSON *run)
{
    conditions_put(w, run, INT_MAX);
    writer_puts(w, json_true(run, "interrupted") ? " · interrupted" : "");
}

static void put_laid_out(struct writer *w, const struct layout *l, const cJSON *run, bool colour)
{
    const cJSON *row;

    put_head(w, l, 0, colour);
    put_head(w, l, 1, colour);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        put_row(w, l, row, colour);
    }
}

/* Has it intervals? */
static bool put_table(struct writer *w, const struct table_source *from, const cJSON *run,
                      bool colour)
{
    struct layout l = lay_out(from, run);

    put_laid_out(w, &l, run, colour);
    return l.spread > 0;
}

int table_text(struct buf *out, const cJSON *run, bool colour)
{
    struct writer w = {.out = out};
    bool spread = false;

    writer_printf(&w, "%s\n", json_text(run, "scenario.title"));
    put_conditions(&w, run);
    writer_puts(&w, "\n");
    for (size_t i = 0; i < TABLES; i++) {
        if (!has_table(run, i))
            continue;
        writer_puts(&w, "\n");
        spread = put_table(&w, tables[i].source, run, colour) || spread;
    }
    if (spread)
        put_intervals(&w, run, "\n", "\n");
    put_findings(&w, run, "\n", "", "");
    put_disturbed(&w, run, false);
    return w.rc;
}

/* ---- Markdown ---- */

static void put_markdown_head(struct writer *w, const struct table_choice *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const char *first = c->column[i]->head[0], *second = c->column[i]->head[1];
        const char *between = first[0] == '\0' || second[0] == '/' ? "" : " ";

        writer_printf(w, "| %s%s%s ", first, between, second);
    }
    writer_puts(w, "|\n");
    for (size_t i = 0; i < c->n; i++)
        writer_puts(w, i == 0 ? "|:---" : "|---:");
    writer_puts(w, "|\n");
}

static void put_markdown(struct writer *w, const struct table_source *from, const cJSON *run)
{
    struct table_choice c = table_choose(from, run, has_wire(run) ? WIRE : LOOPBACK, 0);
    char cell[TABLE_CELL_BYTES];
    const cJSON *row;

    put_markdown_head(w, &c);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        for (size_t i = 0; i < c.n; i++) {
            table_format_cell(cell, c.column[i], row, true);
            writer_printf(w, i == 0 ? "| `%s` " : "| %s ", cell);
        }
        writer_puts(w, "|\n");
    }
    writer_puts(w, "\n");
}

int table_markdown(struct buf *out, const cJSON *run)
{
    struct writer w = {.out = out};

    for (size_t i = 0; i < TABLES; i++)
        if (has_table(run, i))
            put_markdown(&w, tables[i].source, run);
    if (metric_has_intervals(json_at(run, "rows")))
        put_intervals(&w, run, "", "\n\n");
    put_findings(&w, run, "", "- ", "\n");
    put_disturbed(&w, run, true);
    put_conditions(&w, run);
    writer_puts(&w, "\n");
    return w.rc;
}

void table_put(struct writer *w, const struct table_source *from, const cJSON *run, size_t width,
               bool markdown)
{
    struct layout l = lay_out(from, run);

    fit(&l, width);
    if (markdown)
        put_markdown(w, from, run);
    else
        put_laid_out(w, &l, run, false);
}
