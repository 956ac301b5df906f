/* How much two words differ, to guess what was meant by one that nobody knows. */
#pragma once

#include <stddef.h>

/* Letters to insert, delete or change to make b of the a_len bytes at a (Levenshtein 1966);
 * SIZE_MAX when one is longer than 64 bytes. */
size_t spelling_distance(const char *a, size_t a_len, const char *b);
