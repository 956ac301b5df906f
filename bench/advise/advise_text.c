#include "bench/advise/advise_text.h"

#include <math.h>
#include <string.h>

#include "bench/advise/advise_brief.h"
#include "bench/advise/advise_words.h"
#include "bench/base/json.h"
#include "bench/result/disturbed.h"
#include "bench/result/findings.h"
#include "bench/result/percentile.h"

/* ---- the answer ---- */

static void say_no_trust(struct advise_words *w, const struct advise *a)
{
    if (advise_all_disturbed(a)) {
        advise_words_say(w, ADVISE_PART_ANSWER, -1, "all disturbed");
        return;
    }
    advise_words_say(w, ADVISE_PART_ANSWER, -1, "no trust");
    for (int i = 0; i < a->nrows; i++)
        if (cJSON_GetArraySize(json_at(a->rows[i].row, "problems")) > 0)
            advise_words_say(w, ADVISE_PART_ANSWER, i, "problems of a row");
    if (cJSON_GetArraySize(json_at(a->run, "problems")) > 0)
        advise_words_say(w, ADVISE_PART_ANSWER, -1, "problems of the run");
}

static void say_choice(struct advise_words *w, const struct advise *a)
{
    advise_words_say(w, ADVISE_PART_ANSWER, a->best[0], a->verdict == ADVISE_ONE ? "one" : "tie");
    if (a->runner_up >= 0)
        advise_words_say(w, ADVISE_PART_ANSWER, a->runner_up, "next");
    for (int i = 0; i < a->ncheaper; i++)
        if (a->rows[a->cheaper[i]].fit == ADVISE_UNKNOWN)
            advise_words_say(w, ADVISE_PART_ANSWER, a->cheaper[i], "perhaps cheaper");
}

static void say_limits(struct advise_words *w, const struct advise *a)
{
    advise_words_say(w, ADVISE_PART_ANSWER, -1, a->nlimits > 0 ? "no requirement" : "no limits");
    advise_words_say_limits(w);
}

static void say_disturbed(struct advise_words *w, const struct advise *a)
{
    for (int i = 0; i < a->nrows; i++)
        if (disturbed_is(a->rows[i].row))
            advise_words_say(w, ADVISE_PART_ANSWER, i, "disturbed");
}

static void say_answer(struct advise_words *w, const struct advise *a)
{
    if (a->verdict == ADVISE_NO_TRUST)
        say_no_trust(w, a);
    else if (a->verdict == ADVISE_NO_ASK)
        say_limits(w, a);
    else if (a->verdict == ADVISE_ONE || a->verdict == ADVISE_TIE)
        say_choice(w, a);
    else if (a->nbest == 0)
        advise_words_say(w, ADVISE_PART_ANSWER, -1, "no rows");
    else
        advise_words_say(w, ADVISE_PART_ANSWER, a->best[0],
                         a->verdict == ADVISE_TOO_FEW ? "too few" : "none fits");
    if (!isnan(a->ask.latency_us) && a->nbest > 0 && a->ask.lowered)
        advise_words_say(w, ADVISE_PART_ANSWER, a->best[0], "lowered percentile");
    if (!isnan(a->ask.latency_us) &&
        percentile_from(a->ask.percentile)->percent > a->ask.percentile + 1e-9)
        advise_words_say(w, ADVISE_PART_ANSWER, -1, "stricter percentile");
    say_disturbed(w, a);
}

static void say_rows(struct advise_words *w, const struct advise *a)
{
    for (int i = 0; i < a->nrows; i++)
        advise_words_say(w, ADVISE_PART_FIT, i,
                         a->verdict != ADVISE_NO_ASK      ? "row"
                         : findings_broke(a->rows[i].row) ? "broke"
                                                          : "offer");
}

/* ---- what it costs, now and with more clients ---- */

/* Rows whose costs matter: those that fit; where none does, the nearest. */
static bool is_of_interest(const struct advise *a, int row)
{
    bool nearest = false;

    for (int i = 0; a->verdict == ADVISE_NONE_FITS && i < a->nbest; i++)
        nearest |= row == a->best[i];
    return (a->rows[row].fit == ADVISE_FITS || nearest) &&
           json_number(a->rows[row].row, "delivered") > 0;
}

