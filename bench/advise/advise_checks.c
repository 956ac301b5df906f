/* Words for what is asked of rows, and what they measured. */
#include "bench/advise/advise_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/findings.h"

cJSON *advise_check_item(const struct advise_row *r, const struct advise_check *c)
{
    const struct advise_cost_kind *kind = &advise_costs[c->cost];
    const char *dot = strrchr(c->path, '.');
    char path[CITATION_PATH_BYTES];

    snprintf(path, sizeof path, "%.*s.%s", dot != NULL ? (int)(dot - c->path) : 0, c->path,
             c->criterion == ADVISE_ON_TIME ? "expected" : "count");
    if (!(json_number(r->row, path) > 0))
        snprintf(path, sizeof path, "delivered");
    return json_object("criterion:s path:s limit:n not_measured:b too_few:b needed:n "
                       "samples_path:s cost:d name:s each:s",
                       advise_criteria[c->criterion], c->path, c->limit, isnan(c->value),
                       c->fit == ADVISE_UNKNOWN && !isnan(c->samples_needed), c->samples_needed,
                       path, (int)c->cost, kind->words, kind->per_client ? "client" : "update");
}

/* The check that decides whether the row fits. */
static const cJSON *find_deciding(struct template *t)
{
    const struct advise_row *r = advise_words_this_row(t);

    return template_own(t, advise_check_item(r, &r->checks[r->deciding]));
}

/* The check of latency that uses most of its limit. */
static const cJSON *find_latency(struct template *t)
{
    const struct advise_row *r = advise_words_this_row(t);
    const struct advise_check *c = advise_latency_check(r);

    return c != NULL ? template_own(t, advise_check_item(r, c)) : NULL;
}

static const cJSON *find_failing(struct template *t)
{
    const struct advise_row *r = advise_words_this_row(t);
    cJSON *list = cJSON_CreateArray();

    for (int i = 0; i < r->nchecks; i++)
        if (r->checks[i].fit == ADVISE_FAILS)
            cJSON_AddItemToArray(list, advise_check_item(r, &r->checks[i]));
    return template_own(t, list);
}

/* Why the row fits or does not: {problem}, {broke} or a check; of a row that fits all checks but
 * completeness, of others those that make the difference. */
static const cJSON *find_reasons(struct template *t)
{
    const struct advise_row *r = advise_words_this_row(t);
    cJSON *list = cJSON_CreateArray();

    if (cJSON_GetArraySize(json_at(r->row, "problems")) > 0)
        cJSON_AddItemToArray(list, json_object("problem:b", true));
    if (findings_broke(r->row))
        cJSON_AddItemToArray(list, json_object("broke:b", true));
    for (int i = 0; i < r->nchecks; i++)
        if (r->checks[i].fit == r->checks[r->deciding].fit &&
            (r->fit != ADVISE_FITS || i > 0 || r->nchecks == 1))
            cJSON_AddItemToArray(list, advise_check_item(r, &r->checks[i]));
    return template_own(t, list);
}

/* Whatever is asked, as checks that were not measured. */
static const cJSON *find_asks(struct template *t)
{
    static const struct advise_row nothing;
    const struct advise_ask *ask = &advise_words_run(t)->ask;
    struct advise_check checks[3 + ADVISE_COSTS] = {
        {.criterion = ADVISE_LATENCY, .limit = ask->latency_us},
        {.criterion = ADVISE_ON_TIME, .limit = ask->on_time},
        {.criterion = ADVISE_AGE, .limit = ask->age_us}};
    cJSON *list = cJSON_CreateArray();

    for (int i = 0; i < ask->norder; i++)
        checks[3 + i] = (struct advise_check){
            .criterion = ADVISE_BUDGET, .cost = ask->order[i], .limit = ask->budget[ask->order[i]]};
    for (int i = 0; i < 3 + ask->norder; i++)
        if (!isnan(checks[i].limit))
            cJSON_AddItemToArray(list, advise_check_item(&nothing, &checks[i]));
    return template_own(t, list);
}

