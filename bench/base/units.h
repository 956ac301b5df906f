/* Numbers as people read and type them. Written: three significant digits and a unit. Read: what
 * is typed where a quantity is asked for, such as 200ms, 95%, 8KB. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Printed where there is no value. */
#define UNITS_NONE "–"

/* Room for any of the texts below. */
enum { UNITS_TEXT_BYTES = 32 };
typedef void units_format(char out[UNITS_TEXT_BYTES], double value);

/* "312 µs", "12.3 ms", "1.02 s", "0 µs". NAN: UNITS_NONE, as everywhere here. */
void units_format_us(char out[UNITS_TEXT_BYTES], double us);
/* A limit, which is chosen and not measured, so it has no digits that say nothing: "50 ms", "1.5
 * s".
 */
void units_format_limit_us(char out[UNITS_TEXT_BYTES], double us);
/* "3,000" */
void units_format_count(char out[UNITS_TEXT_BYTES], double n);
/* "1.02", "0.0143", "165", "0" */
void units_format_ratio(char out[UNITS_TEXT_BYTES], double ratio);

/* The same of a number that is computed for more clients, of which three digits say enough:
 * "90,900". */
void units_format_plan(char out[UNITS_TEXT_BYTES], double n);

/* How long something takes: "42 s", "3 min 20 s", "2 h 5 min". */
void units_format_duration(char out[UNITS_TEXT_BYTES], double s);

/* Milliseconds as units_format_us() has it: "33.0 ms". */
void units_format_ms(char out[UNITS_TEXT_BYTES], double ms);
/* Bytes: "5.41 kB", "under 10 B". */
void units_format_kb(char out[UNITS_TEXT_BYTES], double bytes);
/* Bits a second: "2.76 Mbit/s". */
void units_format_bps(char out[UNITS_TEXT_BYTES], double bps);

/* How many times: "1.4 times", "1,300 times", of which two digits say enough. */
void units_format_times(char out[UNITS_TEXT_BYTES], double times);

/* A share (0..1) as "98.7 %"; "> 99.9 %" where rounding would make it all. */
void units_format_percent(char out[UNITS_TEXT_BYTES], double share);
/* A share rounded down to 0.01 %, so that 99.996 % is not all: "99.99 %". */
void units_format_share(char out[UNITS_TEXT_BYTES], double share);

/* A value and its interval in its unit: "25.5 ±0.1 ms", "4.32 ±1.2". The value is written as format
 * does it alone, so that it is the same wherever it is written; half the width has at most two
 * significant digits, and no more decimals than the value can have. All of low..high lies in what
 * is written: half the width is rounded up, and what rounding takes from the value is added.
 * format: that of a metric (bench/result/metric.c). What format writes, where the interval is not
 * known (NAN), or has no width: values that were the same each time do not say how sure they are,
 * and ±0 would. */
void units_format_within(char out[UNITS_TEXT_BYTES], units_format *format, double value, double low,
                         double high);

/* Columns that a UTF-8 text takes on a terminal (one per code point). */
size_t units_text_width(const char *text);

/* A unit's name, in any case, and what it is worth. "": a bare number. */
struct quantity_unit {
    const char *name;
    double factor;
};

/* A number and one of units (last: name NULL). This and those below: true and *out, a finite
 * number >= 0; or false, and *out untouched. text may be NULL. */
bool quantity_read(const char *text, const struct quantity_unit *units, double *out);
/* Microseconds, of a time as lib/base/duration.h reads it; a bare number could be anything. */
bool quantity_read_us(const char *text, double *out);
/* A number from 0 to 1, of 95% or 0.95. */
bool quantity_read_share(const char *text, double *out);
/* Bytes, of 600, 600B, 8KB (8000), 8KiB (8192), MB, MiB. */
bool quantity_read_bytes(const char *text, double *out);
/* A bare number. */
bool quantity_read_number(const char *text, double *out);
