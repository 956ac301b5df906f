/* A source that plays a model: what it posts is published when it is due. */
#ifndef PUSHLAB_PLAYER_H
#define PUSHLAB_PLAYER_H

#include "lib/base/err.h"
#include "servers/hub/publish.h"
#include "servers/model/model.h"

struct player_options {
    struct model *model; /* the player's from now on, freed on failure too; NULL: out of memory */
    double speed;        /* so many times as fast as the model's own time */
    int64_t start_ns;    /* when to begin, on CLOCK_MONOTONIC, and updates are dated when they were
                            due; 0: at once, and they are dated when they are published */
    const struct source_settings *settings; /* of a generator, which can be tuned; NULL: another
                                               model */
};

/* NULL with the line in e. */
struct source *player_start(struct publisher *pub, const struct player_options *o,
                            struct err_text *e);

#endif
