#include "bench/sweep/vary.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A range's last value may miss its end by so much, for decimal fractions are not exact. */
#define ROUNDING 1e-9

#define ACCEPTED "KEY=VALUE,..., where FROM..TO+STEP and FROM..TOxFACTOR are ranges"

static int refuse(const char *word, size_t len, const char *what, struct err_text *e)
{
    return err_set(e, PL_EINVAL, "--vary: '%.*s' %s; accepted: " ACCEPTED, len > 60 ? 60 : (int)len,
                   word, what);
}

static int add(struct vary *v, const char *word, size_t len, struct err_text *e)
{
    char *to = v->word[v->n];

    if (len == 0 || len >= VARY_WORD_BYTES)
        return refuse(word, len, len == 0 ? "is no value" : "is too long", e);
    if (v->n == VARY_VALUES_MAX)
        return err_set(e, PL_EINVAL, "--vary: %s has too many values; accepted: up to %d", v->key,
                       VARY_VALUES_MAX);
    snprintf(to, VARY_WORD_BYTES, "%.*s", (int)len, word);
    for (size_t i = 0; i < v->n; i++)
        if (strcmp(v->word[i], to) == 0)
            return refuse(to, len, "is there twice", e);
    v->n++;
    return PL_OK;
}

/* "1..100x10". False: it is no such range. */
static int add_range(struct vary *v, const char *text, size_t len, struct err_text *e)
{
    char copy[VARY_WORD_BYTES], word[VARY_WORD_BYTES], *dots, *end;
    double from, to, step;
    bool times;
    int rc = PL_OK;

    if (len >= sizeof copy)
        return refuse(text, len, "is too long", e);
    snprintf(copy, sizeof copy, "%.*s", (int)len, text);
    dots = strstr(copy, "..");
    *dots = '\0';
    from = strtod(copy, &end);
    if (end == copy || *end != '\0')
        return refuse(text, len, "begins with no number", e);
    to = strtod(dots + 2, &end);
    if (end == dots + 2 || (*end != '+' && *end != 'x'))
        return refuse(text, len, "has no step", e);
    times = *end == 'x';
    step = strtod(end + 1, &end);
    if (*end != '\0' || !isfinite(from + to + step) || from > to || !(step > (times ? 1 : 0)) ||
        (times && !(from > 0)))
        return refuse(text, len, "is not a range that grows", e);
    for (double i = 0; rc == PL_OK; i++) {
        double value = times ? from * pow(step, i) : from + step * i;

        if (value > to + fabs(to) * ROUNDING)
            break;
        rc = add(v, word, (size_t)snprintf(word, sizeof word, "%.10g", value), e);
    }
    return rc;
}

int vary_parse(struct vary *out, const char *text, struct err_text *e)
{
    size_t key_len = strcspn(text, "=");
    int rc = PL_OK;

    *out = (struct vary){.n = 0};
    if (key_len == 0 || text[key_len] == '\0' || key_len >= sizeof out->key)
        return refuse(text, strlen(text), "is not a key and its values", e);
    snprintf(out->key, sizeof out->key, "%.*s", (int)key_len, text);
    for (const char *from = text + key_len; rc == PL_OK && from != NULL; from = strchr(from, ',')) {
        size_t len = strcspn(++from, ",");
        const char *dots = strstr(from, "..");

        rc = dots != NULL && dots < from + len ? add_range(out, from, len, e)
                                               : add(out, from, len, e);
    }
    return rc;
}
