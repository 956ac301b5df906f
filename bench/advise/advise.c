#include "bench/advise/advise.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/result/disturbed.h"
#include "bench/result/findings.h"
#include "bench/result/percentile.h"
#include "bench/base/json.h"
#include "bench/result/result.h"
#include "lib/hdr/hdr.h"

#define US     units_format_us
#define NUMBER units_format_ratio
#define SUM    "bytes_per_update.payload+bytes_per_update.framing"

/* clang-format off */
const struct advise_cost_kind advise_costs[ADVISE_COSTS] = {
    [ADVISE_CPU] = {"cpu", "server_cpu_us_per_update", "server CPU", "server CPU", US, false},
    [ADVISE_WIRE] = {"wire", "bytes_per_update.wire", "bytes on the wire", "wire bytes", NUMBER, false},
    [ADVISE_BYTES] = {"bytes", SUM, "bytes of payload and framing", "bytes", NUMBER, false},
    [ADVISE_REQUESTS] = {"requests", "requests_per_update", "requests", "requests", NUMBER, false},
    [ADVISE_HANDSHAKES] = {"handshakes", "tcp_handshakes_per_update", "handshakes", "handshakes", NUMBER, false},
    [ADVISE_PACKETS] = {"packets", "packets_per_update.total", "packets", "packets", NUMBER, false},
    [ADVISE_MEMORY] = {"memory", "server_heap_bytes_per_client", "server memory", "memory",
                       units_format_kb, true},
};
/* clang-format on */

const char *const advise_fits[] = {"fits", "fails", "unknown"};
const char *const advise_criteria[] = {"complete", "latency", "upstream", "convergence",
                                       "on-time",  "age",     "budget"};

const struct advise_ask advise_ask_nothing = {
    .latency_us = NAN,
    .percentile = NAN,
    .on_time = NAN,
    .age_us = NAN,
    .budget = {NAN, NAN, NAN, NAN, NAN, NAN, NAN},
    .clients = NAN,
};

double advise_cost_of(const cJSON *row, enum advise_cost cost)
{
    return facts_value(row, advise_costs[cost].path);
}

double advise_rate_of(const struct advise_row *r, enum advise_cost cost)
{
    double value = advise_cost_of(r->row, cost);

    return advise_costs[cost].per_client ? value : value * r->load.deliveries_hz / r->load.clients;
}

/* ---- what is asked ---- */

/* A scenario's number, which is -1 or absent where nothing is asked. */
static double required(const cJSON *require, const char *name, double unit)
{
    double value = json_number(require, name);

    return value >= 0 ? value * unit : NAN;
}

/* What the scenario does not say is written into run.json as 99. */
static double required_percentile(const cJSON *run)
{
    double percentile = json_number(run, "scenario.require.percentile");
    bool supplied = json_at(run, "scenario_file.supplied.require.percentile") != NULL;

    return supplied || percentile != 99 ? percentile : NAN;
}

static struct advise_ask ask_of(const struct advise_ask *typed, const cJSON *run)
{
    const cJSON *require = json_at(run, "scenario.require");
    struct advise_ask ask = *typed;

    if (!(ask.typed & ADVISE_TYPED_LATENCY))
        ask.latency_us = required(require, "latency_ms", 1e3);
    if (!(ask.typed & ADVISE_TYPED_PERCENTILE))
        ask.percentile = required_percentile(run);
    if (!(ask.typed & ADVISE_TYPED_ON_TIME))
        ask.on_time = required(require, "on_time", 1);
    if (!(ask.typed & ADVISE_TYPED_AGE))
        ask.age_us = required(require, "age_ms", 1e3);
    if (isnan(ask.percentile)) {
        double highest = percentile_of_rows(json_at(run, "rows"), "latency_us")->percent;

        ask.percentile = highest >= 100 ? 50 : fmin(highest, 99);
        ask.lowered = ask.percentile < 99;
    }
    if (isnan(ask.clients))
        ask.clients = 100 * json_number(run, "scenario.clients");
    return ask;
}

