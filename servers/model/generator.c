#include "servers/model/generator.h"

#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"

struct generator {
    struct model model; /* first */
    struct rng rng;
    struct arrivals arrivals;
    char *data; /* of the latest post */
    size_t data_bytes;
};

/* A string of letters, or a digit where that is all there is room for. */
static void generator_fill(struct generator *g)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    if (g->data_bytes < 2) {
        g->data[0] = (char)('0' + rng_next(&g->rng) % 10);
        return;
    }
    g->data[0] = g->data[g->data_bytes - 1] = '"';
    for (size_t i = 1; i + 1 < g->data_bytes;) {
        uint64_t bits = rng_next(&g->rng);

        for (int k = 0; k < 10 && i + 1 < g->data_bytes; k++, bits >>= 6)
            g->data[i++] = letters[bits & 63];
    }
}

static void generator_next(struct model *m, struct post *out)
{
    struct generator *g = (struct generator *)m;

    generator_fill(g);
    *out = (struct post){.data = g->data, .data_len = g->data_bytes};
    m->due_ns = arrivals_next(&g->arrivals, &g->rng);
}

static void generator_release(struct model *m)
{
    free(((struct generator *)m)->data);
}

int generator_restart(struct model *m, const struct arrivals *arrivals, size_t data_bytes)
{
    struct generator *g = (struct generator *)m;
    char *data = realloc(g->data, data_bytes);

    if (data == NULL)
        return PL_ENOMEM;
    g->data = data;
    g->data_bytes = data_bytes;
    g->arrivals = *arrivals;
    m->due_ns = arrivals_next(&g->arrivals, &g->rng);
    return PL_OK;
}

struct model *generator_new(uint64_t seed, const struct arrivals *arrivals, size_t data_bytes)
{
    struct generator *g = calloc(1, sizeof *g);

    if (g == NULL)
        return NULL;
    g->model = (struct model){.next = generator_next, .release = generator_release};
    rng_seed(&g->rng, seed);
    if (generator_restart(&g->model, arrivals, data_bytes) == 0)
        return &g->model;
    free(g);
    return NULL;
}
