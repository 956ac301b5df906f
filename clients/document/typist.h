/* A person who writes: types real sentences, corrects typos, rewrites what is before the cursor,
 * and moves elsewhere in the text. Seeded; time is an argument; edits as they are sent are
 * edit_op.h's.
 *
 * An editor sends what was typed since it sent last. These moments are a Poisson process; what
 * is typed in between is as much as a good typist manages in that time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/rng.h"

/* Six characters a second are 72 words a minute. */
enum { TYPIST_CHARS_PER_S = 6, TYPIST_BATCH_CHARS_MAX = 12, TYPIST_REWRITE_CHARS_MAX = 20 };

/* From here on the typist shortens the text rather than let it grow. */
enum { TYPIST_TEXT_CHARS = 20000 };

enum typist_does { TYPIST_TYPES, TYPIST_ERASES, TYPIST_MOVES };

struct typist_step {
    enum typist_does what;
    const char *text; /* typed at the cursor: UTF-8, borrowed from a constant */
    size_t text_bytes;
    uint32_t chars; /* typed, or erased before the cursor (never more than there are) */
    uint32_t index; /* moves: to here */
};

struct typist {
    struct rng rng;
    double mean_gap_ns;
    int64_t due_ns, gap_ns; /* the next step, and how long it is in coming */
    const char *at;         /* what comes next of the sentence */
    uint32_t
        typed; /* of its own characters right before the cursor: those of the sentence before at */
};

/* Steps come rate_hz (> 0) times a second on average, from start_ns on; the first is due at
 * t->due_ns. */
void typist_init(struct typist *t, uint64_t seed, double rate_hz, int64_t start_ns);

/* Take the step that is due, the cursor standing at index cursor of a text of length characters;
 * t->due_ns is the next one's. It types or erases at least one character, or moves. */
void typist_next(struct typist *t, uint32_t cursor, uint32_t length, struct typist_step *out);