static bool asks_nothing(const struct advise_ask *ask)
{
    return isnan(ask->latency_us) && isnan(ask->on_time) && isnan(ask->age_us) && ask->norder == 0;
}

/* ---- checks ---- */

/* Where value lies, at path of the row, and by that whether the check holds. One update that came
 * too late settles that not all come in time; otherwise the repeats must agree. */
static void settle(struct advise_check *c, const cJSON *run, const cJSON *row, const char *path)
{
    static const enum advise_fit fits[] = {[FACTS_WITHIN] = ADVISE_FITS,
                                           [FACTS_BEYOND] = ADVISE_FAILS,
                                           [FACTS_ASTRIDE] = ADVISE_UNKNOWN,
                                           [FACTS_UNKNOWN] = ADVISE_UNKNOWN};
    enum facts_side side;

    c->interval = facts_interval_of(run, row, path);
    side = facts_side_of(c->interval, c->limit, c->criterion == ADVISE_ON_TIME);
    if (c->percent >= 100 && c->value > c->limit)
        side = FACTS_BEYOND;
    c->fit = fits[side];
    c->undecided = side == FACTS_ASTRIDE;
}

static struct advise_check *add_check(struct advise_row *r, enum advise_criterion criterion,
                                      double value, double limit)
{
    struct advise_check *c = &r->checks[r->nchecks++];

    *c = (struct advise_check){.criterion = criterion,
                               .value = value,
                               .limit = limit,
                               .times = limit > 0   ? value / limit
                                        : value > 0 ? INFINITY
                                                    : 1,
                               .interval = {value, value},
                               .samples = NAN,
                               .samples_needed = NAN};
    c->fit = isnan(value) ? ADVISE_UNKNOWN : value <= limit ? ADVISE_FITS : ADVISE_FAILS;
    return c;
}

/* Everything expected came, once and in order. */
static void check_complete(struct advise_row *r)
{
    static const char *const faults[] = {"missed", "late", "duplicated", "out_of_order"};
    double wrong = 0;
    bool some = json_number(r->row, "delivered") > 0;

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        double n = json_number(r->row, faults[i]);

        wrong += n > 0 ? n : 0;
    }
    add_check(r, ADVISE_COMPLETE, some ? wrong : NAN, 0);
    if (!some)
        r->checks[r->nchecks - 1].fit = ADVISE_FAILS;
}

static void use_percentile(struct advise_check *c, const cJSON *row, const char *histogram,
                           const struct percentile *p)
{
    snprintf(c->path, sizeof c->path, "%s.%s", histogram, p->name);
    c->percent = p->percent;
    c->value = json_number(row, c->path);
    c->times = c->value / c->limit;
}

/* name: a histogram of the row, such as latency_us. Where it has too few updates for the percentile
 * asked, one that it has may be above the limit already, which decides as well. */
static void check_percentile(struct advise_row *r, const struct advise *a,
                             enum advise_criterion criterion, const char *name)
{
    const struct percentile *asked = percentile_from(a->ask.percentile), *known;
    double updates = percentile_updates(r->row, name),
           needed = hdr_percentile_needs(asked->percent);
    struct advise_check *c;

    if (!(updates > 0))
        return; /* there was nothing of that kind; check_complete() sees when nothing arrived */
    c = add_check(r, criterion, NAN, a->ask.latency_us);
    known = updates >= needed ? asked : percentile_of_updates(updates);
    use_percentile(c, r->row, name, known != NULL ? known : percentile_from(0));
    settle(c, a->run, r->row, c->path);
    if (known == asked || (known != NULL && c->fit == ADVISE_FAILS))
        return;
    c->fit = ADVISE_UNKNOWN;
    c->undecided = false;
    c->samples = updates;
    c->samples_needed = needed;
}

/* The source's own updates, of which ten are expected to be late where the limit lies. */
static double timed_updates(const cJSON *row)
{
    double messages = json_number(row, "upstream.messages");

    return json_number(row, "published") - (messages > 0 ? messages : 0);
}

