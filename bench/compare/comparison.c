#include "bench/compare/comparison.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/findings.h"
#include "bench/result/repeats.h"
#include "bench/result/run_file.h"

/* ---- one figure ---- */

struct side {
    double values[REPEATS_MAX];
    size_t n;
    double estimate;
};

/* "latency_us.p99" is one of merged histograms. */
static bool is_percentile(const char *path)
{
    const char *last = strrchr(path, '.');

    return last != NULL && last[1] == 'p' && isdigit((unsigned char)last[2]);
}

/* What the summary does not have, as there are too few updates for it, is not made of repeats. */
static void side_read(struct side *s, const cJSON *run, const cJSON *row, const struct metric *m)
{
    double summary = metric_value(m, row);

    s->n = isfinite(summary) ? repeats_values(run, json_text(row, "id"), m, s->values, REPEATS_MAX)
                             : 0;
    s->estimate = is_percentile(m->path) ? summary : interval_mean(s->values, s->n);
}

static double updates_of(const cJSON *row)
{
    double repeats = json_number(row, "repeats");

    return json_number(row, "published") / (repeats > 0 ? repeats : 1);
}

/* The ratio that a threshold stands for, less one: where higher is better, 10 % less is 1/1.11. */
static double threshold_share(const struct figure *f)
{
    double share = f->threshold->share;

    return f->metric->better == METRIC_HIGHER ? share / (1 - share) : share;
}

bool comparison_limit_is_margin(const struct figure *f)
{
    return f->threshold != NULL && f->margin > threshold_share(f);
}

/* The work of two networks is charged to other processes. */
static bool is_of_network(const struct metric *m)
{
    return strstr(m->path, "cpu_us") != NULL;
}

static struct difference differ(const struct side *a, const struct side *b, const struct metric *m,
                                double margin)
{
    if (is_percentile(m->path))
        return difference_around(a->values, a->n, a->estimate, b->values, b->n, b->estimate,
                                 margin);
    return difference_of(a->values, a->n, b->values, b->n, margin);
}

static void judge(struct figure *f, const struct comparison *c)
{
    double updates = fmin(updates_of(f->row_a), updates_of(f->row_b));
    struct side a, b;

    side_read(&a, c->a, f->row_a, f->metric);
    side_read(&b, c->b, f->row_b, f->metric);
    f->a = a.n > 0 ? a.estimate : NAN;
    f->b = b.n > 0 ? b.estimate : NAN;
    f->na = a.n;
    f->nb = b.n;
    f->margin = metric_margin(f->metric, f->a, f->b, updates);
    f->d = (struct difference){NAN, {NAN, NAN}, NAN};
    f->threshold_p = NAN;
    if (is_of_network(f->metric) && !comparison_one_network(c))
        return;
    f->d = differ(&a, &b, f->metric, f->margin);
    if (f->threshold != NULL)
        f->threshold_p = differ(&a, &b, f->metric, fmax(threshold_share(f), f->margin)).p;
}

/* ---- all ---- */

static int add_figures(struct comparison *c, const cJSON *row_a, const cJSON *row_b,
                       const struct thresholds *t)
{
    bool broke = findings_broke(row_a); /* it was expected to, and is held to nothing */

    for (const struct metric *m = metrics; m->path != NULL; m++) {
        struct figure f = {.row_a = row_a, .row_b = row_b, .metric = m};

        f.threshold = broke ? NULL : thresholds_find(t, m);
        if (!(m->flags & METRIC_COMPARED) && f.threshold == NULL)
            continue;
        judge(&f, c);
        if (isnan(f.a) && isnan(f.b) && f.threshold == NULL)
            continue;
        if (buf_add(&c->memory, &f, sizeof f) < 0)
            return PL_ENOMEM;
    }
    return PL_OK;
}

static int add_rows(struct comparison *c, const struct thresholds *t)
{
    const cJSON *row;
    int rc = PL_OK;

    cJSON_ArrayForEach(row, json_at(c->a, "rows"))
    {
        const cJSON *other = run_file_row(c->b, json_text(row, "id"));

        if (other != NULL && rc == PL_OK)
            rc = add_figures(c, row, other, t);
    }
    c->figures = (struct figure *)(void *)c->memory.data;
    c->n = c->memory.len / sizeof(struct figure);
    return rc;
}

