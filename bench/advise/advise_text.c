#include "bench/advise/advise_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/advise/advise_asked.h"
#include "bench/advise/advise_change.h"
#include "bench/advise/advise_price.h"
#include "bench/advise/advise_say.h"
#include "bench/result/findings.h"
#include "bench/base/json.h"

const char *advise_part_heading(enum advise_part part)
{
    static const char *const headings[ADVISE_PARTS] = {"The answer", "What meets it",
                                                       "What it costs", "With more clients",
                                                       "What would change the answer"};

    return headings[part];
}

/* ---- what each row does ---- */

static void say_faults(struct advise_say *s, int row)
{
    static const struct {
        const char *path, *words;
    } faults[] = {{"missed", "missed"},
                  {"late", "late"},
                  {"duplicated", "doubled"},
                  {"out_of_order", "out of order"}};
    const cJSON *json = s->a->rows[row].row;
    int n = 0;

    if (!(json_number(json, "delivered") > 0)) {
        writer_puts(&s->w, "it delivered ");
        advise_say_figure(s, row, "delivered", units_format_count);
        writer_puts(&s->w, " updates");
        return;
    }
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (!(json_number(json, faults[i].path) > 0))
            continue;
        writer_puts(&s->w, n++ > 0 ? ", " : "of its updates ");
        advise_say_figure(s, row, faults[i].path, units_format_count);
        writer_printf(&s->w, " %s", faults[i].words);
    }
    if (n > 0)
        return;
    writer_puts(&s->w, json_number(json, "superseded") > 0 ? "" : "all ");
    advise_say_figure(s, row, "delivered", units_format_count);
    writer_puts(&s->w, " updates arrived");
    if (json_number(json, "superseded") > 0) {
        writer_puts(&s->w, ", and newer ones came in place of ");
        advise_say_figure(s, row, "superseded", units_format_count);
    }
}

static const char *things_of(enum advise_criterion criterion)
{
    switch (criterion) {
    case ADVISE_UPSTREAM:
        return "messages reach everybody else within ";
    case ADVISE_CONVERGENCE:
        return "edits are in everybody's document within ";
    default:
        return "updates arrive within ";
    }
}

/* "999 of 1,000 updates needs 10,000 samples ..." */
static void say_too_few(struct advise_say *s, int row, const struct advise_check *c)
{
    char count[CITATION_PATH_BYTES], needed[UNITS_TEXT_BYTES];
    bool share = c->criterion == ADVISE_ON_TIME;

    units_format_count(needed, c->samples_needed);
    snprintf(count, sizeof count, "%.*s.count", (int)strcspn(c->path, "."), c->path);
    if (c->criterion == ADVISE_UPSTREAM)
        snprintf(count, sizeof count, "upstream.latency_us.count");
    if (share || isnan(json_number(s->a->rows[row].row, count)))
        snprintf(count, sizeof count, "%s",
                 share && json_number(s->a->rows[row].row, "deadline.expected") > 0
                     ? "deadline.expected"
                     : "delivered");
    advise_say_figure(s, row, count, units_format_count);
    writer_puts(&s->w,
                share ? " updates are too few to tell: it takes " : " samples are too few: ");
    advise_say_strong(
        s, needed, citations_rule(s->e, "Enough samples", "ten are to lie beyond the percentile"));
    if (!share)
        writer_printf(&s->w, " would put ten beyond the percentile that is asked for");
}

static void say_percentile(struct advise_say *s, int row, const struct advise_check *c)
{
    writer_printf(&s->w, "%s %s", advise_say_share(s->a->ask.percentile), things_of(c->criterion));
    advise_say_value(s, row, c);
    writer_puts(&s->w, " (");
    advise_say_limit(s, c);
    writer_puts(&s->w, " allowed)");
}

