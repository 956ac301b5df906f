#include "bench/compare/thresholds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/units.h"
#include "lib/base/spelling.h"

#define EXAMPLE "METRIC=PERCENT, such as latency_us.p99=10%%"

enum { TEXT_BYTES = 80 };

static const struct quantity_unit percent[] = {{"%", 0.01}, {NULL, 0}};

static const char *nearest_metric(const char *path)
{
    struct spelling_guess g;

    spelling_guess_begin(&g, path, strlen(path));
    for (const struct metric *m = metrics; m->path != NULL; m++)
        if (m->better != METRIC_NEITHER && m->format != NULL)
            spelling_guess_try(&g, m->path);
    return g.nearest;
}

static int read_one(struct threshold *t, const char *text, struct err_text *e)
{
    char path[TEXT_BYTES], hint[SPELLING_HINT_BYTES];
    const char *equals = strchr(text, '=');

    if (equals == NULL)
        return err_set(e, PL_EINVAL, "--fail-over: '%.60s' has no '='; accepted: " EXAMPLE, text);
    snprintf(path, sizeof path, "%.*s", (int)(equals - text), text);
    t->metric = metric_find(path);
    if (t->metric == NULL)
        return err_set(e, PL_EINVAL,
                       "--fail-over: '%.60s' is not a metric; %saccepted: those of "
                       "docs/metrics.md, such as latency_us.p99",
                       path, spelling_hint(hint, nearest_metric(path)));
    if (t->metric->better == METRIC_NEITHER || t->metric->format == NULL)
        return err_set(e, PL_EINVAL,
                       "--fail-over: %s is neither better nor worse when it changes; accepted: "
                       "metrics such as latency_us.p99",
                       path);
    if (!quantity_read(equals + 1, percent, &t->share))
        return err_set(e, PL_EINVAL, "--fail-over: %s: '%.40s' is not valid; accepted: " EXAMPLE,
                       path, equals + 1);
    if (t->metric->better == METRIC_HIGHER && t->share >= 1)
        return err_set(e, PL_EINVAL,
                       "--fail-over: %s: it can't fall by %.40s; accepted: less than 100%%", path,
                       equals + 1);
    return PL_OK;
}

int thresholds_read(struct thresholds *t, const char *text, struct err_text *e)
{
    char one[2 * TEXT_BYTES];

    t->n = 0;
    for (size_t len; text != NULL; text = text[len] == ',' ? text + len + 1 : NULL) {
        len = strcspn(text, ",");
        if (t->n == THRESHOLDS_MAX)
            return err_set(e, PL_EINVAL, "--fail-over: too many metrics; accepted: up to %d",
                           THRESHOLDS_MAX);
        snprintf(one, sizeof one, "%.*s", (int)len, text);
        if (read_one(&t->list[t->n], one, e) < 0)
            return PL_EINVAL;
        t->n++;
    }
    return PL_OK;
}

const struct threshold *thresholds_find(const struct thresholds *t, const struct metric *m)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->list[i].metric == m)
            return &t->list[i];
    return NULL;
}
