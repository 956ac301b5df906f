/* Text from a network, a file or another program, made safe to show: a server must not be able to
 * control the terminal, nor to reorder what stands there. The one place that decides what may be
 * shown. Pure. */
#pragma once

#include <stddef.h>

/* How many bytes the code point at the front takes; 0: it must not be shown, as it is not UTF-8, a
 * control (C0, DEL, C1), a line or paragraph separator, or changes the direction of writing (UAX
 * #9) or is a tag (U+E0000 and on). len > 0. */
size_t visible_bytes(const char *text, size_t len);

/* Put '?' for each byte that must not be shown, in place. */
void visible_make(char *text);

/* Copy text, one column per code point, at most columns of them, '?' as above; what is cut off ends
 * in an ellipsis. out needs 4 * columns + 1 bytes. Returns the bytes written. */
size_t visible_cut(char *out, const char *text, size_t len, size_t columns);
