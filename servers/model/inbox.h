/* What happens to everyone on a team's site, as notifications in channel inbox: comments,
 * mentions, reviews, builds. The model behind --source notifications. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "servers/model/arrivals.h"
#include "servers/model/model.h"
#include "lib/base/rng.h"

enum { INBOX_KINDS = 6, INBOX_TEXT_BYTES = 512 };

struct inbox_kind {
    const char *type;
    unsigned percent; /* of all notifications */
    const char *verb; /* "NAME VERB PLACE" is the title */
    const char *path; /* of its page, with a number */
};

extern const struct inbox_kind inbox_kinds[INBOX_KINDS];

/* The lists of texts.txt, which says what is in them. */
extern const char *const inbox_people[8], *const inbox_subjects[8], *const inbox_bodies[6];

struct inbox {
    struct model model; /* first */
    struct rng rng;
    struct arrivals arrivals;
    uint64_t posted;
    char text[INBOX_TEXT_BYTES]; /* the latest post's data */
};

/* arrivals: as arrivals_init() left it. NULL: no memory. */
struct model *inbox_new(uint64_t seed, const struct arrivals *arrivals);
