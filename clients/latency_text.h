/* A latency as a person reads it: three significant digits and a unit. Pure. */
#ifndef PUSHLAB_LATENCY_TEXT_H
#define PUSHLAB_LATENCY_TEXT_H

#include <stdint.h>

enum { LATENCY_TEXT_BYTES = 16, LATENCY_TEXT_COLUMNS = 8 };

/* "312 µs", "4.81 ms", "512 ms", "1.02 s", "61.0 s", "1234 s"; at most eight columns. */
void latency_text(char out[LATENCY_TEXT_BYTES], int64_t latency_us);

#endif
