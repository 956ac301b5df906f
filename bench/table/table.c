#include "bench/table/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#include "bench/result/conditions.h"
#include "lib/base/err.h"
#include "bench/base/json.h"
#include "bench/scenario/scenario.h"
#include "bench/table/table_cells.h"
#include "bench/table/table_columns.h"
#include "bench/table/table_findings.h"
#include "bench/base/units.h"
#include "lib/proto/transport_info.h"

static bool has_sent(const cJSON *run)
{
    return table_has_value(json_at(run, "rows"), "upstream.messages");
}

static bool has_wire(const cJSON *rows)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (json_number(row, "bytes_per_update.wire") > 0)
            return true;
    }
    return false;
}

/* ---- the terminal ---- */

struct layout {
    struct table_choice columns;
    size_t width[TABLE_COLUMNS_MAX], gap;
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
                                     enum selection selection, unsigned without)
{
    struct layout l = {.columns = table_choose(from, run, selection, without), .gap = 2};
    const cJSON *rows = json_at(run, "rows"), *row;
    char cell[TABLE_CELL_BYTES];

    for (size_t i = 0; i < l.columns.n; i++) {
        const struct column *c = l.columns.column[i];

        widen(&l.width[i], c->head[0]);
        widen(&l.width[i], c->head[1]);
        cJSON_ArrayForEach(row, rows)
        {
            table_format_cell(cell, c, row);
            widen(&l.width[i], cell);
        }
    }
    return l;
}

/* Has it columns for which others make room? */
static bool has_guests(const struct layout *l)
{
    for (size_t i = 0; i < l->columns.n; i++)
        if (l->columns.column[i]->shown & VALUE_ONLY)
            return true;
    return false;
}

/* When the widest choice is too wide fewer columns, narrower gaps, and then shorter ids. */
static struct layout lay_out(const struct table_source *from, const cJSON *run)
{
    static const struct {
        enum selection selection;
        unsigned without;
        bool wire, guests; /* only then */
    } choices[] = {
        {WIRE_NARROW, 0, true, false},         {WIRE_LEAST, 0, true, false},
        {WIRE_LEAST, SPARE_FIRST, true, true}, {WIRE_LEAST, SPARE_FIRST | SPARE, true, true},
        {LOOPBACK, SPARE_FIRST, false, true},  {LOOPBACK, SPARE_FIRST | SPARE, false, true},
    };
    bool wire = has_wire(json_at(run, "rows"));
    struct layout l = lay_out_columns(from, run, wire ? WIRE : LOOPBACK, 0);
    size_t total;

    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (total_width(&l) > TABLE_MAX_WIDTH && choices[i].wire == wire &&
            (!choices[i].guests || has_guests(&l)))
            l = lay_out_columns(from, run, choices[i].selection, choices[i].without);
    if (total_width(&l) > TABLE_MAX_WIDTH)
        l.gap = 1;
    total = total_width(&l);
    if (total > TABLE_MAX_WIDTH && l.width[0] > total - TABLE_MAX_WIDTH + 8)
        l.width[0] -= total - TABLE_MAX_WIDTH;
    return l;
}

static int add_spaces(struct buf *out, size_t n)
{
    return buf_printf(out, "%*s", (int)n, "");
}

/* text in its column; paint and its end surround the text without taking room. */
static int add_cell(struct buf *out, const struct layout *l, size_t column, const char *text,
                    const char *paint)
{
    size_t width = units_text_width(text), room = l->width[column];
    size_t pad = width < room ? room - width : 0;
    int len = (int)strlen(text);

    if (column == 0 && width > room) /* ids are ASCII */
        len = (int)room;
    if (len == 0)
        paint = "";
    if (column > 0 && add_spaces(out, l->gap + pad) < 0)
        return PL_ENOMEM;
    if (buf_printf(out, "%s%.*s%s", paint, len, text, paint[0] != '\0' ? "\033[0m" : "") < 0)
        return PL_ENOMEM;
    return column == 0 ? add_spaces(out, pad) : PL_OK;
}

static int add_head(struct buf *out, const struct layout *l, int line, bool colour)
{
    for (size_t i = 0; i < l->columns.n; i++)
        if (add_cell(out, l, i, l->columns.column[i]->head[line], colour ? "\033[1m" : "") < 0)
            return PL_ENOMEM;
    return buf_printf(out, "\n");
}

static void paint_of(char out[32], const cJSON *row, bool colour)
{
    const struct transport_info *t = transport_info_find(json_text(row, "transport"));

    out[0] = '\0';
    if (colour && t != NULL)
        snprintf(out, 32, "\033[38;2;%d;%d;%dm", t->rgb >> 16, t->rgb >> 8 & 255, t->rgb & 255);
}

