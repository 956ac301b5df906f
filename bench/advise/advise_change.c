#include "bench/advise/advise_change.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"

/* ---- what would change the answer ---- */

static const struct advise_check *latency_check(const struct advise_row *r)
{
    const struct advise_check *worst = NULL;

    for (int i = 0; i < r->nchecks; i++) {
        const struct advise_check *c = &r->checks[i];

        if (c->criterion >= ADVISE_LATENCY && c->criterion <= ADVISE_CONVERGENCE &&
            (worst == NULL || c->times > worst->times))
            worst = c;
    }
    return worst;
}

/* Limits moved to what the row measured. */
static void say_if_allowed(struct advise_say *s, int row)
{
    const struct advise_row *r = &s->a->rows[row];
    int n = 0;

    for (int i = 0; i < r->nchecks; i++) {
        const struct advise_check *c = &r->checks[i];

        if (c->fit != ADVISE_FAILS)
            continue;
        writer_puts(&s->w, n++ == 0 ? "Were " : " and ");
        advise_say_value(s, row, c);
        writer_puts(&s->w, c->criterion == ADVISE_ON_TIME ? " on time enough instead of "
                           : n == 1                       ? " the limit instead of "
                                                          : " instead of ");
        advise_say_limit(s, c);
    }
    writer_puts(&s->w, ", ");
    advise_say_name(s, row);
    writer_puts(&s->w, " would fit");
}