static void check_on_time(struct advise_row *r, const struct advise *a)
{
    double share = json_number(r->row, "deadline.share"), limit = a->ask.on_time;
    double samples = timed_updates(r->row), needed = hdr_percentile_needs(limit * 100);
    struct advise_check *c = add_check(r, ADVISE_ON_TIME, share, limit);

    snprintf(c->path, sizeof c->path, "deadline.share");
    c->times = share > 0 ? limit / share : INFINITY;
    if (isnan(share))
        return;
    settle(c, a->run, r->row, c->path);
    if (c->fit == ADVISE_FITS && samples < needed) {
        c->fit = ADVISE_UNKNOWN;
        c->samples = samples;
        c->samples_needed = needed;
    }
}

static void check_all(struct advise_row *r, const struct advise *a)
{
    const struct advise_ask *ask = &a->ask;
    struct advise_check *c;

    check_complete(r);
    if (!isnan(ask->latency_us)) {
        check_percentile(r, a, ADVISE_LATENCY, "latency_us");
        check_percentile(r, a, ADVISE_UPSTREAM, "upstream.latency_us");
        check_percentile(r, a, ADVISE_CONVERGENCE, "convergence_us");
    }
    if (!isnan(ask->on_time))
        check_on_time(r, a);
    if (!isnan(ask->age_us)) {
        c = add_check(r, ADVISE_AGE, json_number(r->row, "age_us.mean"), ask->age_us);
        snprintf(c->path, sizeof c->path, "age_us.mean");
        settle(c, a->run, r->row, c->path);
    }
    for (int i = 0; i < ask->norder; i++) {
        enum advise_cost cost = ask->order[i];

        c = add_check(r, ADVISE_BUDGET, advise_cost_of(r->row, cost), ask->budget[cost]);
        c->cost = cost;
        settle(c, a->run, r->row, advise_costs[cost].path);
    }
}

/* A check that fails decides before one that is unknown, and that before one that holds. */
static int gravity(const struct advise_check *c)
{
    return c->fit == ADVISE_FAILS ? 2 : c->fit == ADVISE_UNKNOWN ? 1 : 0;
}

static bool is_graver(const struct advise_check *a, const struct advise_check *b)
{
    if (gravity(a) != gravity(b))
        return gravity(a) > gravity(b);
    if (a->fit == ADVISE_FITS &&
        (a->criterion == ADVISE_COMPLETE) != (b->criterion == ADVISE_COMPLETE))
        return b->criterion == ADVISE_COMPLETE; /* a figure with a margin says more */
    return a->times > b->times;
}

static void judge(struct advise_row *r)
{
    r->deciding = 0;
    for (int i = 1; i < r->nchecks; i++)
        if (is_graver(&r->checks[i], &r->checks[r->deciding]))
            r->deciding = i;
    r->fit = r->checks[r->deciding].fit;
    if (r->disturbed)
        r->fit = ADVISE_UNKNOWN;
    if (r->fit == ADVISE_FITS &&
        (cJSON_GetArraySize(json_at(r->row, "problems")) > 0 || findings_broke(r->row)))
        r->fit = ADVISE_UNKNOWN;
}

/* ---- the choice ---- */

/* The budget's costs in their order; else CPU, which servers run out of first, then bytes on the
 * wire (on loopback: payload and framing), then requests and handshakes. */
static void choose_order(struct advise *a)
{
    static const enum advise_cost usual[] = {ADVISE_CPU, ADVISE_WIRE, ADVISE_BYTES, ADVISE_REQUESTS,
                                             ADVISE_HANDSHAKES};

    memcpy(a->order, a->ask.order, sizeof a->order);
    a->norder = a->ask.norder;
    if (a->norder > 0)
        return;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (usual[i] != ADVISE_WIRE ||
            isfinite(facts_range_of(a->run, "bytes_per_update.wire").low))
            a->order[a->norder++] = usual[i];
}

/* In what the rows differ: by any of these costs one may be chosen, so they share the level. */
static void find_differences(struct advise *a)
{
    for (int i = 0; i < a->norder; i++) {
        const struct advise_cost_kind *kind = &advise_costs[a->order[i]];
        char path[128];
        struct facts_range r;

        snprintf(path, sizeof path, "%s%s", kind->path,
                 a->by_time && !kind->per_client ? "*delivered/clients" : "");
        r = facts_range_of(a->run, path);
        a->differ[a->order[i]] = facts_order_of(&r, FACTS_LEVEL / a->norder);
    }
}

