#include "bench/advise/advise_say.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/base/json.h"

/* ---- sentences ---- */

static struct advise_sentence *add_sentence(struct advise_words *words)
{
    if (words->n == words->cap) {
        size_t cap = words->cap > 0 ? words->cap * 2 : 32;
        struct advise_sentence *more = realloc(words->sentences, cap * sizeof *more);

        if (more == NULL) {
            words->rc = PL_ENOMEM;
            return NULL;
        }
        words->sentences = more;
        words->cap = cap;
    }
    return &words->sentences[words->n++];
}

void advise_say_begin(struct advise_say *s, enum advise_part part, int row)
{
    struct advise_sentence *fresh = s->words->rc < 0 ? NULL : add_sentence(s->words);

    if (fresh != NULL)
        *fresh = (struct advise_sentence){.part = part, .row = row};
}

char *advise_say_take(struct advise_say *s)
{
    char *text = NULL;

    writer_add(&s->w, "", 1);
    if (s->w.rc == PL_OK && s->e->rc == PL_OK)
        text = strdup((const char *)s->w.out->data);
    if (text == NULL)
        s->words->rc = PL_ENOMEM;
    s->w.out->len = 0;
    return text;
}

void advise_say_end(struct advise_say *s)
{
    char *text = advise_say_take(s);

    if (s->words->rc < 0)
        free(text);
    else
        s->words->sentences[s->words->n - 1].text = text;
}

/* ---- names and figures ---- */

const char *advise_say_id(const struct advise_say *s, int row)
{
    return json_text(s->a->rows[row].row, "id");
}

void advise_say_name(struct advise_say *s, int row)
{
    facts_name(&s->w, s->a->rows[row].row);
}

void advise_say_names(struct advise_say *s, const int *rows, int n)
{
    for (int i = 0; i < n; i++) {
        writer_puts(&s->w, i == 0 ? "" : i + 1 == n ? " and " : ", ");
        advise_say_name(s, rows[i]);
    }
}

int advise_say_number(struct advise_say *s, int row, const char *path, facts_format *format)
{
    int index = row == CITATION_RUN ? CITATION_RUN : s->a->rows[row].index;

    return citations_figure(s->e, s->file, s->a->run, index, path, format);
}

void advise_say_cite(struct advise_say *s, int row, const char *path, facts_format *format)
{
    citations_cite(&s->w, advise_say_number(s, row, path, format));
}

void advise_say_strong(struct advise_say *s, const char *text, int number)
{
    writer_printf(&s->w, "**%s**", text);
    citations_cite(&s->w, number);
}

void advise_say_figure(struct advise_say *s, int row, const char *path, facts_format *format)
{
    int number = advise_say_number(s, row, path, format);

    advise_say_strong(s, number > 0 ? s->e->items[number - 1].text : UNITS_NONE, number);
}

static facts_format *format_of_cost(enum advise_cost cost)
{
    return cost == ADVISE_MEMORY ? advise_format_bytes : advise_costs[cost].format;
}

void advise_say_cost_value(struct advise_say *s, int row, enum advise_cost cost)
{
    const struct advise_cost_kind *kind = &advise_costs[cost];
    char text[UNITS_TEXT_BYTES];

    format_of_cost(cost)(text, advise_cost_of(s->a->rows[row].row, cost));
    writer_printf(&s->w, "**%s**", text);
    for (size_t i = 0; i < 2 && kind->paths[i] != NULL; i++)
        advise_say_cite(s, row, kind->paths[i], format_of_cost(cost));
}

void advise_say_cost(struct advise_say *s, int row, enum advise_cost cost)
{
    advise_say_cost_value(s, row, cost);
    writer_printf(&s->w, " %s", advise_costs[cost].words);
}

const char *advise_say_per(const struct advise_say *s, enum advise_cost cost)
{
    return advise_costs[cost].per_client ? " per client"
           : s->a->by_time               ? " per client and second"
                                         : " per update";
}

