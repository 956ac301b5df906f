#include "lib/base/spelling.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX_BYTES = 64 };

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The three last rows of the table of distances between their beginnings. */
size_t spelling_distance(const char *a, size_t a_len, const char *b)
{
    size_t rows[3][WORD_MAX_BYTES + 1];
    size_t b_len = strlen(b);

    if (a_len > WORD_MAX_BYTES || b_len > WORD_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] =
                min_of(above[j - 1] + (a[i - 1] != b[j - 1]), min_of(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = min_of(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

void spelling_guess_begin(struct spelling_guess *g, const char *word, size_t word_len)
{
    size_t errors = word_len < 6 ? 1 : word_len < 9 ? 2 : 3;

    *g = (struct spelling_guess){.word = word, .word_len = word_len, .distance = errors + 1};
}

void spelling_guess_try(struct spelling_guess *g, const char *candidate)
{
    size_t distance = spelling_distance(g->word, g->word_len, candidate);

    /* Two errors in a word of two letters are another word. */
    if (distance < g->distance && distance < g->word_len) {
        g->distance = distance;
        g->nearest = candidate;
    }
}

const char *spelling_nearest(const char *word, const char *const *words)
{
    struct spelling_guess g;

    spelling_guess_begin(&g, word, strlen(word));
    for (; *words != NULL; words++)
        spelling_guess_try(&g, *words);
    return g.nearest;
}

const char *spelling_hint(char out[SPELLING_HINT_BYTES], const char *nearest)
{
    out[0] = '\0';
    if (nearest != NULL)
        snprintf(out, SPELLING_HINT_BYTES, "did you mean %.70s? ", nearest);
    return out;
}
