#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "json.h"
#include "scenario.h"
#include "units.h"

enum { CELL_BYTES = 80, COLUMNS = 10 };

typedef void format_fn(char out[UNITS_TEXT_BYTES], double value);

/* A column shows one number of a row, or two joined by " + ". */
struct column {
    const char *head[2]; /* two lines; on Markdown's one line joined by a space */
    format_fn *format;   /* NULL: the row's id, to the left; the others go to the right */
    const char *path, *second_path;
};

static const struct column columns[COLUMNS] = {
    {{"", "row"}, NULL, "id", NULL},
    {{"updates", "delivered"}, units_format_count, "delivered", NULL},
    {{"latency", "p50"}, units_format_us, "latency_us.p50", NULL},
    {{"latency", "p99"}, units_format_us, "latency_us.p99", NULL},
    {{"latency", "max"}, units_format_us, "latency_us.max", NULL},
    {{"age", "mean"}, units_format_us, "age_us.mean", NULL},
    {{"requests", "/update"}, units_format_ratio, "requests_per_update", NULL},
    {{"handshakes", "/update"}, units_format_ratio, "tcp_handshakes_per_update", NULL},
    {{"bytes/update", "payload+framing"},
     units_format_ratio,
     "bytes_per_update.payload",
     "bytes_per_update.framing"},
    {{"server CPU", "/update"}, units_format_us, "server_cpu_us_per_update", NULL},
};

/* ---- cells ---- */

static bool has_problems(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "problems")) > 0;
}

/* Where nothing was delivered there is no latency, though the histogram says 0. */
static double value_of(const cJSON *row, const char *path)
{
    if (strncmp(path, "latency_us.", 11) == 0 && !(json_number(row, "delivered") > 0))
        return NAN;
    return json_number(row, path);
}

static void format_cell(char out[CELL_BYTES], const struct column *c, const cJSON *row)
{
    char first[UNITS_TEXT_BYTES], second[UNITS_TEXT_BYTES];

    if (c->format == NULL) {
        snprintf(out, CELL_BYTES, "%s%.47s", has_problems(row) ? "! " : "",
                 json_text(row, c->path));
        return;
    }
    c->format(first, value_of(row, c->path));
    if (c->second_path == NULL) {
        snprintf(out, CELL_BYTES, "%s", first);
        return;
    }
    c->format(second, value_of(row, c->second_path));
    snprintf(out, CELL_BYTES, "%s + %s", first, second);
}

/* ---- the terminal ---- */

struct layout {
    size_t width[COLUMNS], gap;
};

static void widen(size_t *width, const char *text)
{
    size_t w = units_text_width(text);

    if (w > *width)
        *width = w;
}

static size_t total_width(const struct layout *l)
{
    size_t total = (COLUMNS - 1) * l->gap;

    for (size_t i = 0; i < COLUMNS; i++)
        total += l->width[i];
    return total;
}

/* As wide as needed; when that is too wide narrower gaps, and then shorter ids. */
static struct layout lay_out(const cJSON *rows)
{
    struct layout l = {.gap = 2};
    const cJSON *row;
    char cell[CELL_BYTES];
    size_t total;

    for (size_t i = 0; i < COLUMNS; i++) {
        widen(&l.width[i], columns[i].head[0]);
        widen(&l.width[i], columns[i].head[1]);
        cJSON_ArrayForEach(row, rows)
        {
            format_cell(cell, &columns[i], row);
            widen(&l.width[i], cell);
        }
    }
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
        return LAB_ENOMEM;
    if (buf_printf(out, "%s%.*s%s", paint, len, text, paint[0] != '\0' ? "\033[0m" : "") < 0)
        return LAB_ENOMEM;
    return column == 0 ? add_spaces(out, pad) : LAB_OK;
}

static int add_head(struct buf *out, const struct layout *l, int line, bool colour)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (add_cell(out, l, i, columns[i].head[line], colour ? "\033[1m" : "") < 0)
            return LAB_ENOMEM;
    return buf_printf(out, "\n");
}

