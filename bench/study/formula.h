/* Arithmetic over what was measured, as the claims of a study write it: numbers, + - * /,
 * parentheses, min(...), max(...), and references in brackets:
 * "[far websocket latency_us.mean] / 1000". Pure. */
#pragma once

#include <stddef.h>

#include "lib/base/err.h"

/* The value of what stands between brackets, len bytes at ref, into *out; NAN: it has none.
 * 0, or negative with the reason in e. */
typedef int formula_value(void *arg, const char *ref, size_t len, double *out, struct err_text *e);

/* Evaluate text; the result is NAN where a part of it is, or for a division by 0. 0; what value
 * returned; or PL_EINVAL with the reason and the place in e ("'2 +': a number or a [reference] is
 * missing at 3"). */
int formula_eval(double *out, const char *text, formula_value *value, void *arg,
                 struct err_text *e);
