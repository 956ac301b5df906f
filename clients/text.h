/* What a person reads of an update: its latency in words and as a bar. Pure. */
#pragma once

#include <stdint.h>

enum { TEXT_LATENCY_BYTES = 16, TEXT_LATENCY_COLUMNS = 8 };
enum { TEXT_BAR_COLUMNS = 12, TEXT_BAR_BYTES = TEXT_BAR_COLUMNS * 4 + 1 };

/* Three significant digits and a unit: "312 µs", "4.81 ms", "512 ms", "1.02 s", "61.0 s", "1234 s";
 * at most eight columns. */
void text_latency(char out[TEXT_LATENCY_BYTES], int64_t latency_us);

/* 10 µs is empty, 10 s is full, each factor of ten is two columns; padded with blanks. */
void text_bar(char out[TEXT_BAR_BYTES], int64_t latency_us);
