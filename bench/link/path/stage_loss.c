#include "bench/link/path/stage_loss.h"

struct loss_model loss_model_random(double ratio)
{
    return (struct loss_model){.bad_to_good = 1, .good_loss = ratio, .bad_loss = ratio};
}

struct loss_model loss_model_burst(double ratio, double burst_packets)
{
    struct loss_model m = {.bad_to_good = 1 / burst_packets, .bad_loss = 1};

    /* Stationary: ratio = p / (p + r), solved for p. */
    m.good_to_bad = ratio * m.bad_to_good / (1 - ratio);
    if (m.good_to_bad > 1)
        m.good_to_bad = 1;
    return m;
}

static double bad_state_share(const struct loss_model *m)
{
    if (m->good_to_bad <= 0)
        return 0;
    return m->good_to_bad / (m->good_to_bad + m->bad_to_good);
}

double loss_model_ratio(const struct loss_model *m)
{
    double bad = bad_state_share(m);

    return (1 - bad) * m->good_loss + bad * m->bad_loss;
}

/* Two draws for every packet whatever the model, so that changing one parameter between
 * two runs does not change the random numbers of the others. */
static enum stage_verdict loss_put(struct stage *stage, struct frame *f, int64_t at_ns)
{
    struct stage_loss *s = (struct stage_loss *)stage;
    double move = rng_uniform(&s->rng), luck = rng_uniform(&s->rng);

    (void)at_ns;
    if (move < (s->bad ? s->model.bad_to_good : s->model.good_to_bad))
        s->bad = !s->bad;
    if (luck >= (s->bad ? s->model.bad_loss : s->model.good_loss))
        return STAGE_PASS;
    stage->dropped_packets++;
    stage->dropped_bytes += f->len;
    return STAGE_DROP;
}

static int64_t loss_due_ns(const struct stage *stage)
{
    (void)stage;
    return STAGE_NEVER;
}

static struct frame *loss_take(struct stage *stage, int64_t now_ns)
{
    (void)stage;
    (void)now_ns;
    return NULL;
}

void stage_loss_init(struct stage_loss *s, const struct loss_model *m, uint64_t seed)
{
    static const struct stage_ops ops = {"loss", loss_put, loss_due_ns, loss_take};

    *s = (struct stage_loss){.stage.ops = &ops, .model = *m};
    stage_loss_seed(s, seed);
}

void stage_loss_seed(struct stage_loss *s, uint64_t seed)
{
    rng_seed(&s->rng, seed);
    /* Start in the long-run mixture: a short run must lose the same share as a long one. */
    s->bad = rng_uniform(&s->rng) < bad_state_share(&s->model);
}
