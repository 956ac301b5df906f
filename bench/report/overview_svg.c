#include "bench/report/overview_svg.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench/result/facts.h"
#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/scenario/scenario.h"
#include "bench/base/units.h"
#include "lib/proto/transport_info.h"

enum { WIDTH = 560, TOP = 34, LANE = 34, BOTTOM = 12, LEFT = 12, RIGHT = 12 };

struct scale {
    double low_us, high_us; /* whole decades */
};

static double x_of(const struct scale *s, double us)
{
    double share = log(fmax(us, s->low_us) / s->low_us) / log(s->high_us / s->low_us);

    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static void put_axis(struct writer *w, const struct scale *s, int height)
{
    char text[UNITS_TEXT_BYTES];

    for (double us = s->low_us; us < s->high_us * 1.01; us *= 10) {
        const char *anchor = us == s->low_us ? "start" : us * 1.01 > s->high_us ? "end" : "middle";

        if (us < 1000)
            units_format_count(text, us);
        else
            units_format_count(text, us / (us < 1e6 ? 1e3 : 1e6));
        writer_printf(w,
                      "<path class=\"rule\" d=\"M%.1f %dV%d\"/><text class=\"tick\" x=\"%.1f\" "
                      "y=\"18\" text-anchor=\"%s\">%s %s</text>\n",
                      x_of(s, us), TOP - 6, height - BOTTOM, x_of(s, us), anchor, text,
                      us < 1000  ? "µs"
                      : us < 1e6 ? "ms"
                                 : "s");
    }
}

/* The name stands over its line: from the dot to the right, or where it would not fit, as far to
 * the left as it must. */
static void put_name(struct writer *w, const cJSON *row, double x, int y)
{
    const double char_px = 8.5; /* a generous letter of 13 px, in bold */
    double p50 = facts_value(row, "latency_us.p50"), width;
    char text[UNITS_TEXT_BYTES];

    units_format_us(text, p50);
    width = char_px * (double)(strlen(json_text(row, "id")) + 1 + strlen(text));
    writer_printf(w, "<text x=\"%.1f\" y=\"%d\"><tspan class=\"name\">",
                  fmax(0, fmin(x - 6, WIDTH - width)), y - 9);
    html_text(w, json_text(row, "id"));
    writer_printf(w, "</tspan> %s</text>", isfinite(p50) ? text : "nothing delivered");
}

static void put_lane(struct writer *w, const struct scale *s, const cJSON *row, int y)
{
    const char *transport = json_text(row, "transport");
    bool closes = strcmp(json_text(row, "connection"), "close") == 0;
    double p50 = facts_value(row, "latency_us.p50"), p99 = facts_value(row, "latency_us.p99");
    double x = isfinite(p50) ? x_of(s, p50) : LEFT;

    writer_printf(w, "<g class=\"t-%s%s\">",
                  transport_info_find(transport) != NULL ? transport : "other",
                  closes ? " closes" : "");
    if (isfinite(p50))
        writer_printf(w,
                      "<path class=\"reach\" d=\"M%d %dH%.1f\"/><path class=\"tail\" d=\"M%.1f "
                      "%dH%.1fm0 -4v8\"/><circle class=\"dot\" cx=\"%.1f\" cy=\"%d\" r=\"6\"/>",
                      LEFT, y, x, x, y, x_of(s, p99), x, y);
    put_name(w, row, x, y);
    writer_puts(w, "</g>\n");
}

void overview_svg_draw(struct writer *w, const cJSON *run)
{
    struct facts_range p50 = facts_range_of(run, "latency_us.p50");
    struct facts_range p99 = facts_range_of(run, "latency_us.p99");
    int n = cJSON_GetArraySize(p50.rows), height = TOP + n * LANE + BOTTOM, y = TOP + LANE - 8;
    struct scale s;
    const cJSON *row;

    if (p50.n == 0)
        return;
    s.low_us = pow(10, floor(log10(fmax(p50.low, 1)) + 1e-9));
    s.high_us = pow(10, ceil(log10(fmax(p99.high, 10)) - 1e-9));
    if (s.high_us <= s.low_us)
        s.high_us = s.low_us * 10;
    writer_printf(
        w,
        "<figure class=\"glance\"><svg viewBox=\"0 0 %d %d\" role=\"img\" "
        "aria-labelledby=\"glance-title\"><title id=\"glance-title\">Latency of each row, "
        "median to 99th percentile</title>\n",
        WIDTH, height);
    put_axis(w, &s, height);
    cJSON_ArrayForEach(row, p50.rows)
    {
        put_lane(w, &s, row, y);
        y += LANE;
    }
    writer_puts(w, "</svg><figcaption>Publish to receipt: the dot is the median, the line ends at "
                   "the 99th percentile (log scale).</figcaption></figure>\n");
}