/* The verdicts are one family of tests, the thresholds another. */
static int correct(struct comparison *c)
{
    double *p = calloc(2 * c->n + 1, sizeof *p), *threshold_p = p + c->n;
    int rc = p == NULL ? PL_ENOMEM : PL_OK;

    for (size_t i = 0; i < c->n && rc == PL_OK; i++) {
        p[i] = c->figures[i].d.p;
        threshold_p[i] = c->figures[i].threshold_p;
    }
    if (rc == PL_OK)
        rc = difference_correct(p, c->n);
    if (rc == PL_OK)
        rc = difference_correct(threshold_p, c->n);
    for (size_t i = 0; i < c->n && rc == PL_OK; i++) {
        c->figures[i].d.p = p[i];
        c->figures[i].threshold_p = threshold_p[i];
    }
    free(p);
    return rc;
}

static void give_verdicts(struct comparison *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct figure *f = &c->figures[i];

        if (isnan(f->d.p))
            continue;
        f->verdict = f->d.p > COMPARISON_LEVEL ? VERDICT_NONE
                     : f->b > f->a             ? VERDICT_HIGHER
                                               : VERDICT_LOWER;
        c->tests++;
        c->different += f->verdict != VERDICT_NONE;
    }
}

int comparison_make(struct comparison *c, const cJSON *a, const cJSON *b,
                    const struct thresholds *t)
{
    int rc;

    *c = (struct comparison){.a = a, .b = b};
    rc = add_rows(c, t);
    if (rc == PL_OK)
        rc = correct(c);
    if (rc == PL_OK)
        give_verdicts(c);
    return rc;
}

void comparison_free(struct comparison *c)
{
    buf_free(&c->memory);
}

/* ---- what it says ---- */

const char *comparison_row(const struct figure *f)
{
    return json_text(f->row_a, "id");
}

const char *comparison_verdict(const struct figure *f)
{
    static const char *const words[] = {
        [VERDICT_NOT_KNOWN] = "not known",
        [VERDICT_NONE] = "no difference shown",
        [VERDICT_LOWER] = "lower",
        [VERDICT_HIGHER] = "higher",
    };

    return words[f->verdict];
}

bool comparison_is_worse(const struct figure *f)
{
    bool shown = f->threshold != NULL ? f->threshold_p <= COMPARISON_LEVEL
                                      : f->verdict == VERDICT_LOWER || f->verdict == VERDICT_HIGHER;

    return shown && (f->metric->better == METRIC_LOWER    ? f->b > f->a
                     : f->metric->better == METRIC_HIGHER ? f->b < f->a
                                                          : false);
}

static bool on_loopback(const cJSON *run)
{
    return strcmp(json_text(run, "link"), "loopback") == 0;
}

bool comparison_one_network(const struct comparison *c)
{
    return on_loopback(c->a) == on_loopback(c->b);
}

static void put_repeats(struct writer *w, const char *name, double value, size_t n)
{
    if (isnan(value))
        writer_printf(w, ", no value in %s", name);
    else if (n < 2)
        writer_printf(w, ", one repeat in %s", name);
}

void comparison_put_unknown(struct writer *w, const struct comparison *c,
                            const struct thresholds *t)
{
    const cJSON *row;

    for (size_t i = 0; i < c->n; i++) {
        const struct figure *f = &c->figures[i];

        if (f->threshold == NULL || !isnan(f->threshold_p))
            continue;
        writer_printf(w, "%s: %s can't be judged", comparison_row(f), f->metric->path);
        put_repeats(w, "A", f->a, f->na);
        put_repeats(w, "B", f->b, f->nb);
        writer_puts(w, "\n");
    }
    cJSON_ArrayForEach(row, json_at(c->a, "rows"))
    {
        const char *id = json_text(row, "id");

        if (t->n > 0 && run_file_row(c->b, id) == NULL)
            writer_printf(w, "%s can't be judged: B has no such row\n", id);
    }
}

size_t comparison_put_worse(struct writer *w, const struct comparison *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++) {
        const struct figure *f = &c->figures[i];
        char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES], share[UNITS_TEXT_BYTES];

        if (f->threshold == NULL || !comparison_is_worse(f))
            continue;
        f->metric->format(a, f->a);
        f->metric->format(b, f->b);
        units_format_percent(share, f->threshold->share);
        writer_printf(w, "%s: %s is worse by more than %s: %s in A, %s in B\n", comparison_row(f),
                      f->metric->path, share, a, b);
        n++;
    }
    return n;
}