static void paint_of(char out[32], const cJSON *row, bool colour)
{
    const struct scenario_transport *t = scenario_transport_find(json_text(row, "transport"));

    out[0] = '\0';
    if (colour && t != NULL)
        snprintf(out, 32, "\033[38;2;%d;%d;%dm", t->red, t->green, t->blue);
}

static int add_row(struct buf *out, const struct layout *l, const cJSON *row, bool colour)
{
    char cell[CELL_BYTES], paint[32];

    paint_of(paint, row, colour);
    for (size_t i = 0; i < COLUMNS; i++) {
        format_cell(cell, &columns[i], row);
        if (add_cell(out, l, i, cell, i == 0 ? paint : "") < 0)
            return LAB_ENOMEM;
    }
    return buf_printf(out, "\n");
}

/* "50 clients · 10 updates/s of 128 bytes · 6 s window · link: loopback" */
static int add_conditions(struct buf *out, const cJSON *run)
{
    const cJSON *s = json_at(run, "scenario");
    bool trace = strcmp(json_text(s, "source.kind"), "trace") == 0;
    int rc = buf_printf(out, "%g clients · ", json_number(s, "clients"));

    if (rc == LAB_OK && trace)
        rc = buf_printf(out, "trace %s · ", json_text(s, "source.trace_file"));
    if (rc == LAB_OK && !trace)
        rc = buf_printf(out, "%g updates/s of %g bytes, %s · ", json_number(s, "source.rate_hz"),
                        json_number(s, "source.payload_bytes"), json_text(s, "source.pattern"));
    if (rc == LAB_OK)
        rc = buf_printf(out, "%g s window · link: %s%s", json_number(s, "duration_s"),
                        json_text(run, "link"),
                        json_true(run, "interrupted") ? " · interrupted" : "");
    return rc;
}

int table_text(struct buf *out, const cJSON *run, bool colour)
{
    const cJSON *rows = json_at(run, "rows"), *row;
    struct layout l = lay_out(rows);

    if (buf_printf(out, "%s\n", json_text(run, "scenario.title")) < 0 ||
        add_conditions(out, run) < 0 || buf_printf(out, "\n\n") < 0)
        return LAB_ENOMEM;
    if (add_head(out, &l, 0, colour) < 0 || add_head(out, &l, 1, colour) < 0)
        return LAB_ENOMEM;
    cJSON_ArrayForEach(row, rows)
    {
        if (add_row(out, &l, row, colour) < 0)
            return LAB_ENOMEM;
    }
    return LAB_OK;
}

/* ---- Markdown ---- */

static int add_markdown_head(struct buf *out)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        const char *first = columns[i].head[0], *second = columns[i].head[1];
        const char *between = first[0] == '\0' || second[0] == '/' ? "" : " ";

        if (buf_printf(out, "| %s%s%s ", first, between, second) < 0)
            return LAB_ENOMEM;
    }
    if (buf_printf(out, "|\n") < 0)
        return LAB_ENOMEM;
    for (size_t i = 0; i < COLUMNS; i++)
        if (buf_printf(out, columns[i].format == NULL ? "|:---" : "|---:") < 0)
            return LAB_ENOMEM;
    return buf_printf(out, "|\n");
}

int table_markdown(struct buf *out, const cJSON *run)
{
    const cJSON *row;
    char cell[CELL_BYTES];

    if (add_markdown_head(out) < 0)
        return LAB_ENOMEM;
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        for (size_t i = 0; i < COLUMNS; i++) {
            const char *tick = columns[i].format == NULL ? "`" : "";

            format_cell(cell, &columns[i], row);
            if (buf_printf(out, "| %s%s%s ", tick, cell, tick) < 0)
                return LAB_ENOMEM;
        }
        if (buf_printf(out, "|\n") < 0)
            return LAB_ENOMEM;
    }
    if (buf_printf(out, "\n") < 0 || add_conditions(out, run) < 0)
        return LAB_ENOMEM;
    return buf_printf(out, "\n");
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
