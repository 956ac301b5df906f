#include "servers/hub/publish.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"

static void publisher_on_release(void *arg, int64_t now_ns)
{
    struct publisher *pub = arg;

    ticker_arm(&pub->release, hub_release(pub->hub, now_ns));
    pub->ops->advanced(pub->arg);
}

int publisher_init(struct publisher *pub, struct hub *hub, struct event_base *base,
                   const struct publisher_ops *ops, void *arg)
{
    int err;

    *pub = (struct publisher){.hub = hub, .base = base, .ops = ops, .arg = arg};
    err = ticker_init(&pub->release, base, publisher_on_release, pub);
    if (err < 0)
        pub->base = NULL;
    return err;
}

void publisher_stop(struct publisher *pub)
{
    struct source *ended[] = {pub->feed, pub->source};

    pub->feed = pub->source = NULL;
    for (int i = 0; i < 2; i++) {
        if (ended[i] != NULL)
            ended[i]->ops->stop(ended[i]);
    }
}

void publisher_free(struct publisher *pub)
{
    if (pub->base == NULL)
        return;
    publisher_stop(pub);
    ticker_free(&pub->release);
}

static void release_when_due(struct publisher *pub)
{
    if (pub->hub->delay_ns > 0)
        ticker_arm(&pub->release, hub_release(pub->hub, clock_now_ns()));
}

static bool follows_log(const struct publisher *pub)
{
    return pub->source != NULL && pub->source->ops->submit != NULL;
}

static int hub_post(struct publisher *pub, const struct post *p, int64_t t_ns, uint64_t *seq)
{
    int err = hub_publish_post(pub->hub, p, t_ns, seq);

    release_when_due(pub);
    return err;
}

void publisher_post(struct publisher *pub, const struct post *p, int64_t t_ns)
{
    uint64_t seq;

    if (follows_log(pub))
        (void)pub->source->ops->submit(pub->source, p, t_ns, NULL);
    else
        (void)hub_post(pub, p, t_ns, &seq);
}

/* What publishes by itself; NULL: nothing does. */
static struct source *publisher_own(const struct publisher *pub)
{
    return pub->feed != NULL ? pub->feed : pub->source;
}

const struct timetable *publisher_timetable(const struct publisher *pub)
{
    const struct source *own = publisher_own(pub);

    return own != NULL ? own->timetable : NULL;
}

void publisher_catch_up(struct publisher *pub, int64_t now_ns)
{
    struct source *own = publisher_own(pub);

    if (own != NULL && own->ops->catch_up != NULL)
        own->ops->catch_up(own, now_ns);
}

int publisher_submit(struct publisher *pub, const struct post *p, struct receipt *r)
{
    int64_t now_ns = clock_now_ns();
    uint64_t seq;
    int err;

    if (pub->source == NULL)
        return PL_EAWAY;
    if (follows_log(pub))
        return pub->source->ops->submit(pub->source, p, now_ns, r);
    publisher_catch_up(pub, now_ns); /* times must not fall */
    err = hub_post(pub, p, now_ns, &seq);
    if (err >= 0)
        r->tell(r, err, seq);
    return err < 0 ? err : PL_OK;
}

int publisher_adopt(struct publisher *pub, const struct post *p, const struct hub_number *as)
{
    int err = hub_adopt(pub->hub, p, as);

    release_when_due(pub);
    return err;
}
