#include "bench/report/drawing.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/page/output.h"
#include "bench/result/percentile.h"
#include "bench/result/disturbed.h"
#include "bench/result/run_file.h"

/* ---- trends ---- */

enum { WIDTH = 560, HEIGHT = 240, LEFT = 70, RIGHT = 16, TOP = 14, BOTTOM = 34 };

struct axis {
    bool log;
    double low, high;
};

static double y_of(const struct axis *a, double value)
{
    double share = a->log ? log(value / a->low) / log(a->high / a->low)
                          : (value - a->low) / (a->high - a->low);

    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

static double x_of(const struct drawing_trend *t, size_t i)
{
    double room = WIDTH - LEFT - RIGHT;

    return t->n < 2 ? LEFT + room / 2 : LEFT + 10 + (room - 20) * (double)i / (double)(t->n - 1);
}

/* False when there is nothing to draw. */
static bool find_axis(struct axis *a, const struct drawing_trend *t)
{
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < t->n; i++) {
        struct facts_range r = facts_range_of(t->runs[i], t->path);

        if (r.n > 0) {
            low = fmin(low, r.low);
            high = fmax(high, r.high);
        }
    }
    if (!isfinite(low))
        return false;
    a->log = low > 0 && high > 20 * low;
    a->low = a->log ? pow(10, floor(log10(low) + 1e-9)) : 0;
    a->high = a->log ? pow(10, ceil(log10(high) - 1e-9)) : high > 0 ? high * 1.1 : 1;
    return true;
}

/* Ticks are round numbers: "10.0 ms" is written as "10 ms". */
static void drop_zeros(char *text)
{
    char *point = strchr(text, '.'), *end = text + strcspn(text, " "), *from = end;

    if (point == NULL)
        return;
    while (from[-1] == '0')
        from--;
    if (from[-1] == '.')
        from--;
    memmove(from, end, strlen(end) + 1);
}

static void put_tick(struct writer *w, const struct drawing_trend *t, const struct axis *a,
                     double value)
{
    char text[UNITS_TEXT_BYTES];
    double y = y_of(a, value);

    facts_format_of(t->path)(text, value);
    drop_zeros(text);
    if (value == 0)
        snprintf(text, sizeof text, "0");
    writer_printf(
        w,
        "<path class=\"rule\" d=\"M%d %.1fH%d\"/><text class=\"tick\" x=\"%d\" y=\"%.1f\" "
        "text-anchor=\"end\">%s</text>\n",
        LEFT, y, WIDTH - RIGHT, LEFT - 8, y + 4, text);
}