/* What a check allows: typed, or the scenario's. */
static double put_limit(struct template *t)
{
    static const struct limit {
        const char *criterion, *option, *path;
        unsigned typed;
        facts_format *format;
    } limits[] = {
        {"on-time", "--on-time", "scenario.require.on_time", ADVISE_TYPED_ON_TIME,
         units_format_share},
        {"age", "--age", "scenario.require.age_ms", ADVISE_TYPED_AGE, units_format_us},
        {"", "--latency", "scenario.require.latency_ms", ADVISE_TYPED_LATENCY, units_format_us},
    };
    const struct limit *l = limits;
    const cJSON *check, *limit = template_find(t, "limit", &check);
    const char *criterion = json_text(check, "criterion");
    char text[UNITS_TEXT_BYTES], budget[UNITS_TEXT_BYTES + 16];

    while (l->criterion[0] != '\0' && strcmp(l->criterion, criterion) != 0)
        l++;
    if (strcmp(criterion, "budget") == 0) {
        const struct advise_cost_kind *kind = &advise_costs[(int)json_number(check, "cost")];

        kind->quote(text, limit->valuedouble);
        snprintf(budget, sizeof budget, "%s=%s", kind->name, text);
        advise_words_cited(t, text, CITATION_OPTION, "--budget", budget);
        return 1;
    }
    l->format(text, limit->valuedouble);
    if (advise_words_run(t)->ask.typed & l->typed) {
        advise_words_cited(t, text, CITATION_OPTION, l->option, text);
    } else {
        template_strong(t, text);
        advise_words_cite(t, advise_words_figure(t, l->path, NULL));
    }
    return 1;
}

/* "99 of 100", "half" */
static double put_share(struct template *t)
{
    double percentile = advise_words_run(t)->ask.percentile;

    template_puts(t, percentile <= 50     ? "half"
                     : percentile <= 90   ? "9 of 10"
                     : percentile <= 99   ? "99 of 100"
                     : percentile <= 99.9 ? "999 of 1,000"
                                          : "all");
    return percentile <= 50 ? 1 : 2;
}

/* The same, citing who chose the percentile. */
static double put_asked_share(struct template *t)
{
    const struct advise_ask *ask = &advise_words_run(t)->ask;
    double number = put_share(t);
    char text[UNITS_TEXT_BYTES];

    facts_format_setting(text, ask->percentile);
    if (ask->typed & ADVISE_TYPED_PERCENTILE)
        advise_words_cited(t, "", CITATION_OPTION, "--percentile", text);
    else if (cJSON_IsNumber(template_find(t, "scenario.require.percentile", NULL)))
        advise_words_cite(t, advise_words_figure(t, "scenario.require.percentile", NULL));
    return number;
}

/* How many samples a percentile needs. */
static double put_needed_samples(struct template *t)
{
    char text[UNITS_TEXT_BYTES];

    units_format_count(text, template_find(t, "needed", NULL)->valuedouble);
    advise_words_cited(t, text, CITATION_RULE, "Enough samples",
                       "ten are to lie beyond the percentile");
    return 1;
}

/* What is wrong with the delivered updates: path and name of each count that is not 0. */
static const cJSON *find_faults(struct template *t)
{
    static const char *const faults[][2] = {{"missed", "missed"},
                                            {"late", "late"},
                                            {"duplicated", "doubled"},
                                            {"out_of_order", "out of order"}};
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (json_number(advise_words_this_row(t)->row, faults[i][0]) > 0)
            cJSON_AddItemToArray(list, json_object("path:s name:s", faults[i][0], faults[i][1]));
    return template_own(t, list);
}

/* The highest percentile that the row has samples enough for: path, percentile ("p99"). NULL where
 * nothing was delivered. */
static const cJSON *find_offer(struct template *t)
{
    double percentile = 99, delivered = json_number(advise_words_this_row(t)->row, "delivered");
    char path[48];

    if (!(delivered > 0))
        return NULL;
    while (percentile > 50 && delivered < advise_samples_needed(percentile))
        percentile = percentile > 90 ? 90 : 50;
    snprintf(path, sizeof path, "latency_us.%s", advise_percentile_name(percentile));
    return template_own(
        t, json_object("path:s percentile:s", path, advise_percentile_name(percentile)));
}

const struct template_word advise_check_words[] = {
    {"deciding", NULL, find_deciding},
    {"latency", NULL, find_latency},
    {"failing", NULL, find_failing},
    {"reasons", NULL, find_reasons},
    {"asks", NULL, find_asks},
    {"limit", put_limit, NULL},
    {"share", put_share, NULL},
    {"asked-share", put_asked_share, NULL},
    {"needed-samples", put_needed_samples, NULL},
    {"faults", NULL, find_faults},
    {"offer", NULL, find_offer},
    {NULL, NULL, NULL},
};