static void say_cheaper(struct advise_say *s, int row)
{
    advise_say_begin(s, ADVISE_PART_CHANGE, row);
    say_if_allowed(s, row);
    writer_puts(&s->w, " and be cheaper: ");
    advise_say_price(s, row, s->a->order[0]);
    writer_printf(&s->w, " %s%s against ", advise_costs[s->a->order[0]].words,
                  advise_say_per(s, s->a->order[0]));
    advise_say_price(s, s->a->best[0], s->a->order[0]);
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* How far down the limit may go before the answer falls out, and what is left then. */
static void say_tighter(struct advise_say *s, int best)
{
    const struct advise_check *c = latency_check(&s->a->rows[best]);
    int next = -1;

    if (c == NULL || !(c->value > 0))
        return;
    for (int i = 0; i < s->a->nrows; i++) {
        const struct advise_check *other = latency_check(&s->a->rows[i]);

        if (s->a->rows[i].fit == ADVISE_FITS && other->value < c->value &&
            (next < 0 || advise_rate_of(&s->a->rows[i], s->a->order[0]) <
                             advise_rate_of(&s->a->rows[next], s->a->order[0])))
            next = i;
    }
    advise_say_begin(s, ADVISE_PART_CHANGE, best);
    writer_puts(&s->w, "Were less than ");
    advise_say_value(s, best, c);
    writer_puts(&s->w, " allowed, ");
    advise_say_name(s, best);
    if (next < 0) {
        writer_puts(&s->w, " would not fit, nor would any other row.");
    } else {
        writer_puts(&s->w, " would not fit; ");
        advise_say_name(s, next);
        writer_puts(&s->w, " would, down to ");
        advise_say_value(s, next, latency_check(&s->a->rows[next]));
        writer_puts(&s->w, ".");
    }
    advise_say_end(s);
}

/* Two digits say enough of what is about right. */
static double rounded(double value)
{
    double unit = pow(10, floor(log10(value)) - 1);

    return floor(value / unit) * unit;
}

static void say_rtt(struct advise_say *s, int row, const struct advise_check *c)
{
    const struct advise_row *r = &s->a->rows[row];
    double rtt_us =
        capacity_model_rtt_of_latency(&r->load, c->value, c->limit, c->criterion != ADVISE_LATENCY);
    bool fits = r->fit == ADVISE_FITS;
    char text[UNITS_TEXT_BYTES];
    int inputs[3] = {0, 0, 0};

    if (!(rtt_us > 0) || fits != (rtt_us > r->load.rtt_us))
        return;
    inputs[0] = advise_say_number(s, row, c->path, units_format_us);
    inputs[1] = advise_say_number(s, CITATION_RUN, "link", NULL);
    units_format_us(text, rounded(rtt_us));
    advise_say_begin(s, ADVISE_PART_CHANGE, row);
    writer_printf(&s->w, "By the model ");
    advise_say_name(s, row);
    writer_printf(&s->w, " %s the latency's limit up to a round trip of about ",
                  fits ? "keeps" : "would keep");
    advise_say_strong(s, text,
                      citations_model(s->e, advise_say_id(s, row),
                                      "round trip = the link's + (limit - measured) / round trips "
                                      "in a latency",
                                      rtt_us, text, inputs));
    writer_puts(&s->w, "; measured was over ");
    advise_say_figure(s, CITATION_RUN, "link", NULL);
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* The figures that a client's rate is made of, after the one at path. */
static void rate_inputs(struct advise_say *s, int row, const char *path, int inputs[5])
{
    inputs[0] = advise_say_number(s, row, path, units_format_us);
    inputs[1] = advise_say_deliveries(s, row);
    inputs[2] = advise_say_number(s, row, "clients", units_format_count);
    inputs[3] = advise_say_number(s, row, "phases.window_ms", facts_format_setting);
    inputs[4] = 0;
}

static void say_loss(struct advise_say *s, int row, const struct advise_check *c)
{
    const struct advise_row *r = &s->a->rows[row];
    double loss =
        capacity_model_loss_of_latency(&r->load, c->value, c->limit, s->a->ask.percentile / 100);
    char text[UNITS_TEXT_BYTES], number[UNITS_TEXT_BYTES];
    int inputs[5];

    if (!(loss > 0) || r->fit != ADVISE_FITS || c->criterion != ADVISE_LATENCY)
        return;
    rate_inputs(s, row, c->path, inputs);
    snprintf(number, sizeof number, "%.2g", loss * 100);
    snprintf(text, sizeof text, "%.16s\u00a0%%", number);
    advise_say_begin(s, ADVISE_PART_CHANGE, row);
    writer_puts(&s->w, "With more than about ");
    advise_say_strong(s, text,
                      citations_model(s->e, advise_say_id(s, row),
                                      "loss = share that may be late / (packets per exchange × "
                                      "(1 + exchanges held up by one))",
                                      loss, text, inputs));
    writer_puts(&s->w, " of the packets lost, ");
    advise_say_name(s, row);
    writer_puts(&s->w, " would pass the limit: what is sent again comes late, and holds up what "
                       "follows.");
    advise_say_end(s);
}

static void say_one_core(struct advise_say *s, int row)
{
    double clients = capacity_model_clients_of_cores(&s->a->rows[row].load, 1);
    char text[UNITS_TEXT_BYTES];
    int inputs[5];

    if (!(clients >= 10) || !isfinite(clients))
        return;
    rate_inputs(s, row, "server_cpu_us_per_update", inputs);
    units_format_count(text, rounded(clients));
    advise_say_begin(s, ADVISE_PART_CHANGE, row);
    writer_puts(&s->w, "At about ");
    advise_say_strong(s, text,
                      citations_model(s->e, advise_say_id(s, row),
                                      "clients = one core / (CPU per update × updates a second of "
                                      "one client)",
                                      clients, text, inputs));
    writer_puts(&s->w, " clients ");
    advise_say_name(s, row);
    writer_puts(&s->w, " fills one core, which is all that one server process uses.");
    advise_say_end(s);
}

/* One core sends to one client after the other: with many, the last waits for all before. */
static void say_fan_out(struct advise_say *s, int row, const struct advise_check *c)
{
    const struct advise_row *r = &s->a->rows[row];
    double clients =
        capacity_model_clients_of_latency(&r->load, c->value, s->a->ask.percentile / 100, c->limit);
    char text[UNITS_TEXT_BYTES];
    int inputs[4] = {0, 0, 0, 0};

    if (r->fit != ADVISE_FITS || !isfinite(clients) ||
        clients >= capacity_model_clients_of_cores(&r->load, 1))
        return;
    inputs[0] = advise_say_number(s, row, c->path, units_format_us);
    inputs[1] = advise_say_number(s, row, "server_cpu_us_per_update", units_format_us);
    inputs[2] = advise_say_number(s, row, "clients", units_format_count);
    units_format_count(text, rounded(clients));
    advise_say_begin(s, ADVISE_PART_CHANGE, row);
    writer_puts(&s->w, "Before that, at about ");
    advise_say_strong(s, text,
                      citations_model(s->e, advise_say_id(s, row),
                                      "clients = the run's + (limit - measured) / (percentile × "
                                      "CPU per update)",
                                      clients, text, inputs));
    writer_puts(&s->w, " clients, sending each update to one after the other takes so long that "
                       "the limit is passed.");
    advise_say_end(s);
}

static double window_needed_s(const struct advise_row *r)
{
    const struct advise_check *c = &r->checks[r->deciding];

    if (r->fit != ADVISE_UNKNOWN || !(c->samples > 0) || isnan(c->samples_needed))
        return 0;
    return ceil(json_number(r->row, "phases.window_ms") / 1e3 * c->samples_needed / c->samples);
}

/* A longer window would tell. */
static void say_more_samples(struct advise_say *s)
{
    int longest = -1, inputs[3] = {0, 0, 0};
    double needed_s = 0;
    char text[UNITS_TEXT_BYTES];

    for (int i = 0; i < s->a->nrows; i++) {
        if (window_needed_s(&s->a->rows[i]) <= needed_s)
            continue;
        needed_s = window_needed_s(&s->a->rows[i]);
        longest = i;
    }
    if (longest < 0)
        return;
    inputs[0] = advise_say_number(s, longest, "phases.window_ms", facts_format_setting);
    inputs[1] = advise_say_number(s, longest, "delivered", units_format_count);
    units_format_count(text, needed_s);
    advise_say_begin(s, ADVISE_PART_CHANGE, -1);
    writer_puts(&s->w, "A window of ");
    advise_say_strong(s, text,
                      citations_model(s->e, advise_say_id(s, longest),
                                      "seconds = window × samples needed / samples", needed_s, text,
                                      inputs));
    writer_printf(&s->w,
                  " s (`--duration %.0f`) would give samples enough to all that have too "
                  "few.",
                  needed_s);
    advise_say_end(s);
}

static void say_changes_of(struct advise_say *s, int row)
{
    const struct advise_check *c = latency_check(&s->a->rows[row]);

    if (c != NULL && c->fit != ADVISE_UNKNOWN) {
        say_rtt(s, row, c);
        say_loss(s, row, c);
    }
    say_one_core(s, row);
    if (c != NULL && c->criterion == ADVISE_LATENCY)
        say_fan_out(s, row, c);
}

void advise_change_say(struct advise_say *s)
{
    const struct advise *a = s->a;
    const struct advise_row *best = a->nbest > 0 ? &a->rows[a->best[0]] : NULL;
    bool chosen = a->verdict == ADVISE_ONE || a->verdict == ADVISE_TIE;

    for (int i = 0; i < a->ncheaper; i++)
        say_cheaper(s, a->cheaper[i]);
    if (best != NULL && best->fit == ADVISE_FAILS && best->checks[0].fit == ADVISE_FITS) {
        advise_say_begin(s, ADVISE_PART_CHANGE, a->best[0]);
        say_if_allowed(s, a->best[0]);
        writer_puts(&s->w, ".");
        advise_say_end(s);
    }
    if (chosen && a->nbest == 1)
        say_tighter(s, a->best[0]);
    if (best != NULL && best->fit != ADVISE_UNKNOWN)
        say_changes_of(s, a->best[0]);
    say_more_samples(s);
}
