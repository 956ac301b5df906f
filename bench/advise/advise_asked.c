#include "bench/advise/advise_asked.h"

#include <math.h>

#include "bench/base/json.h"

/* "99 of 100", citing who chose the percentile. */
static void say_share(struct advise_say *s)
{
    const struct advise_ask *ask = &s->a->ask;
    char text[UNITS_TEXT_BYTES];

    facts_format_setting(text, ask->percentile);
    writer_puts(&s->w, advise_say_share(ask->percentile));
    if (ask->typed & ADVISE_TYPED_PERCENTILE)
        citations_cite(&s->w, citations_option(s->e, "--percentile", text));
    else if (isfinite(json_number(s->a->run, "scenario.require.percentile")))
        advise_say_cite(s, CITATION_RUN, "scenario.require.percentile", NULL);
}

static void say_latency(struct advise_say *s)
{
    const struct advise_ask *ask = &s->a->ask;
    struct advise_check asked = {.criterion = ADVISE_LATENCY, .limit = ask->latency_us};

    say_share(s);
    writer_puts(&s->w, ask->percentile > 50 ? " updates within " : " of the updates within ");
    advise_say_limit(s, &asked);
}

static void say_on_time(struct advise_say *s)
{
    struct advise_check asked = {.criterion = ADVISE_ON_TIME, .limit = s->a->ask.on_time};

    advise_say_limit(s, &asked);
    writer_puts(&s->w, " on time");
    if (!(json_number(s->a->run, "scenario.deadline_ms") > 0))
        return;
    writer_puts(&s->w, ", which is within ");
    advise_say_figure(s, CITATION_RUN, "scenario.deadline_ms", advise_format_ms);
}

static void say_age(struct advise_say *s)
{
    struct advise_check asked = {.criterion = ADVISE_AGE, .limit = s->a->ask.age_us};

    writer_puts(&s->w, "a mean age of ");
    advise_say_limit(s, &asked);
    writer_puts(&s->w, " at most");
}

static void say_budget(struct advise_say *s, enum advise_cost cost)
{
    struct advise_check asked = {
        .criterion = ADVISE_BUDGET, .cost = cost, .limit = s->a->ask.budget[cost]};

    writer_puts(&s->w, "no more than ");
    advise_say_limit(s, &asked);
    writer_printf(&s->w, " %s per %s", advise_costs[cost].words,
                  advise_costs[cost].per_client ? "client" : "update");
}

void advise_asked_say(struct advise_say *s)
{
    const struct advise_ask *ask = &s->a->ask;
    int n = 0;

    if (!isnan(ask->latency_us)) {
        say_latency(s);
        n++;
    }
    if (!isnan(ask->on_time)) {
        writer_puts(&s->w, n++ > 0 ? ", " : "");
        say_on_time(s);
    }
    if (!isnan(ask->age_us)) {
        writer_puts(&s->w, n++ > 0 ? ", " : "");
        say_age(s);
    }
    for (int i = 0; i < ask->norder; i++) {
        writer_puts(&s->w, n++ > 0 ? ", " : "");
        say_budget(s, ask->order[i]);
    }
}