static bool is_cheaper(const struct advise *a, int cheap, int dear, enum advise_cost cost)
{
    return facts_order_has(a->differ[cost].apart[cheap], (size_t)dear) &&
           advise_rate_of(&a->rows[cheap], cost) < advise_rate_of(&a->rows[dear], cost);
}

int advise_cheaper_by(const struct advise *a, int cheap, int dear)
{
    for (int i = 0; i < a->norder; i++)
        if (facts_order_has(a->differ[a->order[i]].apart[cheap], (size_t)dear))
            return is_cheaper(a, cheap, dear, a->order[i]) ? (int)a->order[i] : -1;
    return -1;
}

static int cheapest_of(const struct advise *a, const int *rows, int n, enum advise_cost cost)
{
    int best = -1;

    for (int i = 0; i < n; i++) {
        double rate = advise_rate_of(&a->rows[rows[i]], cost);

        if (isfinite(rate) && (best < 0 || rate < advise_rate_of(&a->rows[best], cost)))
            best = rows[i];
    }
    return best;
}

/* Leave in best[] the cheapest by one cost and what can't be told apart from it. */
static void keep_cheapest(struct advise *a, enum advise_cost cost)
{
    int cheapest = cheapest_of(a, a->best, a->nbest, cost), kept = 0, dropped[SCENARIO_MAX_ROWS],
        ndropped = 0;

    if (cheapest < 0)
        return;
    for (int i = 0; i < a->nbest; i++) {
        bool known = isfinite(advise_rate_of(&a->rows[a->best[i]], cost));

        if (known && !is_cheaper(a, cheapest, a->best[i], cost))
            a->best[kept++] = a->best[i];
        else
            dropped[ndropped++] = a->best[i];
    }
    a->nbest = kept;
    if (ndropped > 0) {
        a->decided_by = cost;
        a->runner_up = cheapest_of(a, dropped, ndropped, cost);
    }
}

static void choose_cheapest(struct advise *a)
{
    for (int i = 0; i < a->nrows; i++)
        if (a->rows[i].fit == ADVISE_FITS)
            a->best[a->nbest++] = i;
    for (int i = 0; a->nbest > 1 && i < a->norder; i++)
        keep_cheapest(a, a->order[i]);
    a->verdict = a->nbest == 1 ? ADVISE_ONE : ADVISE_TIE;
}

bool advise_would_fit(const struct advise_row *r)
{
    for (int i = 0; i < r->nchecks; i++)
        if (r->checks[i].fit == ADVISE_UNKNOWN)
            return false;
    return r->fit == ADVISE_FAILS && r->checks[0].fit == ADVISE_FITS;
}

/* Rows that fail but cost less than the answer, so that another limit would make them the answer;
 * and rows that may be the answer, as they are not judged and cost less. */
static void find_cheaper(struct advise *a)
{
    for (int i = 0; i < a->nrows; i++) {
        const struct advise_row *r = &a->rows[i];
        bool open = r->fit == ADVISE_UNKNOWN && !r->disturbed && r->checks[0].fit == ADVISE_FITS;

        if ((open || advise_would_fit(r)) && advise_cheaper_by(a, i, a->best[0]) >= 0)
            a->cheaper[a->ncheaper++] = i;
    }
}

static bool is_nearer(const struct advise_row *a, const struct advise_row *b)
{
    if ((a->fit == ADVISE_UNKNOWN) != (b->fit == ADVISE_UNKNOWN))
        return a->fit == ADVISE_UNKNOWN;
    return a->checks[a->deciding].times < b->checks[b->deciding].times;
}

