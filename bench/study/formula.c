#include "bench/study/formula.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

/* After a failure rc is negative, and every further step does nothing. */
struct parser {
    const char *text, *at;
    formula_value *value;
    void *arg;
    int depth, rc;
    struct err_text *e;
};

static double sum(struct parser *p);

static double refuse(struct parser *p, const char *what)
{
    if (p->rc == PL_OK)
        p->rc = err_set(p->e, PL_EINVAL, "'%.120s': %s at %d", p->text, what,
                        (int)(p->at - p->text) + 1);
    return NAN;
}

static bool take(struct parser *p, char c)
{
    while (*p->at == ' ')
        p->at++;
    if (p->rc < 0 || *p->at != c)
        return false;
    p->at++;
    return true;
}

static double reference(struct parser *p)
{
    size_t len = strcspn(p->at, "[]");
    const char *ref = p->at;
    double out = NAN;

    p->at += len;
    if (!take(p, ']'))
        return refuse(p, "']' is missing");
    p->rc = p->value(p->arg, ref, len, &out, p->e);
    return out;
}

/* Of a part without a value min and max have none. */
static double extreme(struct parser *p, bool greatest)
{
    double out = sum(p), next;

    while (take(p, ',')) {
        next = sum(p);
        out = isnan(out) || isnan(next) ? NAN : greatest ? fmax(out, next) : fmin(out, next);
    }
    return take(p, ')') ? out : refuse(p, "')' is missing");
}

static double number(struct parser *p)
{
    char *end;
    double out;

    if (!isdigit((unsigned char)*p->at))
        return refuse(p, "a number or a [reference] is missing");
    out = strtod(p->at, &end);
    p->at = end;
    return out;
}

static double term(struct parser *p)
{
    double out;

    if (p->rc < 0)
        return NAN;
    if (++p->depth > DEPTH_MAX)
        return refuse(p, "nested too deeply");
    if (take(p, '-')) {
        out = -term(p);
    } else if (take(p, '[')) {
        out = reference(p);
    } else if (take(p, '(')) {
        out = sum(p);
        if (!take(p, ')'))
            refuse(p, "')' is missing");
    } else if (strncmp(p->at, "min(", 4) == 0 || strncmp(p->at, "max(", 4) == 0) {
        p->at += 4;
        out = extreme(p, p->at[-3] == 'a');
    } else {
        out = number(p);
    }
    p->depth--;
    return out;
}

static double product(struct parser *p)
{
    double out = term(p), by;

    for (;;) {
        if (take(p, '*')) {
            out *= term(p);
        } else if (take(p, '/')) {
            by = term(p);
            out = by == 0 ? NAN : out / by;
        } else {
            return out;
        }
    }
}

static double sum(struct parser *p)
{
    double out = product(p);

    for (;;) {
        if (take(p, '+'))
            out += product(p);
        else if (take(p, '-'))
            out -= product(p);
        else
            return out;
    }
}

int formula_eval(double *out, const char *text, formula_value *value, void *arg, struct err_text *e)
{
    struct parser p = {.text = text, .at = text, .value = value, .arg = arg, .e = e};

    *out = sum(&p);
    if (!take(&p, '\0'))
        refuse(&p, "an operator is missing");
    return p.rc;
}
