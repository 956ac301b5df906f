/* What an application would publish, as a process in its own time: seeded, so that the same
 * seed gives the same posts in the same order, and pure: no clock, no I/O. First member of every
 * model's own struct; player.h plays one as a source. */
#pragma once

#include <stdint.h>
#include <stdlib.h>

#include "lib/proto/post.h"

struct model {
    int64_t due_ns; /* of the next post, counted from the model's start; never falls. INT64_MAX:
                       there are no more */
    /* Fill in that post, whose bytes are valid until the next call, and move due_ns on. */
    void (*next)(struct model *m, struct post *out);
    void (*release)(struct model *m); /* give back what it owns; NULL: nothing but itself */
};

static inline void model_free(struct model *m)
{
    if (m->release != NULL)
        m->release(m);
    free(m);
}

/* For the names that a model posts under. */
#define MODEL_NAME(text) ((struct name){(text), sizeof(text) - 1})
