/* What `--vary` says: a key and its values, as words. Lists and ranges:
 *
 *   clients=50,200,1000        these
 *   link.rtt_ms=0..200+50      0, 50, 100, 150, 200: from .. to, adding
 *   source.rate_hz=1..100x10   1, 10, 100: from .. to, multiplying
 *   clients=1,10..30+10        1, 10, 20, 30
 *
 * What a key accepts is known to bench/scenario alone. */
#pragma once

#include <stddef.h>

#include "lib/base/err.h"

enum { VARY_VALUES_MAX = 100, VARY_WORD_BYTES = 64 };

struct vary {
    char key[VARY_WORD_BYTES];
    char word[VARY_VALUES_MAX][VARY_WORD_BYTES];
    size_t n;
};

/* 0, or PL_EINVAL with the line in e. */
int vary_parse(struct vary *out, const char *text, struct err_text *e);
