#include "bench/result/storm.h"

#include <math.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "bench/result/facts.h"
#include "bench/result/findings.h"
#include "bench/result/metric.h"
#include "lib/proto/transport_info.h"

static const char window_path[] = "reconnect_window_ms", cpu_path[] = "recovery.server_cpu_peak";

/* Of the transport, in the order of windows. */
struct windows {
    const cJSON *row[FACTS_ROWS_MAX];
    size_t n;
};

static bool belongs(const cJSON *row, const char *transport)
{
    return strcmp(json_text(row, "transport"), transport) == 0 &&
           json_at(row, "recovery") != NULL && isfinite(json_number(row, window_path));
}

static struct windows windows_of(const cJSON *run, const char *transport)
{
    struct windows w = {.n = 0};
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        size_t at = w.n;

        if (!belongs(row, transport) || w.n == FACTS_ROWS_MAX)
            continue;
        for (; at > 0 && json_number(w.row[at - 1], window_path) > json_number(row, window_path);
             at--)
            w.row[at] = w.row[at - 1];
        w.row[at] = row;
        w.n++;
    }
    return w;
}

static bool differ(const struct windows *w)
{
    return w->n > 1 &&
           json_number(w->row[0], window_path) < json_number(w->row[w->n - 1], window_path);
}

bool storm_is(const cJSON *run)
{
    for (size_t t = 0; t < TRANSPORT_COUNT; t++) {
        struct windows w = windows_of(run, transport_names[t]);

        if (differ(&w))
            return true;
    }
    return false;
}

/* Is the server's peak below the limit? Without repeats it may be off by the metric's noise. */
static enum facts_side side_of(const cJSON *run, const cJSON *row)
{
    struct interval i = facts_interval_of(run, row, cpu_path);
    double noise = metric_noise(metric_find(cpu_path));

    if (isnan(i.low))
        return FACTS_UNKNOWN;
    if (i.low == i.high) {
        i.low *= 1 - noise;
        i.high *= 1 + noise;
    }
    return facts_side_of(i, STORM_CPU_LIMIT, false);
}

/* Nobody stayed without a next update, and nothing was lost. */
static bool is_whole(const cJSON *row)
{
    return json_number(row, "recovery.none") == 0 &&
           metric_value(metric_find("recovery.not_received"), row) == 0;
}

static void put_window(struct writer *w, const cJSON *row)
{
    char text[UNITS_TEXT_BYTES];

    facts_format_setting_ms(text, json_number(row, window_path));
    writer_puts(w, json_number(row, window_path) > 0 ? text : "no window");
}

static void put_figures(struct writer *w, const cJSON *row)
{
    char cpu[UNITS_TEXT_BYTES], last[UNITS_TEXT_BYTES], connects[UNITS_TEXT_BYTES];

    units_format_percent(cpu, json_number(row, cpu_path));
    units_format_us(last, json_number(row, "recovery.next_update_us.max"));
    units_format_ratio(connects, json_number(row, "recovery.connects_peak_per_s"));
    writer_printf(w,
                  "%s of a core and %s connects/s at the peak, the last client's update after %s",
                  cpu, connects, last);
}

/* The first window that is certainly enough, and the first that may be. */
static void put_best(struct writer *out, const cJSON *run, const struct windows *w)
{
    size_t best = w->n, perhaps = w->n;

    for (size_t i = w->n; i-- > 0 && is_whole(w->row[i]);) {
        enum facts_side side = side_of(run, w->row[i]);

        if (side == FACTS_BEYOND || side == FACTS_UNKNOWN)
            break;
        perhaps = i;
        if (side == FACTS_WITHIN)
            best = i;
    }
    if (best == w->n && perhaps == w->n) {
        writer_puts(out,
                    "no window of this run keeps the server below 70 % of a core without loss; "
                    "with the largest, ");
        put_window(out, w->row[w->n - 1]);
        writer_puts(out, ": ");
        put_figures(out, w->row[w->n - 1]);
        return;
    }
    best = best == w->n ? perhaps : best;
    if (json_number(w->row[best], window_path) > 0) {
        writer_puts(out, "the best window is ");
        put_window(out, w->row[best]);
        writer_puts(out, ", the smallest with which the server stays below 70 % of a core and "
                         "nothing is lost: ");
    } else {
        writer_puts(out, "no window is needed, as the server stays below 70 % of a core when "
                         "everybody comes at once, and nothing is lost: ");
    }
    put_figures(out, w->row[best]);
    if (perhaps < best) {
        writer_puts(out, "; perhaps ");
        put_window(out, w->row[perhaps]);
        writer_puts(out, " is enough");
    }
    if (perhaps > 0) {
        writer_puts(out, "; with ");
        put_window(out, w->row[perhaps - 1]);
        writer_puts(out, ": ");
        put_figures(out, w->row[perhaps - 1]);
    }
}

int storm_findings(struct buf *out, const cJSON *run)
{
    cJSON *sound = findings_sound_run(run);
    struct writer w = {.out = out};

    for (size_t t = 0; t < TRANSPORT_COUNT; t++) {
        struct windows windows = windows_of(sound, transport_names[t]);

        if (!differ(&windows))
            continue;
        writer_printf(&w, "%s: ", transport_infos[t].label);
        put_best(&w, sound, &windows);
        writer_puts(&w, ".\n");
    }
    if (out->len == 0)
        writer_puts(&w, "The rows that could be compared do not differ in their window.\n");
    cJSON_Delete(sound);
    return w.rc;
}
