/* What the capacity model says of a row, for sentences. */
#include "bench/advise/advise_words.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"

/* ---- values ---- */

static double round_trip_of(const struct advise *a, int row)
{
    const struct advise_row *r = &a->rows[row];
    const struct advise_check *c = advise_latency_check(r);
    double rtt_us;

    if (c == NULL || c->fit == ADVISE_UNKNOWN)
        return NAN;
    rtt_us =
        capacity_model_rtt_of_latency(&r->load, c->value, c->limit, c->criterion != ADVISE_LATENCY);
    return rtt_us > 0 && (r->fit == ADVISE_FITS) == (rtt_us > r->load.rtt_us) ? rtt_us : NAN;
}

/* Its check of the latency from the server, if the row fits; else NULL. */
static const struct advise_check *fitting_latency(const struct advise_row *r)
{
    const struct advise_check *c = advise_latency_check(r);

    return c != NULL && r->fit == ADVISE_FITS && c->criterion == ADVISE_LATENCY ? c : NULL;
}

static double loss_of(const struct advise *a, int row)
{
    const struct advise_check *c = fitting_latency(&a->rows[row]);
    double loss = c != NULL ? capacity_model_loss_of_latency(&a->rows[row].load, c->value, c->limit,
                                                             a->ask.percentile / 100)
                            : NAN;

    return loss > 0 ? loss : NAN;
}

static double clients_of_one_core(const struct advise *a, int row)
{
    double clients = capacity_model_clients_of_cores(&a->rows[row].load, 1);

    return clients >= 10 && isfinite(clients) ? clients : NAN;
}

/* One core sends to one client after the other: with many, the last waits for all before. */
static double clients_of_fan_out(const struct advise *a, int row)
{
    const struct advise_row *r = &a->rows[row];
    const struct advise_check *c = fitting_latency(r);
    double clients = c != NULL ? capacity_model_clients_of_latency(
                                     &r->load, c->value, a->ask.percentile / 100, c->limit)
                               : INFINITY;

    return clients < capacity_model_clients_of_cores(&r->load, 1) ? clients : NAN;
}

/* Seconds after which a row that had too few updates would have enough. */
static double window_of(const struct advise *a, int row)
{
    const struct advise_row *r = &a->rows[row];
    const struct advise_check *c = &r->checks[r->deciding];

    if (r->fit != ADVISE_UNKNOWN || r->disturbed || !(c->samples > 0) || isnan(c->samples_needed))
        return NAN;
    return ceil(json_number(r->row, "phases.window_ms") / 1e3 * c->samples_needed / c->samples);
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

static void format_about(char out[UNITS_TEXT_BYTES], double n)
{
    units_format_count(out, rounded(n));
}

static void format_loss(char out[UNITS_TEXT_BYTES], double share)
{
    snprintf(out, UNITS_TEXT_BYTES, "%.2g\u00a0%%", share * 100);
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
    {"polls", "requests a second = clients / interval", "interval_ms", units_format_ratio,
     FROM_HERE(requests_hz)},
    {"requests", "requests a second = requests per update × updates a second",
     "requests_per_update deliveries", units_format_ratio, FROM_HERE(requests_hz)},
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
    {"loss",
     "loss = share that may be late / (packets per exchange × (1 + exchanges held up by one))",
     "@ deliveries clients phases.window_ms", format_loss, ROW(loss_of)},
    {"one core", "clients = one core / (CPU per update × updates a second of one client)",
     "server_cpu_us_per_update deliveries clients phases.window_ms", format_about,
     ROW(clients_of_one_core)},
    {"fan-out", "clients = the run's + (limit - measured) / (percentile × CPU per update)",
     "@ server_cpu_us_per_update clients", format_about, ROW(clients_of_fan_out)},
    {"longer window", "seconds = window × updates needed / updates", "phases.window_ms published",
     units_format_count, ROW(window_of)},
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

const struct template_word advise_model_words[] = {
    {"model", put_model, NULL},
    {"seconds", put_seconds, NULL},
    {NULL, NULL, NULL},
};
