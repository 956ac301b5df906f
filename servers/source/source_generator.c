/* The built-in producer: a fixed rate, a Poisson process, or bursts; seeded. */
#include "servers/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "servers/model/arrivals.h"
#include "lib/base/clock.h"
#include "servers/source/pacer.h"
#include "lib/base/rng.h"
#include "servers/server.h"

struct generator {
    struct source source; /* first */
    struct pacer pacer;
    struct rng rng;
    struct arrivals arrivals;
    char *data; /* one update's worth, rewritten each time */
    size_t data_len;
};

/* data is exactly --payload-bytes of JSON: a string of letters, new for every update. */
static void generator_fill(struct generator *g)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    if (g->data_len < 2) {
        g->data[0] = (char)('0' + rng_next(&g->rng) % 10);
        return;
    }
    g->data[0] = g->data[g->data_len - 1] = '"';
    for (size_t i = 1; i + 1 < g->data_len;) {
        uint64_t bits = rng_next(&g->rng);

        for (int k = 0; k < 10 && i + 1 < g->data_len; k++, bits >>= 6)
            g->data[i++] = letters[bits & 63];
    }
}

static int64_t generator_play(void *arg)
{
    struct generator *g = arg;
    bool dated = g->source.server->options->source_start_ns > 0;

    generator_fill(g);
    server_publish_at(g->source.server, g->data, g->data_len,
                      dated ? pacer_due_ns(&g->pacer) : clock_now_ns());
    return arrivals_next(&g->arrivals, &g->rng);
}

static void generator_stop(struct source *src)
{
    struct generator *g = (struct generator *)src;

    pacer_free(&g->pacer);
    free(g->data);
    free(g);
}

/* Begin at begin_ns, whatever went before. 0 or PL_ENOMEM. */
static int generator_begin(struct source *src, const struct source_settings *settings,
                           int64_t begin_ns)
{
    struct generator *g = (struct generator *)src;
    const struct server_options *o = src->server->options;
    char *data = realloc(g->data, (size_t)settings->payload_bytes);

    if (data == NULL)
        return PL_ENOMEM;
    g->data = data;
    g->data_len = (size_t)settings->payload_bytes;
    src->settings = *settings;
    arrivals_init(&g->arrivals, settings->pattern, settings->rate_hz, o->burst_on_ns,
                  o->burst_off_ns);
    return pacer_start(&g->pacer, arrivals_next(&g->arrivals, &g->rng), begin_ns);
}

static int generator_tune(struct source *src, const struct source_settings *settings)
{
    return generator_begin(src, settings, clock_now_ns());
}

static struct source *generator_start(struct server *s, const char *arg, struct err_text *e)
{
    const struct server_options *o = s->options;
    struct source_settings settings = {o->rate_hz, o->pattern, o->payload_bytes};
    struct generator *g = calloc(1, sizeof *g);

    (void)arg;
    if (g == NULL)
        goto fail;
    g->source = (struct source){.kind = &source_generator, .server = s, .pacer = &g->pacer};
    rng_seed(&g->rng, (uint64_t)o->seed);
    if (pacer_init(&g->pacer, s->base, generator_play, g, 1) < 0)
        goto fail;
    if (generator_begin(&g->source, &settings,
                        o->source_start_ns > 0 ? o->source_start_ns : clock_now_ns()) == 0)
        return &g->source;
    pacer_free(&g->pacer);
fail:
    err_set(e, PL_ENOMEM, "--source: %s", pl_strerror(PL_ENOMEM));
    if (g != NULL)
        free(g->data);
    free(g);
    return NULL;
}

const struct source_kind source_generator = {
    .name = "generator",
    .start = generator_start,
    .stop = generator_stop,
    .tune = generator_tune,
};