/* Do the figures that decide about two rows not differ? */
static bool are_level(const struct advise *a, int one, int other)
{
    const struct advise_check *c = &a->rows[one].checks[a->rows[one].deciding];
    const struct advise_check *d = &a->rows[other].checks[a->rows[other].deciding];
    const char *path = c->criterion == ADVISE_BUDGET ? advise_costs[c->cost].path : c->path;
    struct facts_range r = facts_range_of(a->run, path);
    struct facts_order o = facts_order_of(&r, FACTS_LEVEL);

    return a->rows[one].fit == a->rows[other].fit && c->criterion == d->criterion &&
           c->cost == d->cost && strcmp(c->path, d->path) == 0 &&
           !facts_order_has(o.apart[one], (size_t)other);
}

/* A row that may yet fit, if there is one; else those whose worst check misses by the smallest
 * factor. */
static void choose_nearest(struct advise *a)
{
    int nearest = -1;

    a->verdict = ADVISE_NONE_FITS;
    for (int i = 0; i < a->nrows; i++) {
        if (a->rows[i].disturbed)
            continue;
        if (a->rows[i].fit == ADVISE_UNKNOWN)
            a->verdict = ADVISE_TOO_FEW;
        if (nearest < 0 || is_nearer(&a->rows[i], &a->rows[nearest]))
            nearest = i;
    }
    for (int i = 0; i < a->nrows && nearest >= 0; i++)
        if (i == nearest ||
            (a->verdict == ADVISE_NONE_FITS && !a->rows[i].disturbed && are_level(a, nearest, i)))
            a->best[a->nbest++] = i;
}

/* Where newer values supersede older ones, a slow transport delivers fewer. */
static bool deliver_differently(const struct advise *a)
{
    double low = INFINITY, high = 0;

    for (int i = 0; i < a->nrows; i++) {
        double each = a->rows[i].load.deliveries_hz / a->rows[i].load.clients;

        if (!(each > 0))
            continue;
        low = fmin(low, each);
        high = fmax(high, each);
    }
    return high > 1.1 * low;
}

const struct advise_check *advise_latency_check(const struct advise_row *r)
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

static bool is_clearly_less(const struct advise_check *a, const struct advise_check *b)
{
    double noise = a->interval.low < a->interval.high ? 0 : metric_noise(metric_find(b->path));

    return a->interval.high < b->interval.low * (1 - noise);
}

int advise_successor(const struct advise *a, int row)
{
    const struct advise_check *c = advise_latency_check(&a->rows[row]);
    int next = -1;

    for (int i = 0; c != NULL && i < a->nrows; i++)
        if (a->rows[i].fit == ADVISE_FITS &&
            is_clearly_less(advise_latency_check(&a->rows[i]), c) &&
            (next < 0 || is_cheaper(a, i, next, a->order[0])))
            next = i;
    return next;
}

const struct advise_row *advise_row_called(const struct advise *a, const char *id)
{
    for (int i = 0; i < a->nrows; i++)
        if (strcmp(json_text(a->rows[i].row, "id"), id) == 0)
            return &a->rows[i];
    return NULL;
}

bool advise_all_disturbed(const struct advise *a)
{
    for (int i = 0; i < a->nrows; i++)
        if (!a->rows[i].disturbed)
            return false;
    return a->nrows > 0;
}

/* ---- by limit, where nothing is asked ---- */

/* The least round number that is no less: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 and 10 times a power
 * of ten. */
static double round_up(double us)
{
    static const double steps[] = {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10};
    double unit = pow(10, floor(log10(us)));
    size_t i = 0;

    while (steps[i] < 10 && steps[i] * unit < us * (1 - 1e-9))
        i++;
    return steps[i] * unit;
}

/* The lowest round limit above that, which a row of a is sure to meet; infinite: there is none. */
static double next_limit(const struct advise *a, double above_us)
{
    double next_us = INFINITY;

    for (int i = 0; i < a->nrows; i++) {
        const struct advise_check *c = advise_latency_check(&a->rows[i]);
        double us = c != NULL ? fmax(c->interval.high, 1) : NAN;

        if (a->rows[i].disturbed || !isfinite(us))
            continue;
        us = round_up(us);
        if (us > above_us)
            next_us = fmin(next_us, us);
    }
    return next_us;
}

