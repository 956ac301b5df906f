#include "servers/source/pacer.h"

#include "lib/base/err.h"

int64_t pacer_due_ns(const struct pacer *p)
{
    if (p->offset_ns == INT64_MAX)
        return INT64_MAX;
    return p->zero_ns + (int64_t)((double)p->offset_ns / p->speed);
}

int64_t pacer_run(struct pacer *p, int64_t now_ns)
{
    int64_t due_ns = pacer_due_ns(p);

    for (int i = 0; i < PACER_BATCH_MAX && due_ns <= now_ns; i++) {
        if (now_ns - due_ns > PACER_STALL_MAX_NS) {
            p->stalled_ns += now_ns - due_ns;
            p->zero_ns += now_ns - due_ns;
        }
        p->offset_ns = p->play(p->arg);
        due_ns = pacer_due_ns(p);
    }
    return due_ns;
}

static void pacer_on_due(void *arg, int64_t now_ns)
{
    pacer_catch_up(arg, now_ns);
}

void pacer_catch_up(struct pacer *p, int64_t now_ns)
{
    ticker_arm(&p->ticker, pacer_run(p, now_ns));
}

int pacer_init(struct pacer *p, struct event_base *base, int64_t (*play)(void *), void *arg,
               double speed)
{
    *p = (struct pacer){.play = play, .arg = arg, .speed = speed, .offset_ns = INT64_MAX};
    return ticker_init(&p->ticker, base, pacer_on_due, p);
}

int pacer_start(struct pacer *p, int64_t offset_ns, int64_t now_ns)
{
    p->zero_ns = now_ns;
    p->offset_ns = offset_ns;
    return ticker_arm(&p->ticker, pacer_due_ns(p));
}

void pacer_free(struct pacer *p)
{
    ticker_free(&p->ticker);
}