static int add_row(struct buf *out, const struct layout *l, const cJSON *row, bool colour)
{
    char cell[TABLE_CELL_BYTES], paint[32];

    paint_of(paint, row, colour);
    for (size_t i = 0; i < l->columns.n; i++) {
        table_format_cell(cell, l->columns.column[i], row);
        if (add_cell(out, l, i, cell, i == 0 ? paint : "") < 0)
            return PL_ENOMEM;
    }
    return buf_printf(out, "\n");
}

/* "50 clients · 10 updates/s of 128 bytes · 6 s window · link: loopback" */
static int add_conditions(struct buf *out, const cJSON *run)
{
    const cJSON *s = json_at(run, "scenario");
    int rc = buf_printf(out, "%g clients · ", json_number(s, "clients"));

    if (rc == PL_OK)
        rc = conditions_put_source(out, s);
    if (rc == PL_OK)
        rc = buf_printf(out, "%g s window · link: %s%s%s", json_number(s, "duration_s"),
                        json_text(run, "link"), json_true(s, "tls") ? " · TLS" : "",
                        json_true(run, "interrupted") ? " · interrupted" : "");
    return rc;
}

static int add_table(struct buf *out, const struct table_source *from, const cJSON *run,
                     bool colour)
{
    const cJSON *rows = json_at(run, "rows"), *row;
    struct layout l = lay_out(from, run);

    if (add_head(out, &l, 0, colour) < 0 || add_head(out, &l, 1, colour) < 0)
        return PL_ENOMEM;
    cJSON_ArrayForEach(row, rows)
    {
        if (add_row(out, &l, row, colour) < 0)
            return PL_ENOMEM;
    }
    return PL_OK;
}

int table_text(struct buf *out, const cJSON *run, bool colour)
{
    if (buf_printf(out, "%s\n", json_text(run, "scenario.title")) < 0 ||
        add_conditions(out, run) < 0 || buf_printf(out, "\n\n") < 0 ||
        add_table(out, &table_main, run, colour) < 0)
        return PL_ENOMEM;
    if (has_sent(run) &&
        (buf_printf(out, "\n") < 0 || add_table(out, &table_sent, run, colour) < 0))
        return PL_ENOMEM;
    if (table_has_balancers(run) &&
        (buf_printf(out, "\n") < 0 || add_table(out, &table_balancer, run, colour) < 0))
        return PL_ENOMEM;
    return table_findings(out, run, "\n", "", "");
}

/* ---- Markdown ---- */

static int add_markdown_head(struct buf *out, const struct table_choice *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const char *first = c->column[i]->head[0], *second = c->column[i]->head[1];
        const char *between = first[0] == '\0' || second[0] == '/' ? "" : " ";

        if (buf_printf(out, "| %s%s%s ", first, between, second) < 0)
            return PL_ENOMEM;
    }
    if (buf_printf(out, "|\n") < 0)
        return PL_ENOMEM;
    for (size_t i = 0; i < c->n; i++)
        if (buf_printf(out, i == 0 ? "|:---" : "|---:") < 0)
            return PL_ENOMEM;
    return buf_printf(out, "|\n");
}

static int add_markdown(struct buf *out, const struct table_source *from, const cJSON *run)
{
    const cJSON *rows = json_at(run, "rows"), *row;
    struct table_choice c = table_choose(from, run, has_wire(rows) ? WIRE : LOOPBACK, 0);
    char cell[TABLE_CELL_BYTES];

    if (add_markdown_head(out, &c) < 0)
        return PL_ENOMEM;
    cJSON_ArrayForEach(row, rows)
    {
        for (size_t i = 0; i < c.n; i++) {
            const char *tick = i == 0 ? "`" : "";

            table_format_cell(cell, c.column[i], row);
            if (buf_printf(out, "| %s%s%s ", tick, cell, tick) < 0)
                return PL_ENOMEM;
        }
        if (buf_printf(out, "|\n") < 0)
            return PL_ENOMEM;
    }
    return buf_printf(out, "\n");
}

int table_markdown(struct buf *out, const cJSON *run)
{
    if (add_markdown(out, &table_main, run) < 0 ||
        (has_sent(run) && add_markdown(out, &table_sent, run) < 0) ||
        (table_has_balancers(run) && add_markdown(out, &table_balancer, run) < 0) ||
        table_findings(out, run, "", "- ", "\n") < 0 || add_conditions(out, run) < 0)
        return PL_ENOMEM;
    return buf_printf(out, "\n");
}

size_t table_columns(FILE *stream)
{
    struct winsize size = {0};

    return ioctl(fileno(stream), TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
}

bool table_wants_colour(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (no_color != NULL && no_color[0] != '\0')
        return false;
    if (term != NULL && strcmp(term, "dumb") == 0)
        return false;
    return isatty(fileno(stream)) == 1;
}
