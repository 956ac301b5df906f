/* A source that plays a model: what it posts is published when it is due. */
#ifndef PUSHLAB_PLAYER_H
#define PUSHLAB_PLAYER_H

#include "servers/model/model.h"
#include "servers/source/source.h"

/* Start playing the model, which is the player's from now on (freed on failure too), speed times
 * as fast as its own time. NULL with the line in e; model NULL: out of memory. */
struct source *player_start(const struct source_kind *kind, struct server *s, struct model *model,
                            double speed, struct err_text *e);
void player_stop(struct source *src);

#endif
