#include "servers/source/player.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "servers/model/generator.h"

const char *const source_stamps[] = {"due", "published", NULL};

/* When what is played now, or next, is due. */
static int64_t pacer_due_ns(const struct pacer *p)
{
    if (p->offset_ns == INT64_MAX)
        return INT64_MAX;
    return p->zero_ns + (int64_t)((double)p->offset_ns / p->speed);
}

/* Leave out what was due until now, but for what was just played: as many as come in such a time on
 * average, which is exact for a fixed rate. */
static void pacer_move(struct pacer *p, int64_t due_ns, int64_t now_ns)
{
    int64_t elapsed_ns = due_ns - p->zero_ns;
    double per_ns = elapsed_ns > 0 ? (double)p->played / (double)elapsed_ns : 0;
    const double rounding = 1e-6;

    timetable_move(&p->timetable, due_ns, now_ns,
                   (uint64_t)(per_ns * (double)(now_ns - due_ns) + rounding));
    p->zero_ns += now_ns - due_ns;
}

int64_t pacer_run(struct pacer *p, int64_t now_ns)
{
    int64_t due_ns = pacer_due_ns(p);

    for (int i = 0; i < PACER_BATCH_MAX && due_ns <= now_ns; i++) {
        p->offset_ns = p->play(p->arg);
        p->played++;
        if (now_ns - due_ns > PACER_STALL_MAX_NS && p->offset_ns != INT64_MAX)
            pacer_move(p, due_ns, now_ns);
        due_ns = pacer_due_ns(p);
    }
    return due_ns;
}

static void pacer_on_due(void *arg, int64_t now_ns)
{
    struct pacer *p = arg;

    ticker_arm(&p->ticker, pacer_run(p, now_ns));
}

int pacer_init(struct pacer *p, struct event_base *base, int64_t (*play)(void *), void *arg,
               double speed)
{
    int err;

    *p = (struct pacer){.play = play, .arg = arg, .speed = speed, .offset_ns = INT64_MAX};
    err = timetable_init(&p->timetable);
    if (err == 0)
        err = ticker_init(&p->ticker, base, pacer_on_due, p);
    if (err < 0)
        timetable_free(&p->timetable);
    return err;
}

int pacer_start(struct pacer *p, int64_t offset_ns, int64_t now_ns)
{
    p->zero_ns = now_ns;
    p->offset_ns = offset_ns;
    p->played = 0;
    return ticker_arm(&p->ticker, pacer_due_ns(p));
}

void pacer_free(struct pacer *p)
{
    ticker_free(&p->ticker);
    timetable_free(&p->timetable);
}

struct player {
    struct source source; /* first */
    struct pacer pacer;
    struct model *model; /* owned */
    bool stamps_published;
};

static int64_t player_play(void *arg)
{
    struct player *p = arg;
    int64_t due_ns = pacer_due_ns(&p->pacer), now_ns = clock_now_ns();
    struct post post;

    p->model->next(p->model, &post);
    publisher_post(p->source.publisher, &post, p->stamps_published ? now_ns : due_ns);
    timetable_play(&p->pacer.timetable, due_ns, now_ns);
    p->source.done = p->model->due_ns == INT64_MAX;
    return p->model->due_ns;
}

static void player_catch_up(struct source *src, int64_t now_ns)
{
    struct player *p = (struct player *)src;
    int64_t due_ns = pacer_due_ns(&p->pacer);

    if (due_ns > now_ns)
        return;
    while (due_ns <= now_ns)
        due_ns = pacer_run(&p->pacer, now_ns);
    ticker_arm(&p->pacer.ticker, due_ns);
}

struct arrivals player_arrivals(const struct source_settings *s)
{
    struct arrivals arrivals;

    arrivals_init(&arrivals, s->pattern, s->rate_hz, s->burst_on_ns, s->burst_off_ns);
    return arrivals;
}

static int player_tune(struct source *src, const struct source_settings *s)
{
    struct player *p = (struct player *)src;
    struct arrivals arrivals = player_arrivals(s);
    int64_t now_ns = clock_now_ns();
    int err;

    player_catch_up(src, now_ns);
    err = generator_restart(p->model, &arrivals, (size_t)s->payload_bytes);
    if (err < 0)
        return err;
    src->settings = *s;
    return pacer_start(&p->pacer, p->model->due_ns, now_ns);
}

static void player_stop(struct source *src)
{
    struct player *p = (struct player *)src;

    pacer_free(&p->pacer);
    model_free(p->model);
    free(p);
}

/* Leave out what has been published before. */
static void player_resume(struct player *p, int64_t after_ns)
{
    struct post post;

    while (pacer_due_ns(&p->pacer) <= after_ns) {
        p->model->next(p->model, &post);
        p->pacer.offset_ns = p->model->due_ns;
        p->pacer.played++;
    }
}

struct source *player_start(struct publisher *pub, const struct player_options *o,
                            struct err_text *e)
{
    static const struct source_ops ops = {.stop = player_stop, .catch_up = player_catch_up};
    static const struct source_ops tunable = {
        .stop = player_stop, .catch_up = player_catch_up, .tune = player_tune};
    struct player *p = calloc(1, sizeof *p);
    int err = PL_ENOMEM;

    if (p != NULL)
        err = pacer_init(&p->pacer, pub->base, player_play, p, o->speed);
    if (err < 0)
        goto fail;
    p->source = (struct source){.ops = o->settings != NULL ? &tunable : &ops,
                                .publisher = pub,
                                .timetable = &p->pacer.timetable};
    if (o->settings != NULL)
        p->source.settings = *o->settings;
    p->model = o->model;
    p->stamps_published = o->stamp == STAMP_PUBLISHED;
    err = pacer_start(&p->pacer, p->model->due_ns, o->start_ns > 0 ? o->start_ns : clock_now_ns());
    if (err == 0 && o->start_ns > 0 && o->resume_after_ns > 0)
        player_resume(p, o->resume_after_ns);
    if (err == 0)
        return &p->source;
    pacer_free(&p->pacer);
fail:
    err_set(e, err, "--source: %s", pl_strerror(err));
    model_free(o->model);
    free(p);
    return NULL;
}
