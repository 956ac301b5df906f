/* What the capacity model says of a row, for sentences. */
#include "bench/advise/advise_words.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/repeats.h"

/* ---- values ---- */

static struct capacity_model_rtt round_trip(const struct advise_row *r)
{
    const struct advise_check *c = advise_latency_check(r);
    struct capacity_model_rtt rtt = {NAN, false};

    if (c == NULL || c->fit == ADVISE_UNKNOWN)
        return rtt;
    rtt =
        capacity_model_rtt_of_latency(&r->load, c->value, c->limit, c->criterion != ADVISE_LATENCY);
    if ((r->fit == ADVISE_FITS) != (rtt.us > r->load.question.rtt_us))
        rtt.us = NAN;
    return rtt;
}

static double round_trip_of(const struct advise *a, int row)
{
    struct capacity_model_rtt rtt = round_trip(&a->rows[row]);

    return rtt.at_least ? NAN : rtt.us;
}

static double least_round_trip_of(const struct advise *a, int row)
{
    struct capacity_model_rtt rtt = round_trip(&a->rows[row]);

    return rtt.at_least ? rtt.us : NAN;
}

/* Seconds after which a row that had too few updates would have enough. */
static double window_of(const struct advise *a, int row)
{
    const struct advise_row *r = &a->rows[row];
    const struct advise_check *c = &r->checks[r->deciding];

    if (r->fit != ADVISE_UNKNOWN || r->disturbed || !(c->samples > 0) || isnan(c->samples_needed))
        return NAN;
    return ceil(repeats_window_s(r->row) * c->samples_needed / c->samples);
}

/* ---- formats: two digits, as the values are rough ---- */

static double rounded(double value)
{
    double unit = pow(10, floor(log10(value)) - 1);

    return floor(value / unit) * unit;
}

static void format_about_us(char out[UNITS_TEXT_BYTES], double us)
{
    units_format_us(out, rounded(us));
}

/* ---- the table ---- */

#define ROW(function)    .value = function
#define AT(field)        .at = offsetof(struct capacity_model_at, field)
#define FROM_HERE(field) AT(field), .from_here = true

/* Inputs are paths with spaces between them; a leading @ is that of the check of latency. */
static const struct model {
    const char *name, *formula, *inputs;
    facts_format *format;
    double (*value)(const struct advise *a, int row);
    size_t at;      /* without value: offset in struct capacity_model_at */
    bool from_here; /* the same with the run's clients comes first: "0.02 to 2.00" */
} models[] = {
    {"cores", "cores = server CPU per update × updates a second",
     "server_cpu_us_per_update deliveries phases.window_ms clients", units_format_ratio,
     FROM_HERE(cores)},
    {"bandwidth", "bandwidth = wire bytes per update × updates a second",
     "bytes_per_update.wire deliveries", units_format_bps, FROM_HERE(bandwidth_bps)},
    {"bandwidth of bytes", "bandwidth = payload and framing per update × updates a second",
     "bytes_per_update.payload bytes_per_update.framing deliveries", units_format_bps,
     FROM_HERE(bandwidth_bps)},
    {"polls", "requests a second = clients / interval", "interval_ms", units_format_plan,
     FROM_HERE(requests_hz)},
    {"requests", "requests a second = requests per update × updates a second",
     "requests_per_update deliveries", units_format_plan, FROM_HERE(requests_hz)},
    {"memory", "memory = before the first client + per client × clients",
     "server_memory.start_rss_bytes server_heap_bytes_per_client", units_format_kb,
     FROM_HERE(memory_bytes)},
    {"kernel memory", "memory = of both ends of a connection × connections",
     "kernel_bytes_per_connection", units_format_kb, FROM_HERE(kernel_bytes)},
    {"sockets", "sockets = one per client", "clients", units_format_count, AT(sockets)},
    {"two sockets", "sockets = two per client, one to receive, one to send", "clients",
     units_format_count, AT(sockets)},
    {"round trip", "round trip = the link's + (limit - measured) / round trips in a latency",
     "@ link", format_about_us, ROW(round_trip_of)},
    {"round trip at least",
     "round trip = (limit - what was measured beside the link) / round trips in the worst latency",
     "@ link", format_about_us, ROW(least_round_trip_of)},
    {"longer window", "seconds = window of a repeat × updates needed / updates",
     "phases.window_ms published", units_format_count, ROW(window_of)},
};

static const struct model *model_called(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    return NULL;
}

static double value_of(const struct model *m, const struct advise *a, int row, double clients)
{
    struct capacity_model_at at;
    double value;

    if (m->value != NULL)
        return m->value(a, row);
    at = capacity_model_at(&a->rows[row].load, clients);
    memcpy(&value, (const char *)&at + m->at, sizeof value);
    return value;
}

double advise_model_value(const struct advise *a, int row, const char *name)
{
    return value_of(model_called(name), a, row, a->ask.clients);
}

static double put_model(struct template_fill *t)
{
    const struct model *m = model_called(t->arg);
    const struct advise *a = advise_words_run(t);
    const struct advise_row *r = advise_words_this_row(t);
    const struct advise_check *latency = advise_latency_check(r);
    char text[UNITS_TEXT_BYTES], inputs[160];
    double value;

    if (m == NULL) {
        template_fail(t);
        return NAN;
    }
    if (m->from_here) {
        m->format(text, value_of(m, a, r->index, r->load.clients));
        template_puts(t, text);
        template_puts(t, " to ");
    }
    value = value_of(m, a, r->index, a->ask.clients);
    m->format(text, value);
    snprintf(inputs, sizeof inputs, "%s%s", m->inputs[0] == '@' ? latency->path : "",
             m->inputs + (m->inputs[0] == '@'));
    advise_words_modelled(t, text, m->formula, inputs, value);
    return value > 0.9995 && value < 1.0005 ? 1 : value;
}

/* The seconds of the longer window, to be typed. */
static double put_seconds(struct template_fill *t)
{
    char text[UNITS_TEXT_BYTES];

    snprintf(text, sizeof text, "%.0f",
             advise_model_value(advise_words_run(t), advise_words_row(t), "longer window"));
    template_puts(t, text);
    return 1;
}

/* A link that loses packets, to be typed. */
static double put_lossy_link(struct template_fill *t)
{
    double rtt_ms = json_number(advise_words_run(t)->run, "link_details.rtt_ms");
    char link[64];

    snprintf(link, sizeof link, "rtt=%.6gms,loss=1%%", rtt_ms > 0 ? rtt_ms : 50);
    template_puts(t, link);
    return 1;
}

static double put_scenario(struct template_fill *t)
{
    template_text(t, json_text(advise_words_run(t)->run, "scenario.name"));
    return 1;
}

const struct template_word advise_model_words[] = {
    {"model", put_model, NULL},
    {"seconds", put_seconds, NULL},
    {"lossy-link", put_lossy_link, NULL},
    {"scenario-name", put_scenario, NULL},
    {NULL, NULL, NULL},
};
