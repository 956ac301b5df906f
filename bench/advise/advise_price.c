#include "bench/advise/advise_price.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"

/* ---- what it costs ---- */

static void say_costs(struct advise_say *s, int row)
{
    const cJSON *json = s->a->rows[row].row;
    int n = 0;

    advise_say_begin(s, ADVISE_PART_COST, row);
    advise_say_name(s, row);
    writer_puts(&s->w, " takes ");
    for (int i = 0; i < ADVISE_MEMORY; i++) {
        if (isnan(advise_cost_of(json, i)))
            continue;
        writer_puts(&s->w, n++ > 0 ? ", " : "");
        advise_say_cost(s, row, i);
    }
    writer_puts(&s->w, " per update");
    if (advise_cost_of(json, ADVISE_MEMORY) >= 0) {
        writer_puts(&s->w, ", and ");
        advise_say_cost(s, row, ADVISE_MEMORY);
        writer_puts(&s->w, " per client");
    }
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* What a message up costs, where clients send. */
static void say_upstream_costs(struct advise_say *s, int row)
{
    static const struct {
        const char *path, *words;
    } costs[] = {{"upstream.requests_per_message", " requests, "},
                 {"upstream.handshakes_per_message", " handshakes, "},
                 {"upstream.bytes_per_message.payload", " bytes of payload and "},
                 {"upstream.bytes_per_message.framing", " of framing"}};

    if (!cJSON_IsObject(json_at(s->a->rows[row].row, "upstream")))
        return;
    advise_say_begin(s, ADVISE_PART_COST, row);
    advise_say_name(s, row);
    writer_puts(&s->w, " takes, for each message that a client sends, ");
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        advise_say_figure(s, row, costs[i].path, units_format_ratio);
        writer_puts(&s->w, costs[i].words);
    }
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* ---- with more clients ---- */

static void say_modelled(struct advise_say *s, int row, const char *formula, const char *here,
                         const char *there, double value, const int inputs[])
{
    int item = citations_model(s->e, advise_say_id(s, row), formula, value, there, inputs);

    writer_printf(&s->w, "%s to **%s**", here, there);
    citations_cite(&s->w, item);
}

static void say_cores(struct advise_say *s, int row, const struct capacity_model_at at[2])
{
    const int inputs[] = {advise_say_number(s, row, "server_cpu_us_per_update", units_format_us),
                          advise_say_deliveries(s, row),
                          advise_say_number(s, row, "phases.window_ms", facts_format_setting),
                          advise_say_number(s, row, "clients", units_format_count), 0};
    char here[UNITS_TEXT_BYTES], there[UNITS_TEXT_BYTES];

    units_format_ratio(here, at[0].cores);
    units_format_ratio(there, at[1].cores);
    say_modelled(s, row, "cores = server CPU per update × updates a second", here, there,
                 at[1].cores, inputs);
    writer_puts(&s->w, at[1].cores > 0.9995 && at[1].cores < 1.0005 ? " core" : " cores");
}

static void format_bandwidth(char out[UNITS_TEXT_BYTES], double bps)
{
    static const char *const units[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
    char number[UNITS_TEXT_BYTES];
    size_t i = 0;

    for (; bps >= 999.5 && i + 1 < sizeof units / sizeof *units; i++)
        bps /= 1000;
    units_format_ratio(number, bps);
    snprintf(out, UNITS_TEXT_BYTES, "%.16s\u00a0%s", number, units[i]);
}

static void say_bandwidth(struct advise_say *s, int row, const struct capacity_model_at at[2])
{
    bool wire = isfinite(s->a->rows[row].load.wire_bytes);
    const int inputs[] = {
        advise_say_number(s, row, wire ? "bytes_per_update.wire" : "bytes_per_update.payload",
                          units_format_ratio),
        wire ? advise_say_deliveries(s, row)
             : advise_say_number(s, row, "bytes_per_update.framing", units_format_ratio),
        wire ? 0 : advise_say_deliveries(s, row), 0};
    char here[UNITS_TEXT_BYTES], there[UNITS_TEXT_BYTES];

    format_bandwidth(here, at[0].bandwidth_bps);
    format_bandwidth(there, at[1].bandwidth_bps);
    say_modelled(s, row,
                 wire ? "bandwidth = wire bytes per update × updates a second"
                      : "bandwidth = payload and framing per update × updates a second",
                 here, there, at[1].bandwidth_bps, inputs);
}

static void say_requests(struct advise_say *s, int row, const struct capacity_model_at at[2])
{
    bool polls = s->a->rows[row].load.way == PREDICT_SHORT_POLL;
    const int inputs[] = {
        polls ? advise_say_number(s, row, "interval_ms", facts_format_setting)
              : advise_say_number(s, row, "requests_per_update", units_format_ratio),
        polls ? 0 : advise_say_deliveries(s, row), 0};
    char here[UNITS_TEXT_BYTES], there[UNITS_TEXT_BYTES];

    units_format_ratio(here, at[0].requests_hz);
    units_format_ratio(there, at[1].requests_hz);
    say_modelled(s, row,
                 polls ? "requests a second = clients / interval"
                       : "requests a second = requests per update × updates a second",
                 here, there, at[1].requests_hz, inputs);
    writer_puts(&s->w, " requests a second");
}

/* Worth a word where there are more than clients, or more than this host allows. */
static void say_sockets(struct advise_say *s, int row, const struct capacity_model_at *at)
{
    double limit = json_number(s->a->run, "environment.limits.open_files");
    bool posts = s->a->rows[row].load.posts, over = limit > 0 && at->sockets > limit;
    char text[UNITS_TEXT_BYTES];
    int inputs[2] = {0, 0};

    if (!posts && !over)
        return;
    inputs[0] = advise_say_number(s, row, "clients", units_format_count);
    units_format_count(text, at->sockets);
    writer_puts(&s->w, "; then up to ");
    advise_say_strong(s, text,
                      citations_model(s->e, advise_say_id(s, row),
                                      posts
                                          ? "sockets = two per client, one to receive, one to send"
                                          : "sockets = one per client",
                                      at->sockets, text, inputs));
    writer_puts(&s->w, " sockets");
    if (!over)
        return;
    writer_puts(&s->w, ", more than the ");
    advise_say_figure(s, CITATION_RUN, "environment.limits.open_files", units_format_count);
    writer_puts(&s->w, " files that a process may open here");
}

static void say_memory(struct advise_say *s, int row, const struct capacity_model_at at[2])
{
    const int inputs[] = {
        advise_say_number(s, row, "server_rss_bytes_per_client", advise_format_bytes), 0};
    char here[UNITS_TEXT_BYTES], there[UNITS_TEXT_BYTES];

    advise_format_bytes(here, at[0].memory_bytes);
    advise_format_bytes(there, at[1].memory_bytes);
    writer_puts(&s->w, ", ");
    say_modelled(s, row, "memory = per client × clients", here, there, at[1].memory_bytes, inputs);
    writer_puts(&s->w, " of server memory");
}

static void say_scale(struct advise_say *s, int row)
{
    const struct capacity_model_load *load = &s->a->rows[row].load;
    const struct capacity_model_at at[2] = {capacity_model_at(load, load->clients),
                                            capacity_model_at(load, s->a->ask.clients)};

    advise_say_begin(s, ADVISE_PART_SCALE, row);
    advise_say_name(s, row);
    writer_puts(&s->w, ": ");
    say_cores(s, row, at);
    writer_puts(&s->w, ", ");
    say_bandwidth(s, row, at);
    if (at[1].requests_hz > 0) {
        writer_puts(&s->w, ", ");
        say_requests(s, row, at);
    }
    if (at[1].memory_bytes >= 0)
        say_memory(s, row, at);
    say_sockets(s, row, &at[1]);
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

static void say_assumptions(struct advise_say *s)
{
    bool crowd = s->a->nrows > 0 && s->a->rows[0].load.crowd;
    char text[UNITS_TEXT_BYTES];

    units_format_count(text, s->a->ask.clients);
    advise_say_begin(s, ADVISE_PART_SCALE, -1);
    writer_puts(&s->w, "First with the ");
    advise_say_figure(s, CITATION_RUN, "scenario.clients", units_format_count);
    writer_puts(&s->w, " clients measured, then with ");
    if (s->a->ask.clients == 100 * json_number(s->a->run, "scenario.clients"))
        advise_say_strong(
            s, text,
            citations_rule(s->e, "With more clients", "without --clients: 100 times the run's"));
    else
        advise_say_strong(s, text, citations_option(s->e, "--clients", text));
    writer_puts(&s->w, " by the model. It takes each client for one like those measured, with one "
                       "socket, each update to cost what it cost here, and deliveries to grow ");
    writer_puts(&s->w, crowd ? "with the square of their number, for everybody hears everybody"
                             : "with their number");
    citations_cite(
        &s->w,
        citations_rule(s->e, "With more clients",
                       "how the model has fared: at four times the clients, CPU was 0.4 to 1.05 of "
                       "what it said"));
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* Rows whose costs matter: those that fit; where none does, the nearest. */
static bool is_of_interest(const struct advise *a, int row)
{
    bool nearest = a->verdict == ADVISE_NONE_FITS && a->nbest > 0 && row == a->best[0];

    return (a->rows[row].fit == ADVISE_FITS || nearest) &&
           json_number(a->rows[row].row, "delivered") > 0;
}

void advise_price_say(struct advise_say *s)
{
    bool any = false;

    for (int i = 0; i < s->a->nrows; i++) {
        if (!is_of_interest(s->a, i))
            continue;
        say_costs(s, i);
        say_upstream_costs(s, i);
        any = true;
    }
    if (any)
        say_assumptions(s);
    for (int i = 0; i < s->a->nrows; i++)
        if (is_of_interest(s->a, i))
            say_scale(s, i);
}
