#include "bench/result/result_memory.h"

#include <math.h>
#include <stddef.h>

#include "bench/base/json.h"
#include "bench/result/counters.h"

/* The rules: a slope is shown when its standard error is at most a fifth of it, and pages of 4 KB
 * and slabs of 32 KB are counted only where there are many. */
#define ERROR_SHARE_MAX 0.2
enum { HEAP_CONNECTIONS_MIN = 10, PAGES_CONNECTIONS_MIN = 1000 };

/* Not "start": the first connections of all take what is then kept for the next. Not "end": what
 * was given back is kept as well, by malloc and by the kernel. */
enum { MOMENTS = 6 };
static const char *const moments[MOMENTS] = {"ramp_1", "ramp_2",       "ramp_3",
                                             "ramp_4", "window_start", "window_end"};

struct point {
    double connections, held; /* open; updates that the history holds */
    double bytes;
};

struct slope {
    double bytes, error; /* per connection; NAN: can't be told */
};

/* ---- the line ---- */

static double mean_of(const struct point *p, size_t n, size_t field)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += *(const double *)((const char *)&p[i] + field);
    return sum / (double)n;
}

/* Take out of a field what a line over held explains of it; the means are 0. */
static void take_out_held(struct point *p, size_t n, size_t field)
{
    double product = 0, square = 0;

    for (size_t i = 0; i < n; i++) {
        product += p[i].held * *(double *)((char *)&p[i] + field);
        square += p[i].held * p[i].held;
    }
    for (size_t i = 0; i < n && square > 0; i++)
        *(double *)((char *)&p[i] + field) -= product / square * p[i].held;
}

static bool history_changed(const struct point *p, size_t n)
{
    bool changed = false;

    for (size_t i = 0; i < n; i++)
        changed = changed || p[i].held != 0;
    return changed;
}

/* Least squares: bytes = a + slope × connections + b × held. The points are used up. */
static struct slope fit(struct point *p, size_t n)
{
    static const size_t fields[] = {offsetof(struct point, held), offsetof(struct point, bytes),
                                    offsetof(struct point, connections)};
    struct slope s = {NAN, NAN};
    double product = 0, square = 0, wrong = 0, freedom;

    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        double mean = mean_of(p, n, fields[f]);

        for (size_t i = 0; i < n; i++)
            *(double *)((char *)&p[i] + fields[f]) -= mean;
    }
    freedom = (double)n - 2 - history_changed(p, n);
    take_out_held(p, n, offsetof(struct point, bytes));
    take_out_held(p, n, offsetof(struct point, connections));
    for (size_t i = 0; i < n; i++) {
        product += p[i].connections * p[i].bytes;
        square += p[i].connections * p[i].connections;
    }
    if (freedom < 1 || !(square > 0.5))
        return s;
    s.bytes = product / square;
    for (size_t i = 0; i < n; i++)
        wrong += pow(p[i].bytes - s.bytes * p[i].connections, 2);
    s.error = sqrt(wrong / freedom / square);
    return s;
}

/* ---- what is measured ---- */

/* The updates in the rings of all channels. */
static double held_updates(const cJSON *stats)
{
    const cJSON *channel;
    double held = 0;

    cJSON_ArrayForEach(channel, json_at(stats, "channels"))
    {
        held += json_number(channel, "published") - json_number(channel, "oldest_n") + 1;
    }
    return held;
}

/* Of these counters of the server, added up. */
static struct slope slope_of(const cJSON *report, const char *const counters[2])
{
    struct point points[MOMENTS];
    size_t n = 0;

    for (size_t m = 0; m < MOMENTS; m++) {
        const cJSON *stats = json_at(json_at(report, "server_stats"), moments[m]);
        struct point p = {json_number(stats, "connections.open"), held_updates(stats), 0};

        for (int i = 0; i < 2 && counters[i] != NULL; i++)
            p.bytes += json_number(stats, counters[i]);
        if (isfinite(p.connections + p.held + p.bytes))
            points[n++] = p;
    }
    return n > 0 ? fit(points, n) : (struct slope){NAN, NAN};
}

void result_memory(cJSON *row, const cJSON *report)
{
    static const struct {
        const char *key, *error, *counters[2];
        bool per_client;
        int least;
    } figures[] = {
        {"server_heap_bytes_per_client",
         "heap_error_bytes",
         {"process.heap_bytes"},
         true,
         HEAP_CONNECTIONS_MIN},
        {"server_rss_bytes_per_client",
         "rss_error_bytes",
         {"process.rss_bytes"},
         true,
         PAGES_CONNECTIONS_MIN},
        {"kernel_bytes_per_connection",
         "kernel_error_bytes",
         {"kernel.slab_bytes", "kernel.tcp_bytes"},
         false,
         PAGES_CONNECTIONS_MIN},
    };
    cJSON *memory = cJSON_AddObjectToObject(row, "server_memory");
    double opened = counters_growth(report, "server_stats.start", "server_stats.window_start",
                                    "connections.open");
    double times = opened / json_number(report, "clients");

    json_add_number(memory, "connections", opened);
    json_add_number(memory, "start_rss_bytes",
                    json_number(report, "server_stats.start.process.rss_bytes"));
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        struct slope s = slope_of(report, figures[i].counters);
        double scale = figures[i].per_client ? times : 1;
        bool known = opened >= figures[i].least && s.error <= ERROR_SHARE_MAX * s.bytes;

        json_add_number(row, figures[i].key, known ? s.bytes * scale : NAN);
        json_add_number(memory, figures[i].error, s.error * scale);
    }
}
