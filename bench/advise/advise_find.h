/* Which runs `pushlab advise` is to read: those named, or the newest of a scenario. */
#ifndef PUSHLAB_ADVISE_FIND_H
#define PUSHLAB_ADVISE_FIND_H

#include "bench/advise/advise_book.h"
#include "lib/base/err.h"

/* Add to b the run that word names: a folder with a run.json, or such a file. Otherwise word is
 * a scenario: then the newest complete run of it, as it is in its file now, for each of its
 * links, from below results; what is missing is run first, which is said on stderr in one line.
 * 0, PL_EINVAL (what is wrong with word: the line in e), or another failure. */
int advise_find(struct advise_book *b, const char *word, const char *results, struct err_text *e);

#endif