static void say_check(struct advise_say *s, int row, const struct advise_check *c)
{
    if (c->fit == ADVISE_UNKNOWN && !isnan(c->samples_needed)) {
        say_too_few(s, row, c);
        return;
    }
    switch (c->criterion) {
    case ADVISE_COMPLETE:
        say_faults(s, row);
        break;
    case ADVISE_LATENCY:
    case ADVISE_UPSTREAM:
    case ADVISE_CONVERGENCE:
        say_percentile(s, row, c);
        break;
    case ADVISE_ON_TIME:
        if (isnan(c->value))
            writer_puts(&s->w, "no deadline was measured: ");
        advise_say_value(s, row, c);
        writer_puts(&s->w, " on time (");
        advise_say_limit(s, c);
        writer_puts(&s->w, " asked)");
        break;
    case ADVISE_AGE:
        writer_puts(&s->w, "the newest value is ");
        advise_say_value(s, row, c);
        writer_puts(&s->w, " old on average (");
        advise_say_limit(s, c);
        writer_puts(&s->w, " allowed)");
        break;
    case ADVISE_BUDGET:
        advise_say_cost(s, row, c->cost);
        writer_printf(&s->w, " per %s (", advise_costs[c->cost].per_client ? "client" : "update");
        advise_say_limit(s, c);
        writer_puts(&s->w, " allowed)");
        break;
    }
}

