#include "bench/table/table.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/result/conditions.h"
#include "bench/result/disturbed.h"
#include "bench/result/facts.h"
#include "bench/result/finding.h"
#include "bench/result/findings.h"
#include "bench/result/metric_text.h"
#include "bench/result/result_faults.h"
#include "bench/result/storm.h"
#include "bench/base/json.h"
#include "bench/page/output.h"
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
    {&table_fault, "recovery.next_update_us.p50"},
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

static void put_broken(struct writer *w, const cJSON *row)
{
    const cJSON *finding;
    int shown = 0;

    writer_printf(w, "%s broke, as expected", json_text(row, "id"));
    cJSON_ArrayForEach(finding, json_at(row, "findings"))
    {
        if (shown < FINDINGS_SHOWN && cJSON_IsString(finding))
            writer_printf(w, "%s%s", shown++ == 0 ? ": " : "; ", finding->valuestring);
    }
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

static void put_cure(struct writer *w, const cJSON *row)
{
    writer_printf(w, "%s: ", json_text(row, "id"));
    w->rc = w->rc < 0 ? w->rc : table_cure(w->out, row);
}

/* What stands in text, some of which others wrote, escaped and wrapped; frees it. */
static void put_escaped(struct writer *w, struct writer *text, size_t indent, size_t width)
{
    struct buf escaped = {0};
    struct writer e = {.out = &escaped, .rc = text->rc};

    output_text(&e, width == TABLE_MARKDOWN ? OUTPUT_MARKDOWN : OUTPUT_TERMINAL, writer_text(text));
    writer_wrap(w, writer_text(&e), indent, width);
    w->rc = w->rc < 0 ? w->rc : e.rc;
    buf_free(&escaped);
    buf_free(text->out);
}

/* A line of its own for one of these texts. */
static void put_line(struct writer *w, void (*put)(struct writer *w, const cJSON *row),
                     const cJSON *row, const char *bullet, size_t width)
{
    struct buf text = {0};
    struct writer line = {.out = &text};

    put(&line, row);
    writer_puts(w, bullet);
    put_escaped(w, &line, strlen(bullet), width);
    writer_puts(w, "\n");
}

/* For each what it has shown, and what cures it; nothing when there are none. */
static void put_findings(struct writer *w, const cJSON *run, size_t width)
{
    bool markdown = width == TABLE_MARKDOWN;
    const char *bullet = markdown ? "- " : "";
    const cJSON *broken, *row;
    int n = 0;

    cJSON_ArrayForEach(broken, json_at(run, "rows"))
    {
        if (!findings_broke(broken))
            continue;
        writer_puts(w, n++ == 0 && !markdown ? "\n" : "");
        put_line(w, put_broken, broken, bullet, width);
        cJSON_ArrayForEach(row, json_at(run, "rows"))
        {
            if (findings_cures(row, broken))
                put_line(w, put_cure, row, bullet, width);
        }
    }
    writer_puts(w, n > 0 && markdown ? "\n" : "");
}

/* ---- what ± is ---- */

static void put_intervals(struct writer *w, const cJSON *run, const char *lead, const char *tail)
{
    writer_printf(w, "%s± ", lead);
    metric_put_interval_words(w, json_at(run, "rows"));
    writer_puts(w, tail);
}

/* ---- rows that were disturbed ---- */

static void put_reasons(struct writer *w, const cJSON *row, size_t width)
{
    bool markdown = width == TABLE_MARKDOWN;
    enum output o = markdown ? OUTPUT_MARKDOWN : OUTPUT_TERMINAL;
    struct buf text = {0}, escaped = {0};
    struct writer reasons = {.out = &text}, line = {.out = &escaped};

    disturbed_put(&reasons, row);
    output_code(&line, o, json_text(row, "id"));
    writer_puts(&line, ": ");
    output_text(&line, o, writer_text(&reasons));
    writer_puts(w, markdown ? "- " : "  ");
    writer_wrap(w, writer_text(&line), 2, width);
    writer_puts(w, "\n");
    w->rc = w->rc < 0 ? w->rc : line.rc;
    buf_free(&escaped);
    buf_free(&text);
}

static void put_disturbed(struct writer *w, const cJSON *run, size_t width)
{
    bool markdown = width == TABLE_MARKDOWN;
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!disturbed_is(row))
            continue;
        if (n++ == 0)
            writer_printf(w, "%s%s disturbed, so not compared with other rows:\n%s",
                          markdown ? "" : "\n", DISTURBED_MARK, markdown ? "\n" : "");
        put_reasons(w, row, width);
    }
    writer_puts(w, markdown && n > 0 ? "\n" : "");
}

/* ---- the terminal ---- */

struct layout {
    struct table_choice columns;
    size_t width[TABLE_COLUMNS_MAX];
};
enum { GAP = 2 };

static void widen(size_t *width, const char *text)
{
    size_t w = units_text_width(text);

    if (w > *width)
        *width = w;
}

/* As wide as needed. */
static struct layout lay_out(const struct table_source *from, const cJSON *run)
{
    struct layout l = {.columns = table_choose(from, run, has_wire(run) ? TERMINAL : LOOPBACK)};
    const cJSON *row;
    char cell[TABLE_CELL_BYTES];