static void say_costs(struct advise_words *w, const struct advise *a)
{
    bool any = false;

    for (int i = 0; i < a->nrows; i++) {
        if (!is_of_interest(a, i))
            continue;
        advise_words_say(w, ADVISE_PART_COST, i, "costs");
        if (cJSON_IsObject(json_at(a->rows[i].row, "upstream")))
            advise_words_say(w, ADVISE_PART_COST, i, "costs of sending");
        any = true;
    }
    if (any)
        advise_words_say(w, ADVISE_PART_SCALE, -1, "assumptions");
    for (int i = 0; i < a->nrows; i++)
        if (is_of_interest(a, i))
            advise_words_say(w, ADVISE_PART_SCALE, i, "scale");
}

/* ---- what would change the answer ---- */

static void say_longer_window(struct advise_words *w, const struct advise *a)
{
    double longest_s = 0;
    int row = -1;

    for (int i = 0; i < a->nrows; i++) {
        double needed_s = advise_model_value(a, i, "longer window");

        if (needed_s > longest_s) {
            longest_s = needed_s;
            row = i;
        }
    }
    if (row >= 0)
        advise_words_say(w, ADVISE_PART_CHANGE, row, "longer window");
}

static bool any_undecided(const struct advise *a)
{
    for (int i = 0; i < a->nrows; i++)
        if (a->rows[i].fit == ADVISE_UNKNOWN && a->rows[i].checks[a->rows[i].deciding].undecided)
            return true;
    return false;
}

static void say_changes(struct advise_words *w, const struct advise *a)
{
    static const char *const models[] = {"round trip", "round trip at least"};
    const struct advise_row *best = a->nbest > 0 ? &a->rows[a->best[0]] : NULL;
    const struct advise_check *latency = best != NULL ? advise_latency_check(best) : NULL;

    for (int i = 0; i < a->ncheaper; i++)
        if (a->rows[a->cheaper[i]].fit == ADVISE_FAILS)
            advise_words_say(w, ADVISE_PART_CHANGE, a->cheaper[i], "cheaper");
    for (int i = 0; i < a->nbest; i++)
        if (advise_would_fit(&a->rows[a->best[i]]))
            advise_words_say(w, ADVISE_PART_CHANGE, a->best[i], "would fit");
    if (a->verdict == ADVISE_ONE && latency != NULL && latency->interval.low > 0)
        advise_words_say(w, ADVISE_PART_CHANGE, a->best[0], "tighter");
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (best != NULL && best->fit != ADVISE_UNKNOWN &&
            !isnan(advise_model_value(a, a->best[0], models[i])))
            advise_words_say(w, ADVISE_PART_CHANGE, a->best[0], models[i]);
    if (best != NULL && best->fit == ADVISE_FITS)
        advise_words_say(w, ADVISE_PART_CHANGE, a->best[0], "not known");
    say_longer_window(w, a);
    if (any_undecided(a))
        advise_words_say(w, ADVISE_PART_CHANGE, -1, "more repeats");
}

/* ---- pages ---- */

cJSON *advise_text_of(const struct advise *const *runs, struct citations *citations, int file)
{
    const struct advise *a = runs[file];
    struct advise_words w;

    advise_words_begin(&w, runs, citations, file);
    say_answer(&w, a);
    say_rows(&w, a);
    if (a->verdict != ADVISE_NO_TRUST && a->verdict != ADVISE_NO_ASK) {
        say_costs(&w, a);
        say_changes(&w, a);
    }
    advise_brief_add(&w, a);
    return advise_words_end(&w);
}

static bool belong_together(const struct advise *const *runs, int n)
{
    for (int i = 0; i < n; i++)
        if (runs[i]->verdict == ADVISE_NO_TRUST || runs[i]->verdict == ADVISE_NO_ASK ||
            strcmp(json_text(runs[i]->run, "scenario.name"),
                   json_text(runs[0]->run, "scenario.name")) != 0)
            return false;
    return n > 1;
}

/* Does each run have the row? */
static bool is_everywhere(const struct advise *const *runs, int n, const char *id)
{
    for (int i = 0; i < n; i++)
        if (advise_row_called(runs[i], id) == NULL)
            return false;
    return true;
}

cJSON *advise_text_together(const struct advise *const *runs, struct citations *citations)
{
    struct advise_words w;

    if (!belong_together(runs, citations->nfiles))
        return NULL;
    advise_words_begin(&w, runs, citations, 0);
    cJSON_DeleteItemFromObject(w.page, "asked");
    advise_words_say(&w, ADVISE_PART_ANSWER, -1, "together");
    for (int i = 0; i < runs[0]->nrows; i++)
        if (is_everywhere(runs, citations->nfiles, json_text(runs[0]->rows[i].row, "id")))
            advise_words_say(&w, ADVISE_PART_FIT, i, "row together");
    advise_brief_add(&w, NULL);
    return advise_words_end(&w);
}