/* The same run as if that were asked. */
static void ask_for(struct advise *out, const struct advise *a, double latency_us)
{
    struct advise_ask ask = a->ask;

    ask.latency_us = latency_us;
    ask.typed |= ADVISE_TYPED_LATENCY | ADVISE_TYPED_PERCENTILE;
    advise_run(out, a->run, &ask);
}

static uint64_t fitting(const struct advise *a)
{
    uint64_t rows = 0;

    for (int i = 0; i < a->nrows; i++)
        rows |= a->rows[i].fit == ADVISE_FITS ? UINT64_C(1) << i : 0;
    return rows;
}

static uint64_t cheapest(const struct advise *a)
{
    uint64_t rows = 0;

    for (int i = 0; i < a->nbest; i++)
        rows |= UINT64_C(1) << a->best[i];
    return rows;
}

/* Those whose first cost is that of the cheapest, as far as the run can tell: no difference is
 * shown, and they are near each other. */
static uint64_t level_with_cheapest(const struct advise *a)
{
    enum advise_cost cost = a->order[0];
    double noise = metric_noise(metric_find(advise_costs[cost].path));
    double least = advise_rate_of(&a->rows[a->best[0]], cost);
    uint64_t rows = 0;

    for (int i = 0; i < a->nrows; i++)
        if (!facts_order_has(a->differ[cost].apart[i], (size_t)a->best[0]) &&
            advise_rate_of(&a->rows[i], cost) * (1 - noise) < least)
            rows |= UINT64_C(1) << i;
    return rows;
}

static void find_limits(struct advise *a)
{
    struct advise with;
    uint64_t met = 0, fresh, best, level, last = 0;

    ask_for(&with, a, 1);
    for (double us = 0; isfinite(us = next_limit(&with, us));) {
        ask_for(&with, a, us);
        fresh = fitting(&with) & ~met;
        if (fresh == 0)
            continue;
        met |= fresh;
        best = cheapest(&with);
        level = level_with_cheapest(&with);
        fresh &= ~best;
        a->limits[a->nlimits++] = (struct advise_limit){.us = us,
                                                        .best = best,
                                                        .level = fresh & level,
                                                        .dearer = fresh & ~level,
                                                        .same = best == last};
        last = best;
    }
}

bool advise_answers(const struct advise *a)
{
    return a->verdict == ADVISE_ONE || a->verdict == ADVISE_TIE ||
           (a->verdict == ADVISE_NO_ASK && a->nlimits > 0);
}

/* Can the run be believed: complete, and without a problem? */
static bool is_trusted(const cJSON *run)
{
    const cJSON *row;
    int problems = cJSON_GetArraySize(json_at(run, "problems"));

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        problems += cJSON_GetArraySize(json_at(row, "problems"));
    }
    return problems == 0 && json_true(run, "complete") && !json_true(run, "interrupted");
}

void advise_run(struct advise *out, const cJSON *run, const struct advise_ask *typed)
{
    const cJSON *row;

    *out = (struct advise){.run = run, .ask = ask_of(typed, run), .runner_up = -1};
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        struct advise_row *r = &out->rows[out->nrows];

        if (out->nrows == SCENARIO_MAX_ROWS)
            break;
        *r = (struct advise_row){.row = row,
                                 .index = out->nrows,
                                 .disturbed = disturbed_is(row) && !out->ask.anyway,
                                 .load = capacity_model_load_of(run, row)};
        check_all(r, out);
        judge(r);
        out->nfits += r->fit == ADVISE_FITS;
        out->nrows++;
    }
    out->by_time = deliver_differently(out);
    choose_order(out);
    find_differences(out);
    if (!is_trusted(run) || advise_all_disturbed(out))
        out->verdict = ADVISE_NO_TRUST;
    else if (asks_nothing(&out->ask))
        out->verdict = ADVISE_NO_ASK;
    else if (out->nfits > 0)
        choose_cheapest(out);
    else
        choose_nearest(out);
    if (out->verdict == ADVISE_ONE || out->verdict == ADVISE_TIE)
        find_cheaper(out);
    if (out->verdict == ADVISE_NO_ASK)
        find_limits(out);
}
