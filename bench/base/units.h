/* Numbers as people read them: three significant digits and a unit. */
#ifndef PUSHLAB_UNITS_H
#define PUSHLAB_UNITS_H

#include <stddef.h>

/* What stands where there is no value. */
#define UNITS_NONE "–"

/* Room for any of the texts below. */
enum { UNITS_TEXT_BYTES = 32 };

/* "312 µs", "12.3 ms", "1.02 s". NAN: UNITS_NONE, as everywhere here. */
void units_format_us(char out[UNITS_TEXT_BYTES], double us);
/* "3,000" */
void units_format_count(char out[UNITS_TEXT_BYTES], double n);
/* "1.02", "0.0143", "165", "0" */
void units_format_ratio(char out[UNITS_TEXT_BYTES], double ratio);

/* A share (0..1) as "98.7 %"; "> 99.9 %" where rounding would make it all. */
void units_format_percent(char out[UNITS_TEXT_BYTES], double share);

/* Columns that a UTF-8 text takes on a terminal (one per code point). */
size_t units_text_width(const char *text);

#endif
