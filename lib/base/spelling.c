#include "lib/base/spelling.h"

#include <stdint.h>
#include <string.h>

enum { WORD_MAX_BYTES = 64 };

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Row by row of the table of distances between their beginnings. */
size_t spelling_distance(const char *a, size_t a_len, const char *b)
{
    size_t row[WORD_MAX_BYTES + 1];
    size_t b_len = strlen(b);

    if (a_len > WORD_MAX_BYTES || b_len > WORD_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = min_of(change, min_of(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}