/* Of a row that fits all checks, of others those that make the difference. */
static void say_row(struct advise_say *s, int row)
{
    static const char *const says[] = {" fits: ", " does not fit: ", " can't be judged: "};
    const struct advise_row *r = &s->a->rows[row];
    bool problems = cJSON_GetArraySize(json_at(r->row, "problems")) > 0;
    int n = 0;

    advise_say_begin(s, ADVISE_PART_FIT, row);
    advise_say_name(s, row);
    writer_puts(&s->w, says[r->fit]);
    if (problems) {
        writer_puts(&s->w, "it has problems");
        advise_say_cite(s, row, "problems.0", NULL);
        n++;
    }
    if (findings_broke(r->row)) {
        writer_puts(&s->w, n++ > 0 ? ", it broke, as expected" : "it broke, as expected");
        advise_say_cite(s, row, "findings.0", NULL);
    }
    for (int i = 0; i < r->nchecks; i++) {
        if (r->checks[i].fit != r->checks[r->deciding].fit ||
            (r->fit == ADVISE_FITS && i == 0 && r->nchecks > 1))
            continue;
        writer_puts(&s->w, n++ > 0 ? ", " : "");
        say_check(s, row, &r->checks[i]);
    }
    if (r->fit == ADVISE_FITS && r->nchecks > 1) {
        writer_puts(&s->w, "; ");
        say_faults(s, row);
    }
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* Nothing is asked: what the row would meet. */
static void say_offer(struct advise_say *s, int row)
{
    const cJSON *json = s->a->rows[row].row;
    double percentile = 99;
    char path[48];

    advise_say_begin(s, ADVISE_PART_FIT, row);
    advise_say_name(s, row);
    if (findings_broke(json)) {
        writer_puts(&s->w, " broke, as expected");
        advise_say_cite(s, row, "findings.0", NULL);
        writer_puts(&s->w, ".");
        advise_say_end(s);
        return;
    }
    while (percentile > 50 && json_number(json, "delivered") < advise_samples_needed(percentile))
        percentile = percentile > 90 ? 90 : 50;
    snprintf(path, sizeof path, "latency_us.%s", advise_percentile_name(percentile));
    if (json_number(json, "delivered") > 0) {
        writer_printf(&s->w, " would meet a limit of ");
        advise_say_figure(s, row, path, units_format_us);
        writer_printf(&s->w, " or more for %s updates, for ", advise_say_share(percentile));
        advise_say_cost(s, row, ADVISE_CPU);
        writer_puts(&s->w, " per update.");
    } else {
        writer_puts(&s->w, " would meet nothing: ");
        say_faults(s, row);
        writer_puts(&s->w, ".");
    }
    advise_say_end(s);
}

static void say_rows(struct advise_say *s)
{
    for (int i = 0; i < s->a->nrows; i++) {
        if (s->a->verdict == ADVISE_NO_ASK)
            say_offer(s, i);
        else
            say_row(s, i);
    }
}

/* ---- the answer ---- */

static void say_no_trust(struct advise_say *s)
{
    const cJSON *run = s->a->run, *row;
    int i = 0;

    advise_say_begin(s, ADVISE_PART_ANSWER, -1);
    writer_puts(&s->w, "No recommendation: ");
    writer_puts(&s->w, json_true(run, "interrupted") ? "the run was interrupted"
                                                     : "the run is not complete");
    advise_say_cite(s, CITATION_RUN, json_true(run, "interrupted") ? "interrupted" : "complete",
                    NULL);
    if (cJSON_GetArraySize(json_at(run, "rows_planned")) > s->a->nrows) {
        writer_printf(&s->w, ", **%d** of the planned rows", s->a->nrows);
        advise_say_cite(s, CITATION_RUN, "rows_planned", NULL);
        writer_puts(&s->w, s->a->nrows == 1 ? " was measured" : " were measured");
    }
    writer_puts(&s->w, "; run it again.");
    advise_say_end(s);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (cJSON_GetArraySize(json_at(row, "problems")) > 0) {
            advise_say_begin(s, ADVISE_PART_ANSWER, i);
            advise_say_name(s, i);
            writer_puts(&s->w, " has problems");
            advise_say_cite(s, i, "problems.0", NULL);
            writer_puts(&s->w, ".");
            advise_say_end(s);
        }
        i++;
    }
    if (cJSON_GetArraySize(json_at(run, "problems")) == 0)
        return;
    advise_say_begin(s, ADVISE_PART_ANSWER, -1);
    writer_puts(&s->w, "So has the run as a whole");
    advise_say_cite(s, CITATION_RUN, "problems.0", NULL);
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

static void say_no_ask(struct advise_say *s)
{
    advise_say_begin(s, ADVISE_PART_ANSWER, -1);
    writer_puts(&s->w, "No recommendation: nothing is asked of latency, share on time, age or "
                       "cost");
    advise_say_cite(s, CITATION_RUN, "scenario.require", NULL);
    writer_puts(&s->w, ", so every row would do. Ask with `--latency`, `--on-time`, `--age` or "
                       "`--budget`, or let the scenario `require` it");
    citations_cite(&s->w, citations_rule(s->e, "What is asked", "what a row can be held against"));
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* ", for **9.3 µs** server CPU and **290** bytes on the wire per update": the first two costs. */
static void say_price(struct advise_say *s, int row)
{
    int n = 0;

    for (int i = 0; i < s->a->norder && n < 2; i++) {
        enum advise_cost cost = s->a->order[i];

        if (isnan(advise_cost_of(s->a->rows[row].row, cost)))
            continue;
        writer_puts(&s->w, n++ == 0 ? ", for " : " and ");
        advise_say_price(s, row, cost);
        writer_printf(&s->w, " %s%s", advise_costs[cost].words, advise_say_per(s, cost));
    }
}

static void say_one(struct advise_say *s)
{
    const struct advise *a = s->a;
    int best = a->best[0];

    advise_say_begin(s, ADVISE_PART_ANSWER, best);
    writer_puts(&s->w, a->nfits == 1 ? "Only " : "");
    advise_say_name(s, best);
    writer_puts(&s->w, a->nfits == 1 ? " fits: " : " is the cheapest that fits: ");
    say_check(s, best, &a->rows[best].checks[a->rows[best].deciding]);
    say_price(s, best);
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

static void say_tie(struct advise_say *s)
{
    const struct advise *a = s->a;

    advise_say_begin(s, ADVISE_PART_ANSWER, a->best[0]);
    advise_say_names(s, a->best, a->nbest);
    writer_printf(&s->w, " tie: %s fit, and by cost they can't be told apart: ",
                  a->nbest == 2 ? "both" : "they all");
    for (int i = 0; i < a->nbest; i++) {
        writer_puts(&s->w, i == 0 ? "" : i + 1 == a->nbest ? " and " : ", ");
        advise_say_price(s, a->best[i], a->order[0]);
    }
    writer_printf(&s->w, " %s%s", advise_costs[a->order[0]].words, advise_say_per(s, a->order[0]));
    advise_say_noise(s, a->order[0]);
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* Who comes next, and by how much it is dearer. */
static void say_next(struct advise_say *s)
{
    const struct advise *a = s->a;

    if (a->runner_up < 0)
        return;
    advise_say_begin(s, ADVISE_PART_ANSWER, a->runner_up);
    writer_puts(&s->w, "The next, ");
    advise_say_name(s, a->runner_up);
    if (a->decided_by != a->order[0]) {
        writer_printf(&s->w, ", is level in %s (", advise_costs[a->order[0]].words);
        advise_say_price(s, a->runner_up, a->order[0]);
        writer_puts(&s->w, ") but");
    } else {
        writer_puts(&s->w, ",");
    }
    writer_puts(&s->w, " takes ");
    advise_say_price(s, a->runner_up, a->decided_by);
    writer_printf(&s->w, " %s%s against ", advise_costs[a->decided_by].words,
                  advise_say_per(s, a->decided_by));
    advise_say_price(s, a->best[0], a->decided_by);
    advise_say_noise(s, a->decided_by);
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* Many clients have seen the same update late: their samples are not as many as they look. */
static void say_same_updates(struct advise_say *s)
{
    const struct advise_row *r = &s->a->rows[s->a->best[0]];
    double published = json_number(r->row, "published");

    if (isnan(s->a->ask.latency_us) || !(published > 0) ||
        published >= advise_samples_needed(s->a->ask.percentile))
        return;
    advise_say_begin(s, ADVISE_PART_ANSWER, s->a->best[0]);
    writer_puts(&s->w, "The percentile rests on ");
    advise_say_figure(s, s->a->best[0], "delivered", units_format_count);
    writer_puts(&s->w, " samples of ");
    advise_say_figure(s, s->a->best[0], "published", units_format_count);
    writer_puts(&s->w,
                " updates: one moment that delays all clients counts once for each of them.");
    advise_say_end(s);
}

static void say_nearest(struct advise_say *s)
{
    const struct advise *a = s->a;
    bool few = a->verdict == ADVISE_TOO_FEW;

    advise_say_begin(s, ADVISE_PART_ANSWER, a->nbest > 0 ? a->best[0] : -1);
    writer_puts(&s->w, few ? "No recommendation: no row is known to fit, and " : "No row fits");
    if (a->nbest == 0) {
        writer_puts(&s->w, ": there is none");
        advise_say_cite(s, CITATION_RUN, "rows", NULL);
    } else {
        const struct advise_row *r = &a->rows[a->best[0]];

        writer_puts(&s->w, few ? "" : "; nearest is ");
        advise_say_name(s, a->best[0]);
        writer_puts(&s->w, few ? ", for one, can't be judged: " : ": ");
        say_check(s, a->best[0], &r->checks[r->deciding]);
    }
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* run.json has five percentiles; between them the next above is stricter, and that is said. */
static void say_percentile_used(struct advise_say *s)
{
    const struct advise_ask *ask = &s->a->ask;

    if (isnan(ask->latency_us) || advise_percentile_is_exact(ask->percentile))
        return;
    advise_say_begin(s, ADVISE_PART_ANSWER, -1);
    writer_puts(&s->w, "Asked is the percentile ");
    advise_say_figure(s, CITATION_RUN, "scenario.require.percentile", NULL);
    writer_printf(&s->w,
                  "; rows are held against the next that `run.json` has, %s, which is "
                  "stricter",
                  advise_percentile_name(ask->percentile));
    citations_cite(&s->w, citations_rule(s->e, "Enough samples", "p50, p90, p99, p999 and max"));
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

static void say_answer(struct advise_say *s)
{
    switch (s->a->verdict) {
    case ADVISE_NO_TRUST:
        say_no_trust(s);
        break;
    case ADVISE_NO_ASK:
        say_no_ask(s);
        break;
    case ADVISE_ONE:
    case ADVISE_TIE:
        if (s->a->verdict == ADVISE_ONE)
            say_one(s);
        else
            say_tie(s);
        say_next(s);
        say_same_updates(s);
        break;
    case ADVISE_TOO_FEW:
    case ADVISE_NONE_FITS:
        say_nearest(s);
        break;
    }
    say_percentile_used(s);
}

void advise_words_make(struct advise_words *out, const struct advise *a, struct citations *e,
                       int file)
{
    struct buf text = {0};
    struct advise_say s = {.a = a, .words = out, .e = e, .file = file, .w = {.out = &text}};

    *out = (struct advise_words){.advise = a};
    advise_asked_say(&s);
    out->asked = advise_say_take(&s);
    say_answer(&s);
    say_rows(&s);
    if (a->verdict != ADVISE_NO_TRUST && a->verdict != ADVISE_NO_ASK) {
        advise_price_say(&s);
        advise_change_say(&s);
    }
    buf_free(&text);
}

void advise_words_free(struct advise_words *words)
{
    for (size_t i = 0; i < words->n; i++)
        free(words->sentences[i].text);
    free(words->sentences);
    free(words->asked);
    *words = (struct advise_words){0};
}
