#include "servers/source/player.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "servers/source/pacer.h"
#include "servers/server.h"

struct player {
    struct source source; /* first */
    struct pacer pacer;
    struct model *model; /* owned */
};

static int64_t player_play(void *arg)
{
    struct player *p = arg;
    struct post post = {0};
    uint64_t seq;

    p->model->next(p->model, &post);
    server_publish_post(p->source.server, &post, &seq); /* what it refuses, it counts */
    return p->model->due_ns;
}

struct source *player_start(const struct source_kind *kind, struct server *s, struct model *model,
                            double speed, struct err_text *e)
{
    struct player *p = model != NULL ? calloc(1, sizeof *p) : NULL;
    int err = PL_ENOMEM;

    if (p == NULL)
        goto fail;
    p->source = (struct source){.kind = kind, .server = s, .pacer = &p->pacer};
    p->model = model;
    err = pacer_init(&p->pacer, s->base, player_play, p, speed);
    if (err < 0)
        goto fail;
    err = pacer_start(&p->pacer, model->due_ns, clock_now_ns());
    if (err == PL_OK)
        return &p->source;
    pacer_free(&p->pacer);
fail:
    err_set(e, err, "--source: %s", pl_strerror(err));
    free(p);
    if (model != NULL)
        model->free(model);
    return NULL;
}

void player_stop(struct source *src)
{
    struct player *p = (struct player *)src;

    pacer_free(&p->pacer);
    p->model->free(p->model);
    free(p);
}
