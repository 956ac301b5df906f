#include "bench/report/trend.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/scenario/scenario.h"
#include "lib/proto/transport_info.h"

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

static double x_of(const struct trend *t, size_t i)
{
    double room = WIDTH - LEFT - RIGHT;

    return t->n < 2 ? LEFT + room / 2 : LEFT + 10 + (room - 20) * (double)i / (double)(t->n - 1);
}

static const cJSON *row_called(const cJSON *run, const char *id)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (strcmp(json_text(row, "id"), id) == 0)
            return row;
    }
    return NULL;
}

/* False when there is nothing to draw. */
static bool find_axis(struct axis *a, const struct trend *t)
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

/* Ticks are round: "10.0 ms" says no more than "10 ms". */
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

static void put_tick(struct writer *w, const struct trend *t, const struct axis *a, double value)
{
    char text[UNITS_TEXT_BYTES];
    double y = y_of(a, value);

    t->format(text, value);
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

static void put_ticks(struct writer *w, const struct trend *t, const struct axis *a)
{
    if (a->log)
        for (double v = a->low; v <= a->high * 1.001; v *= 10)
            put_tick(w, t, a, v);
    else
        for (double v = 0, step = step_of(a->high); v <= a->high; v += step)
            put_tick(w, t, a, v);
}

static void put_dates(struct writer *w, const struct trend *t)
{
    for (size_t i = 0; i<t->n; i += t->n> 1 ? t->n - 1 : 1) {
        writer_printf(w, "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", x_of(t, i),
                      HEIGHT - 10,
                      t->n < 2 ? "middle"
                      : i == 0 ? "start"
                               : "end");
        html_textf(w, "%.10s", json_text(t->runs[i], "started"));
        writer_puts(w, "</text>\n");
    }
}

static void put_class(struct writer *w, const cJSON *row, const char *more)
{
    const char *transport = json_text(row, "transport");

    writer_printf(w, "class=\"t-%s%s%s\"",
                  transport_info_find(transport) != NULL ? transport : "other", more,
                  strcmp(json_text(row, "connection"), "close") == 0 ? " closes" : "");
}

/* A row's line; a run that lacks the row leaves a gap. */
static void put_line(struct writer *w, const struct trend *t, const struct axis *a,
                     const cJSON *like)
{
    bool pen_down = false;

    writer_puts(w, "<path ");
    put_class(w, like, " line");
    writer_puts(w, " d=\"");
    for (size_t i = 0; i < t->n; i++) {
        double value = facts_value(row_called(t->runs[i], json_text(like, "id")), t->path);

        if (isfinite(value))
            writer_printf(w, "%s%.1f %.1f", pen_down ? "L" : "M", x_of(t, i), y_of(a, value));
        pen_down = isfinite(value);
    }
    writer_puts(w, "\"/>\n");
}

static void put_dots(struct writer *w, const struct trend *t, const struct axis *a,
                     const cJSON *like)
{
    const char *id = json_text(like, "id");
    char text[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < t->n; i++) {
        double value = facts_value(row_called(t->runs[i], id), t->path);

        if (!isfinite(value))
            continue;
        t->format(text, value);
        writer_puts(w, "<circle ");
        put_class(w, like, " dot");
        writer_printf(w, " cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>", x_of(t, i), y_of(a, value));
        html_textf(w, "%s: %s, %s", id, text, json_text(t->runs[i], "started"));
        writer_puts(w, "</title></circle>\n");
    }
}

void trend_draw(struct writer *w, const struct trend *t)
{
    struct axis axis;
    const cJSON *row;

    if (t->n == 0 || !find_axis(&axis, t))
        return;
    writer_printf(w,
                  "<figure class=\"trend\"><svg viewBox=\"0 0 %d %d\" role=\"img\" "
                  "aria-labelledby=\"%s\"><title id=\"%s\">",
                  WIDTH, HEIGHT, t->id, t->id);
    html_textf(w, "%s in %zu runs", t->title, t->n);
    writer_puts(w, "</title>\n");
    put_ticks(w, t, &axis);
    put_dates(w, t);
    cJSON_ArrayForEach(row, json_at(t->runs[t->n - 1], "rows"))
    {
        put_line(w, t, &axis, row);
        put_dots(w, t, &axis, row);
    }
    writer_puts(w, "</svg><figcaption>");
    html_textf(w, "%s%s", t->title, axis.log ? " (log scale)" : "");
    writer_puts(w, "</figcaption></figure>\n");
}

void trend_thumbnail(struct writer *w, const cJSON *run)
{
    enum { BAR = 10, GAP = 4, LONGEST = 160, ROWS_MAX = 64 };
    const cJSON *rows = json_at(run, "rows"), *row;
    int n = cJSON_GetArraySize(rows), i = 0;

    if (n > ROWS_MAX)
        n = ROWS_MAX;
    writer_printf(w, "<svg class=\"thumbnail\" viewBox=\"0 0 %d %d\" aria-hidden=\"true\">",
                  LONGEST, n > 0 ? n * (BAR + GAP) - GAP : BAR);
    cJSON_ArrayForEach(row, rows)
    {
        double p50_us = facts_value(row, "latency_us.p50");
        double share = isfinite(p50_us) ? log10(fmax(p50_us, 10) / 10) / 6 : 0;

        if (i == n)
            break;
        writer_puts(w, "<rect ");
        put_class(w, row, " mini");
        writer_printf(w, " y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>", i * (BAR + GAP),
                      fmax(1.5, fmin(share, 1) * LONGEST), BAR);
        i++;
    }
    writer_puts(w, "</svg>");
}