void advise_say_price(struct advise_say *s, int row, enum advise_cost cost)
{
    const struct advise_row *r = &s->a->rows[row];
    char text[UNITS_TEXT_BYTES];
    int inputs[CITATION_INPUTS_MAX] = {0}, n = 0;

    if (!s->a->by_time || advise_costs[cost].per_client) {
        advise_say_cost_value(s, row, cost);
        return;
    }
    for (size_t i = 0; i < 2 && advise_costs[cost].paths[i] != NULL; i++)
        inputs[n++] = advise_say_number(s, row, advise_costs[cost].paths[i], format_of_cost(cost));
    inputs[n++] = advise_say_deliveries(s, row);
    inputs[n++] = advise_say_number(s, row, "clients", units_format_count);
    inputs[n] = advise_say_number(s, row, "phases.window_ms", advise_format_ms);
    format_of_cost(cost)(text, advise_rate_of(r, cost));
    advise_say_strong(s, text,
                      citations_model(s->e, advise_say_id(s, row),
                                      "a client's second = per update × updates / clients / window",
                                      advise_rate_of(r, cost), text, inputs));
}

void advise_say_noise(struct advise_say *s, enum advise_cost cost)
{
    writer_printf(&s->w, "; less than %.0f\u00a0%% apart is a tie", 100 * advise_costs[cost].noise);
    citations_cite(&s->w, citations_rule(s->e, "What is cheap", "repeated runs differ by so much"));
}

int advise_say_deliveries(struct advise_say *s, int row)
{
    return advise_say_number(s, row, "deliveries", units_format_count);
}

/* ---- checks ---- */

void advise_say_value(struct advise_say *s, int row, const struct advise_check *c)
{
    if (c->criterion == ADVISE_BUDGET)
        advise_say_cost_value(s, row, c->cost);
    else
        advise_say_figure(s, row, c->path,
                          c->criterion == ADVISE_ON_TIME ? advise_format_share : units_format_us);
}

/* Typed, or the scenario's. */
static void say_asked(struct advise_say *s, bool typed, const char *option, const char *path,
                      const char *text)
{
    advise_say_strong(s, text,
                      typed ? citations_option(s->e, option, text)
                            : advise_say_number(s, CITATION_RUN, path, NULL));
}

void advise_say_limit(struct advise_say *s, const struct advise_check *c)
{
    unsigned typed = s->a->ask.typed;
    char text[UNITS_TEXT_BYTES], budget[UNITS_TEXT_BYTES + 16];

    switch (c->criterion) {
    case ADVISE_ON_TIME:
        advise_format_share(text, c->limit);
        say_asked(s, typed & ADVISE_TYPED_ON_TIME, "--on-time", "scenario.require.on_time", text);
        break;
    case ADVISE_AGE:
        units_format_us(text, c->limit);
        say_asked(s, typed & ADVISE_TYPED_AGE, "--age", "scenario.require.age_ms", text);
        break;
    case ADVISE_BUDGET:
        format_of_cost(c->cost)(text, c->limit);
        snprintf(budget, sizeof budget, "%s=%s", advise_costs[c->cost].name, text);
        advise_say_strong(s, text, citations_option(s->e, "--budget", budget));
        break;
    default:
        units_format_us(text, c->limit);
        say_asked(s, typed & ADVISE_TYPED_LATENCY, "--latency", "scenario.require.latency_ms",
                  text);
        break;
    }
}

const char *advise_say_share(double percentile)
{
    return percentile <= 50     ? "half"
           : percentile <= 90   ? "9 of 10"
           : percentile <= 99   ? "99 of 100"
           : percentile <= 99.9 ? "999 of 1,000"
                                : "all";
}

/* ---- formats ---- */

void advise_format_ms(char out[UNITS_TEXT_BYTES], double ms)
{
    units_format_us(out, ms * 1e3);
}

void advise_format_share(char out[UNITS_TEXT_BYTES], double share)
{
    /* Rounded down: 99.996 % on time is not all. */
    snprintf(out, UNITS_TEXT_BYTES, "%.4g\u00a0%%", floor(share * 1e4 + 1e-6) / 100);
}

void advise_format_bytes(char out[UNITS_TEXT_BYTES], double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    char number[UNITS_TEXT_BYTES];
    size_t i = 0;

    if (!isfinite(bytes) || bytes < 0) {
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
        return;
    }
    for (; bytes >= 999.5 && i + 1 < sizeof units / sizeof *units; i++)
        bytes /= 1000;
    units_format_ratio(number, i == 0 ? round(bytes) : bytes);
    snprintf(out, UNITS_TEXT_BYTES, "%.20s\u00a0%s", i == 0 && bytes < 9.5 ? "under 10" : number,
             units[i]);
}
