/* The parts of a watched update's line: foreign text made safe for a terminal and cut to its
 * width, and a latency as a bar. Pure. */
#ifndef PUSHLAB_WATCH_LINE_H
#define PUSHLAB_WATCH_LINE_H

#include <stddef.h>
#include <stdint.h>

enum { WATCH_BAR_COLUMNS = 12, WATCH_BAR_BYTES = WATCH_BAR_COLUMNS * 4 + 1 };

/* Copy text as UTF-8, one column per code point, at most columns of them; what is cut off
 * ends in an ellipsis. Control characters and broken UTF-8 become '?': a server must not be
 * able to steer the terminal. out needs 4 * columns + 1 bytes. Returns the bytes written. */
size_t watch_cut(char *out, const char *text, size_t len, size_t columns);

/* 10 µs is nothing, 10 s is full, each factor of ten is two columns; padded with blanks. */
void watch_bar(char out[WATCH_BAR_BYTES], int64_t latency_us);

#endif