    for (size_t i = 0; i < l.columns.n; i++) {
        const struct column *c = l.columns.column[i];

        widen(&l.width[i], c->head[0]);
        widen(&l.width[i], c->head[1]);
        cJSON_ArrayForEach(row, json_at(run, "rows"))
        {
            table_format_cell(cell, c, row);
            widen(&l.width[i], cell);
        }
    }
    return l;
}

/* Some columns, beside the row's name. */
struct part {
    size_t from, to;
};

static size_t total_width(const struct layout *l, struct part part)
{
    size_t total = l->width[0];

    for (size_t i = part.from; i < part.to; i++)
        total += GAP + l->width[i];
    return total;
}

static bool is_same_question(const struct column *a, const struct column *b)
{
    return a->question == b->question ||
           (a->question != NULL && b->question != NULL && strcmp(a->question, b->question) == 0);
}

/* Does the column before it, in the part before, answer the same question? */
static bool is_continued(const struct layout *l, size_t from)
{
    return from > 0 && is_same_question(l->columns.column[from - 1], l->columns.column[from]);
}

/* The columns from there on that answer one question, as many as fit in width, at least one. */
static struct part next_part(const struct layout *l, size_t from, size_t width)
{
    struct part part = {from, from + 1};
    size_t end = from + 1;

    while (end < l->columns.n && is_same_question(l->columns.column[end], l->columns.column[from]))
        end++;
    while (part.to < end && total_width(l, (struct part){from, part.to + 1}) <= width)
        part.to++;
    for (size_t i = part.to; part.to < end && i > from; i--)
        if (l->columns.column[i]->shown & BREAK)
            part.to = end = i;
    return part;
}

/* In a table of several parts the names' column is headed by questions, and leaves more than half
 * of the width to the figures: a longer name gets a line of its own. */
static void make_room(struct layout *l, size_t width)
{
    for (size_t i = 1; i < l->columns.n; i++)
        if (l->columns.column[i]->question != NULL)
            widen(&l->width[0], l->columns.column[i]->question);
    if (l->width[0] > width * 2 / 5)
        l->width[0] = width * 2 / 5;
}

/* text in its column; paint and its end surround the text without taking space. */
static void put_cell(struct writer *w, size_t space, bool left, const char *text, const char *paint)
{
    size_t width = units_text_width(text);
    int pad = width < space ? (int)(space - width) : 0;

    if (text[0] == '\0')
        paint = "";
    writer_printf(w, "%*s%s%s%s%*s", left ? 0 : pad + GAP, "", paint, text,
                  paint[0] != '\0' ? "\033[0m" : "", left ? pad : 0, "");
}

static void put_head(struct writer *w, const struct layout *l, struct part part, int line,
                     bool colour)
{
    const char *bold = colour ? "\033[1m" : "", *name = l->columns.column[0]->head[line];
    bool whole = part.from == 1 && part.to == l->columns.n;

    if (line == 0 && !whole && l->columns.column[part.from]->question != NULL)
        name = is_continued(l, part.from) ? "(continued)" : l->columns.column[part.from]->question;
    put_cell(w, l->width[0], true, name, bold);
    for (size_t i = part.from; i < part.to; i++)
        put_cell(w, l->width[i], false, l->columns.column[i]->head[line], bold);
    writer_puts(w, "\n");
}

static void paint_of(char out[32], const cJSON *row, bool colour)
{
    const struct transport_info *t = transport_info_find(json_text(row, "transport"));

    out[0] = '\0';
    if (colour && t != NULL)
        snprintf(out, 32, "\033[38;2;%d;%d;%dm", t->rgb >> 16, t->rgb >> 8 & 255, t->rgb & 255);
}

static void put_row(struct writer *w, const struct layout *l, struct part part, const cJSON *row,
                    bool colour)
{
    char cell[TABLE_CELL_BYTES], paint[32];

    paint_of(paint, row, colour);
    table_format_cell(cell, l->columns.column[0], row);
    put_cell(w, l->width[0], true, cell, paint);
    if (units_text_width(cell) > l->width[0])
        writer_printf(w, "\n%*s", (int)l->width[0], "");
    for (size_t i = part.from; i < part.to; i++) {
        table_format_cell(cell, l->columns.column[i], row);
        put_cell(w, l->width[i], false, cell, "");
    }
    writer_puts(w, "\n");
}

static void put_part(struct writer *w, const struct layout *l, struct part part, const cJSON *run,
                     bool colour)
{
    const cJSON *row;

    put_head(w, l, part, 0, colour);
    put_head(w, l, part, 1, colour);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        put_row(w, l, part, row, colour);
    }
}

/* One table where that fits; else one for each question, and more of them where that is too wide
 * itself. */
static void put_table(struct writer *w, const struct table_source *from, const cJSON *run,
                      size_t width, bool colour)
{
    struct layout l = lay_out(from, run);
    struct part part = {1, l.columns.n};

    if (total_width(&l, part) <= width) {
        put_part(w, &l, part, run, colour);
        return;
    }
    make_room(&l, width);
    for (; part.from < l.columns.n; part.from = part.to) {
        writer_puts(w, part.from > 1 ? "\n" : "");
        part = next_part(&l, part.from, width);
        put_part(w, &l, part, run, colour);
    }
}

