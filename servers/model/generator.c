#include "servers/model/generator.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"

struct generator {
    struct model model; /* first */
    struct rng rng;
    struct arrivals arrivals;
    int64_t price_cents;
    char *data; /* of the latest post */
    size_t data_bytes;
};

/* In JSON "price":NNN.NN has always the same size. */
enum { PRICE_MIN_CENTS = 10000, PRICE_MAX_CENTS = 99999, CHANGE_MAX_CENTS = 99 };
enum { PRICE_BYTES = 16, CHANGE_BYTES = 32, NEWS_BYTES = 48 }; /* data that has room for each */

/* A step up or down, or of what would leave the range the other way. */
static int64_t next_change(struct generator *g)
{
    int64_t change = (int64_t)(rng_next(&g->rng) % CHANGE_MAX_CENTS) + 1;

    if (rng_next(&g->rng) % 2 == 0)
        change = -change;
    if (g->price_cents + change < PRICE_MIN_CENTS || g->price_cents + change > PRICE_MAX_CENTS)
        change = -change;
    return change;
}

/* One line after the other; the last is cut off. */
static void fill_news(struct generator *g, char *at, size_t n)
{
    while (n > 0) {
        const char *line =
            generator_news[rng_next(&g->rng) % (sizeof generator_news / sizeof *generator_news)];
        size_t len = strlen(line) < n ? strlen(line) : n;

        memcpy(at, line, len);
        at += len;
        n -= len;
        if (n == 0)
            return;
        *at++ = ' ';
        n--;
    }
}

/* A share's price, how it changed, and news: to be read on a screen and in a capture. News fills
 * the room; without it zeros after the price do, as data has no blanks between its parts. */
static void fill_object(struct generator *g, int64_t change)
{
    char price[24], rest[32] = "";
    bool news = g->data_bytes >= NEWS_BYTES;
    const char *end = news ? "\"}" : "}";
    size_t len, rest_len, room;

    snprintf(price, sizeof price, "{\"price\":%d.%02d", (int)(g->price_cents / 100),
             (int)(g->price_cents % 100));
    if (g->data_bytes >= CHANGE_BYTES)
        snprintf(rest, sizeof rest, ",\"change\":%s0.%02d%s", change < 0 ? "-" : "",
                 (int)llabs(change), news ? ",\"news\":\"" : "");
    len = strlen(price);
    rest_len = strlen(rest);
    room = g->data_bytes - len - rest_len - strlen(end);
    memcpy(g->data, price, len);
    if (news)
        fill_news(g, g->data + len + rest_len, room);
    else
        memset(g->data + len, '0', room);
    memcpy(g->data + len + (news ? 0 : room), rest, rest_len);
    memcpy(g->data + g->data_bytes - strlen(end), end, strlen(end));
}

/* The price alone: its first digits, or zeros after it. */
static void fill_number(struct generator *g)
{
    char price[24];
    int len = snprintf(price, sizeof price, "%d.%02d", (int)(g->price_cents / 100),
                       (int)(g->price_cents % 100));

    memset(price + len, '0', sizeof price - (size_t)len);
    if (g->data_bytes == 4) /* a number can't end at the point: in tenths */
        price[3] = price[4];
    memcpy(g->data, price, g->data_bytes);
}

static void generator_fill(struct generator *g)
{
    int64_t change = next_change(g);

    g->price_cents += change;
    if (g->data_bytes < PRICE_BYTES)
        fill_number(g);
    else
        fill_object(g, change);
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
    g->price_cents = (PRICE_MIN_CENTS + PRICE_MAX_CENTS) / 2;
    if (generator_restart(&g->model, arrivals, data_bytes) == 0)
        return &g->model;
    free(g);
    return NULL;
}
