/* The built-in producer: a fixed rate, a Poisson process, or bursts; seeded. */
#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "rng.h"
#include "server.h"
#include "ticker.h"

enum { CATCH_UP_MAX = 1000 /* updates in one wake-up, after a stall */ };

struct generator {
    struct source source; /* first */
    struct ticker ticker;
    struct rng rng;
    double gap_ns;
    int64_t due_ns; /* of the next update; exact, so that the rate does not drift */
    int64_t started_ns;
    double due_exact_ns; /* since started_ns */
    char *data;          /* one update's worth, rewritten each time */
    size_t data_len;
};

/* In a burst the whole average rate is spent in the on-phases. */
static double burst_skip(const struct server_options *o, double at_ns)
{
    double period = (double)(o->burst_on_ns + o->burst_off_ns);
    double phase = at_ns - period * (double)(int64_t)(at_ns / period);

    return phase < (double)o->burst_on_ns ? at_ns : at_ns - phase + period;
}

static void generator_schedule(struct generator *g)
{
    int pattern = g->source.settings.pattern;

    g->due_exact_ns += pattern == PATTERN_POISSON ? rng_exponential(&g->rng, g->gap_ns) : g->gap_ns;
    if (pattern == PATTERN_BURSTS)
        g->due_exact_ns = burst_skip(g->source.server->options, g->due_exact_ns);
    g->due_ns = g->started_ns + (int64_t)g->due_exact_ns;
}

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

static void generator_on_due(void *arg, int64_t now_ns)
{
    struct generator *g = arg;

    for (int i = 0; i < CATCH_UP_MAX && g->due_ns <= now_ns; i++) {
        generator_fill(g);
        server_publish(g->source.server, g->data, g->data_len);
        generator_schedule(g);
    }
    ticker_arm(&g->ticker, g->due_ns);
}

static void generator_stop(struct source *src)
{
    struct generator *g = (struct generator *)src;

    ticker_free(&g->ticker);
    free(g->data);
    free(g);
}

static double gap_of(const struct server_options *o, const struct source_settings *settings)
{
    double gap_ns = 1e9 / settings->rate_hz;

    if (settings->pattern != PATTERN_BURSTS)
        return gap_ns;
    return gap_ns * (double)o->burst_on_ns / (double)(o->burst_on_ns + o->burst_off_ns);
}

/* Begin at now, whatever went before. 0 or LAB_ENOMEM. */
static int generator_tune(struct source *src, const struct source_settings *settings)
{
    struct generator *g = (struct generator *)src;
    char *data = realloc(g->data, (size_t)settings->payload_bytes);

    if (data == NULL)
        return LAB_ENOMEM;
    g->data = data;
    g->data_len = (size_t)settings->payload_bytes;
    src->settings = *settings;
    g->gap_ns = gap_of(src->server->options, settings);
    g->started_ns = clock_now_ns();
    g->due_exact_ns = 0;
    generator_schedule(g);
    return ticker_arm(&g->ticker, g->due_ns);
}

static struct source *generator_start(struct server *s, const char *arg, struct err_text *e)
{
    const struct server_options *o = s->options;
    struct source_settings settings = {o->rate_hz, o->pattern, o->payload_bytes};
    struct generator *g = calloc(1, sizeof *g);

    (void)arg;
    if (g == NULL)
        goto fail;
    g->source = (struct source){.kind = &source_generator, .server = s};
    rng_seed(&g->rng, (uint64_t)o->seed);
    if (ticker_init(&g->ticker, s->base, generator_on_due, g) < 0)
        goto fail;
    if (generator_tune(&g->source, &settings) == 0)
        return &g->source;
    ticker_free(&g->ticker);
fail:
    err_set(e, LAB_ENOMEM, "--source: %s", lab_strerror(LAB_ENOMEM));
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
