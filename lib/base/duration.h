/* Times as people type them: 2s, 500ms, 1.5m. Every option, link and scenario key that is a time is
 * read here. */
#pragma once

#include <stdbool.h>

/* What a message or help adds to a range in the value's own unit. */
#define DURATION_UNITS "ns, us, ms, s, m (or min) and h"
/* The same as an ECMAScript regular expression, for schemas. */
#define DURATION_PATTERN "^[0-9]*\\.?[0-9]+\\.?(ns|us|µs|ms|s|m|min|h)?$"

/* A decimal number and a unit, one of DURATION_UNITS; a bare number counts plain_ns nanoseconds
 * each, and with plain_ns 0 it must be zero. True and *ns, a finite number; false: text is no time,
 * and *ns is untouched. */
bool duration_read(double *ns, const char *text, double plain_ns);

/* The unit of a name that ends in it, in ns: "interval_ms" 1e6, "warmup_s" 1e9; 0: it has none
 * ("ramp_per_s"). */
double duration_unit_of(const char *name);

/* The decimal number at the front of text: no hexadecimal, infinity or NaN, which strtod() would
 * take. Returns what follows it, or NULL: there is none. */
const char *duration_take_number(double *out, const char *text);