/* 1, 2 or 5 times a power of ten, for about four steps up to high. */
static double step_of(double high)
{
    double raw = high / 4, base = pow(10, floor(log10(raw))), times = raw / base;

    return base * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

static void put_ticks(struct writer *w, const struct drawing_trend *t, const struct axis *a)
{
    if (a->log)
        for (double v = a->low; v <= a->high * 1.001; v *= 10)
            put_tick(w, t, a, v);
    else
        for (double v = 0, step = step_of(a->high); v <= a->high; v += step)
            put_tick(w, t, a, v);
}

static void put_dates(struct writer *w, const struct drawing_trend *t)
{
    for (size_t i = 0; i<t->n; i += t->n> 1 ? t->n - 1 : 1) {
        writer_printf(w, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", x_of(t, i),
                      HEIGHT - 10,
                      t->n < 2 ? "middle"
                      : i == 0 ? "start"
                               : "end");
        output_printf(w, OUTPUT_HTML, "%.10s", json_text(t->runs[i], "started"));
        writer_puts(w, "</text>\n");
    }
}

static void put_class(struct writer *w, const cJSON *row, const char *more)
{
    writer_puts(w, "class=\"");
    output_row_class(w, row);
    writer_printf(w, " %s\"", more);
}

static bool is_disturbed(const cJSON *run, const cJSON *like)
{
    return disturbed_is(run_file_row(run, json_text(like, "id")));
}

/* A row's line; a run that lacks the row, or in which it was disturbed, leaves a gap. */
static void put_line(struct writer *w, const struct drawing_trend *t, const struct axis *a,
                     const cJSON *like)
{
    bool pen_down = false;

    writer_puts(w, "<path ");
    put_class(w, like, "line");
    writer_puts(w, " d=\"");
    for (size_t i = 0; i < t->n; i++) {
        double value = facts_value(run_file_row(t->runs[i], json_text(like, "id")), t->path);

        bool counts = isfinite(value) && !is_disturbed(t->runs[i], like);

        if (counts)
            writer_printf(w, "%s%.1f %.1f", pen_down ? "L" : "M", x_of(t, i), y_of(a, value));
        pen_down = counts;
    }
    writer_puts(w, "\"/>\n");
}

static void put_dots(struct writer *w, const struct drawing_trend *t, const struct axis *a,
                     const cJSON *like)
{
    const char *id = json_text(like, "id");
    char text[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < t->n; i++) {
        double value = facts_value(run_file_row(t->runs[i], id), t->path);

        if (!isfinite(value))
            continue;
        facts_format_of(t->path)(text, value);
        writer_puts(w, "<circle ");
        put_class(w, like, is_disturbed(t->runs[i], like) ? "dot disturbed" : "dot");
        writer_printf(w, " cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>", x_of(t, i), y_of(a, value));
        output_printf(w, OUTPUT_HTML, "%s: %s, %s%s", id, text, json_text(t->runs[i], "started"),
                      is_disturbed(t->runs[i], like) ? ", disturbed" : "");
        writer_puts(w, "</title></circle>\n");
    }
}

void drawing_trend(struct writer *w, const struct drawing_trend *t)
{
    struct axis axis;
    const cJSON *row;

    if (t->n == 0 || !find_axis(&axis, t))
        return;
    writer_printf(w,
                  "<figure class=\"trend\"><svg viewBox=\"0 0 %d %d\" role=\"img\" "
                  "aria-labelledby=\"%s\"><title id=\"%s\">",
                  WIDTH, HEIGHT, t->id, t->id);
    output_printf(w, OUTPUT_HTML, "%s in %zu runs", t->title, t->n);
    writer_puts(w, "</title>\n");
    put_ticks(w, t, &axis);
    put_dates(w, t);
    cJSON_ArrayForEach(row, json_at(t->runs[t->n - 1], "rows"))
    {
        put_line(w, t, &axis, row);
        put_dots(w, t, &axis, row);
    }
    writer_puts(w, "</svg><figcaption>");
    output_printf(w, OUTPUT_HTML, "%s%s", t->title, axis.log ? " (log scale)" : "");
    writer_puts(w, "</figcaption></figure>\n");
}

void drawing_thumbnail(struct writer *w, const cJSON *run)
{
    enum { DOT = 10, RADIUS = DOT / 2, GAP = 4, LONGEST = 160, ROWS_MAX = 64 };
    const cJSON *rows = json_at(run, "rows"), *row;
    int n = cJSON_GetArraySize(rows), i = 0;

    if (n > ROWS_MAX)
        n = ROWS_MAX;
    writer_printf(w, "<svg class=\"thumbnail\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
                  LONGEST, n > 0 ? n * (DOT + GAP) - GAP : DOT);
    cJSON_ArrayForEach(row, rows)
    {
        double p50_us = facts_value(row, "latency_us.p50");
        double share = fmin(log10(fmax(p50_us, 10) / 10) / 6, 1);

        if (i == n)
            break;
        if (isfinite(p50_us)) {
            writer_puts(w, "<circle ");
            put_class(w, row, disturbed_is(row) ? "mini disturbed" : "mini");
            writer_printf(w, " cx=\"%.1f\" cy=\"%d\" r=\"%d\"/>",
                          RADIUS + share * (LONGEST - 2 * RADIUS), i * (DOT + GAP) + RADIUS,
                          RADIUS);
        }
        i++;
    }
    writer_puts(w, "</svg>");
}

/* ---- a run in one picture ---- */

enum { OVERVIEW_TOP = 34, OVERVIEW_ROW = 34, OVERVIEW_BOTTOM = 12, OVERVIEW_SIDE = 12 };

struct scale {
    double low_us, high_us; /* whole decades */
    char dot[32], end[32];  /* paths of a row's dot and of its line's end */
};

static double x_of_us(const struct scale *s, double us)
{
    double share = log(fmax(us, s->low_us) / s->low_us) / log(s->high_us / s->low_us);

    return OVERVIEW_SIDE + share * (WIDTH - 2 * OVERVIEW_SIDE);
}

static void put_decades(struct writer *w, const struct scale *s, int height)
{
    char text[UNITS_TEXT_BYTES];

    for (double us = s->low_us; us < s->high_us * 1.01; us *= 10) {
        const char *anchor = us == s->low_us ? "start" : us * 1.01 > s->high_us ? "end" : "middle";

        units_format_us(text, us);
        drop_zeros(text);
        writer_printf(w,
                      "<path class=\"rule\" d=\"M%.1f %dV%d\"/><text class=\"tick\" x=\"%.1f\" "
                      "y=\"18\" text-anchor=\"%s\">%s</text>\n",
                      x_of_us(s, us), OVERVIEW_TOP - 6, height - OVERVIEW_BOTTOM, x_of_us(s, us),
                      anchor, text);
    }
}

/* The name stands over its line: from the dot to the right where it fits, else it ends there. */
static void put_row_name(struct writer *w, const cJSON *row, double p50, double x, int y)
{
    const double char_px = 11.5; /* the width of a letter on a phone (report.css) */
    char text[2 * UNITS_TEXT_BYTES];
    double width;
    bool right;

    units_format_us(text, p50);
    if (disturbed_is(row))
        strcat(text, ", disturbed");
    width = char_px * (double)(strlen(json_text(row, "id")) + 1 + strlen(text));
    right = x - 6 + width <= WIDTH;
    writer_printf(w, "<text x=\"%.1f\" y=\"%d\"%s><tspan class=\"name\">",
                  right ? x - 6 : fmax(x + 6, fmin(width, WIDTH)), y - 9,
                  right ? "" : " text-anchor=\"end\"");
    output_text(w, OUTPUT_HTML, json_text(row, "id"));
    writer_printf(w, "</tspan> %s</text>", isfinite(p50) ? text : "nothing delivered");
}

/* A row that has too few updates for the end has no line. */
static void put_row(struct writer *w, const struct scale *s, const cJSON *row, int y)
{
    double p50 = facts_value(row, s->dot), end = fmax(facts_value(row, s->end), p50);
    double x = isfinite(p50) ? x_of_us(s, p50) : OVERVIEW_SIDE;

    writer_puts(w, "<g class=\"");
    output_row_class(w, row);
    writer_puts(w, "\">");
    if (isfinite(p50))
        writer_printf(w,
                      "<path class=\"reach\" d=\"M%d %dH%.1f\"/><path class=\"tail\" d=\"M%.1f "
                      "%dH%.1fm0 -4v8\"/><circle class=\"dot\" cx=\"%.1f\" cy=\"%d\" r=\"6\"/>",
                      OVERVIEW_SIDE, y, x, x, y, x_of_us(s, end), x, y);
    put_row_name(w, row, p50, x, y);
    writer_puts(w, "</g>\n");
}

void drawing_overview(struct writer *w, const cJSON *run)
{
    const cJSON *rows = json_at(run, "rows"), *row;
    const struct percentile *tail = percentile_of_rows(rows, "latency_us");
    const char *middle = percentile_middle(rows, "latency_us");
    int height = OVERVIEW_TOP + cJSON_GetArraySize(rows) * OVERVIEW_ROW + OVERVIEW_BOTTOM;
    int y = OVERVIEW_TOP + OVERVIEW_ROW - 8;
    struct facts_range p50, end;
    struct scale s;

    snprintf(s.dot, sizeof s.dot, "latency_us.%s", middle);
    snprintf(s.end, sizeof s.end, "latency_us.%s", tail->name);
    p50 = facts_range_of(run, s.dot);
    end = facts_range_of(run, s.end);
    if (p50.n == 0)
        return;
    s.low_us = pow(10, floor(log10(fmax(p50.low, 1)) + 1e-9));
    s.high_us = pow(10, ceil(log10(fmax(end.high, fmax(p50.high, 10))) - 1e-9));
    if (s.high_us <= s.low_us)
        s.high_us = s.low_us * 10;
    writer_printf(
        w,
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" "
        "aria-labelledby=\"glance-title\"><title id=\"glance-title\">Latency of each row, "
        "%s to %s</title>\n",
        WIDTH, height, middle[0] == 'p' ? "median" : "mean", tail->nth);
    put_decades(w, &s, height);
    cJSON_ArrayForEach(row, rows)
    {
        put_row(w, &s, row, y);
        y += OVERVIEW_ROW;
    }
    writer_puts(w, "</svg>");
}
