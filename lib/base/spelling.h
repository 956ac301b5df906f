/* To guess what was meant by a word that nobody knows. */
#pragma once

#include <stddef.h>

/* Letters to insert, delete or change, and neighbours to swap, to make b of the a_len bytes at a
 * (optimal string alignment); SIZE_MAX when one is longer than 64 bytes. */
size_t spelling_distance(const char *a, size_t a_len, const char *b);

/* The nearest of the candidates that were tried. */
struct spelling_guess {
    const char *word; /* borrowed; word_len bytes */
    size_t word_len;
    const char *nearest; /* borrowed; NULL: none is like it */
    size_t distance;     /* of a candidate that is nearer than what was tried */
};

/* Begin to guess: a candidate that is one typing error away counts, two in words from six letters
 * on, three from nine on. */
void spelling_guess_begin(struct spelling_guess *g, const char *word, size_t word_len);
void spelling_guess_try(struct spelling_guess *g, const char *candidate);

/* The nearest of words (last: NULL), or NULL. */
const char *spelling_nearest(const char *word, const char *const *words);

enum { SPELLING_HINT_BYTES = 96 };
/* What stands in front of "accepted: ..." in a message: "did you mean websocket? ", or "" for
 * nearest NULL. Returns out. */
const char *spelling_hint(char out[SPELLING_HINT_BYTES], const char *nearest);
