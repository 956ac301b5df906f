/* What people type where a quantity is asked for: 200ms, 95%, 8KB. */
#ifndef PUSHLAB_QUANTITY_H
#define PUSHLAB_QUANTITY_H

#include <stdbool.h>

/* All: true and *out, a finite number >= 0; or false, and *out untouched. */

/* Microseconds, of 20us, 1.5ms, 2s, 1min; a bare number could be anything. */
bool quantity_read_us(const char *text, double *out);
/* A number from 0 to 1, of 95% or 0.95. */
bool quantity_read_share(const char *text, double *out);
/* Bytes, of 600, 600B, 8KB (8000), 8KiB (8192), MB, MiB. */
bool quantity_read_bytes(const char *text, double *out);
/* A bare number. */
bool quantity_read_number(const char *text, double *out);

#endif