static void put_conditions(struct writer *w, const cJSON *run, size_t width)
{
    struct buf text = {0};
    struct writer words = {.out = &text};

    conditions_put(&words, run, INT_MAX);
    writer_puts(&words, json_true(run, "interrupted") ? " · interrupted" : "");
    put_escaped(w, &words, 0, width);
    writer_puts(w, "\n");
}

static void put_sentence(struct writer *w, struct buf *text, int rc, size_t width)
{
    struct writer sentence = {.out = text, .rc = rc};

    writer_puts(&sentence, ".\n");
    writer_wrap(w, writer_text(&sentence), 0, width);
    w->rc = w->rc < 0 ? w->rc : sentence.rc;
    buf_free(text);
}

/* A paragraph for each transport. */
static void put_storm_verdicts(struct writer *w, const cJSON *run, size_t width)
{
    struct buf text = {0};
    struct writer lines = {.out = &text, .rc = storm_findings(&text, run)};
    const char *line = writer_text(&lines), *end;

    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        struct buf one = {0};
        struct writer copy = {.out = &one};

        writer_add(&copy, line, (size_t)(end - line));
        writer_puts(w, "\n");
        writer_wrap(w, writer_text(&copy), 0, width);
        writer_puts(w, "\n");
        buf_free(&one);
    }
    w->rc = w->rc < 0 ? w->rc : lines.rc;
    buf_free(&text);
}

/* A sentence for each kind of fault. False: there were none. */
static bool put_fault_verdicts(struct writer *w, const cJSON *run, size_t width)
{
    cJSON *firsts = result_faults_rows(run, NULL);
    char name[RESULT_FAULTS_NAME_BYTES];
    const cJSON *row;
    bool any = false;

    cJSON_ArrayForEach(row, json_at(firsts, "rows"))
    {
        struct buf text = {0};

        writer_puts(w, any ? "" : "\n");
        any = true;
        result_faults_name(name, row);
        put_sentence(w, &text, finding_fault(&text, run, name), width);
    }
    cJSON_Delete(firsts);
    return any;
}

/* What the run found, in two sentences, or one where there is nothing to compare. */
static void put_comparison(struct writer *w, const cJSON *run, size_t width)
{
    struct buf latency = {0}, cost = {0};
    struct writer first = {.out = &latency, .rc = finding_latency(&latency, run)};
    struct writer second = {.out = &cost, .rc = finding_cost(&cost, run)};

    writer_puts(&first, ".\n");
    writer_puts(&second, ".\n");
    writer_puts(w, "\n");
    writer_wrap(w, writer_text(&first), 0, width);
    if (strcmp(writer_text(&first), writer_text(&second)) != 0)
        writer_wrap(w, writer_text(&second), 0, width);
    w->rc = w->rc < 0 ? w->rc : first.rc < 0 ? first.rc : second.rc;
    buf_free(&latency);
    buf_free(&cost);
}

static void put_verdict(struct writer *w, const cJSON *run, size_t width)
{
    if (storm_is(run))
        put_storm_verdicts(w, run, width);
    else if (!put_fault_verdicts(w, run, width))
        put_comparison(w, run, width);
}

int table_text(struct buf *out, const cJSON *run, size_t width, bool colour)
{
    struct writer w = {.out = out};

    writer_wrap(&w, json_text(run, "scenario.title"), 0, width);
    writer_puts(&w, "\n");
    put_conditions(&w, run, width);
    for (size_t i = 0; i < TABLES; i++) {
        if (!has_table(run, i))
            continue;
        writer_puts(&w, "\n");
        put_table(&w, tables[i].source, run, width, colour);
    }
    if (metric_has_intervals(json_at(run, "rows")))
        put_intervals(&w, run, "\n", "\n");
    put_findings(&w, run, width);
    put_disturbed(&w, run, width);
    if (cJSON_GetArraySize(json_at(run, "rows")) > 0)
        put_verdict(&w, run, width);
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
    struct table_choice c = table_choose(from, run, has_wire(run) ? WIRE : LOOPBACK);
    char cell[TABLE_CELL_BYTES];
    const cJSON *row;

    put_markdown_head(w, &c);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        for (size_t i = 0; i < c.n; i++) {
            table_format_cell(cell, c.column[i], row);
            writer_puts(w, "| ");
            (i == 0 ? output_code : output_text)(w, OUTPUT_MARKDOWN, cell);
            writer_puts(w, " ");
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
    put_findings(&w, run, TABLE_MARKDOWN);
    put_disturbed(&w, run, TABLE_MARKDOWN);
    put_conditions(&w, run, TABLE_MARKDOWN);
    return w.rc;
}

void table_put(struct writer *w, const struct table_source *from, const cJSON *run, size_t width)
{
    if (width == TABLE_MARKDOWN)
        put_markdown(w, from, run);
    else
        put_table(w, from, run, width, false);
}
