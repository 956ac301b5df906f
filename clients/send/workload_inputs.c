/* A player's inputs, as a game sends them: at a fixed rate (open loop: what is late is still
 * sent, and counted from when it was due), each with its number, where the player goes and aims,
 * and padding up to the wanted size. The newest input replaces the one before: it is keyed by
 * its player.
 *
 *   {"i":42,"move":[0.71,-0.71],"aim":-0.785,"fire":true,"p":"kvbq"}
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "clients/client/schedule.h"
#include "lib/base/rng.h"
#include "clients/send/workload.h"

enum {
    PAD_OVERHEAD_BYTES = sizeof ",\"p\":\"\"" - 1,
    PIECE_MAX_BYTES = 48,
    MESSAGE_MIN_BYTES = 64, /* room for the pieces that are always there */
};

static const double turn_per_input_rad = 0.2;
static const double fire_share = 0.1;
static const double pi = 3.14159265358979323846;

struct player {
    struct rng rng;
    int64_t start_ns; /* when input number 0 was due */
    uint64_t inputs;  /* sent */
    double heading_rad;
};

struct inputs {
    const struct workload_plan *plan;
    int64_t interval_ns;
    double exact_interval_ns;
    char *text; /* the message being written */
    struct player players[];
};

static void *inputs_make(const struct workload_plan *plan)
{
    struct inputs *w = calloc(1, sizeof *w + plan->nclients * sizeof w->players[0]);

    if (w == NULL)
        return NULL;
    w->plan = plan;
    w->exact_interval_ns = (double)NS_PER_S / plan->rate_hz;
    w->interval_ns = (int64_t)w->exact_interval_ns;
    w->text = malloc(plan->data_bytes + MESSAGE_MIN_BYTES);
    if (w->text == NULL) {
        free(w);
        return NULL;
    }
    for (uint32_t i = 0; i < plan->nclients; i++)
        rng_seed(&w->players[i].rng, plan->seed + ((uint64_t)i << 32) + 1);
    return w;
}

static void inputs_free(void *state)
{
    struct inputs *w = state;

    free(w->text);
    free(w);
}

/* Each sender has its own slice of the interval, so that the fleet covers it evenly. */
static int64_t inputs_first_due_ns(void *state, uint32_t client, int64_t start_ns)
{
    struct inputs *w = state;
    struct player *p = &w->players[client];
    double unit = rng_uniform(&p->rng);

    p->start_ns = start_ns + schedule_phase_ns(w->interval_ns, workload_sender(w->plan, client),
                                               workload_senders(w->plan), unit);
    p->heading_rad = (unit * 2.0 - 1.0) * pi;
    return p->start_ns;
}

/* Add a piece if what is left over afterwards can be filled to the byte. */
static size_t add_piece(char *text, size_t len, size_t wanted, const char *piece)
{
    size_t piece_len = strlen(piece), after = len + piece_len + 1;

    if (after > wanted || (after < wanted && wanted - after < PAD_OVERHEAD_BYTES))
        return len;
    memcpy(text + len, piece, piece_len);
    return len + piece_len;
}

static size_t add_padding(char *text, size_t len, size_t wanted, struct rng *rng)
{
    size_t letters;

    if (len + 1 + PAD_OVERHEAD_BYTES > wanted)
        return len;
    letters = wanted - len - 1 - PAD_OVERHEAD_BYTES;
    memcpy(text + len, ",\"p\":\"", 6);
    len += 6;
    while (letters-- > 0)
        text[len++] = (char)('a' + rng_next(rng) % 26);
    text[len++] = '"';
    return len;
}

static size_t write_input(struct player *p, char *text, size_t wanted)
{
    size_t len = (size_t)sprintf(text, "{\"i\":%llu", (unsigned long long)p->inputs);
    bool fires = rng_uniform(&p->rng) < fire_share;
    char piece[PIECE_MAX_BYTES];

    p->heading_rad = remainder(p->heading_rad + rng_normal(&p->rng) * turn_per_input_rad, 2 * pi);
    snprintf(piece, sizeof piece, ",\"move\":[%.2f,%.2f]", cos(p->heading_rad),
             sin(p->heading_rad));
    len = add_piece(text, len, wanted, piece);
    snprintf(piece, sizeof piece, ",\"aim\":%.3f", p->heading_rad);
    len = add_piece(text, len, wanted, piece);
    len = add_piece(text, len, wanted, fires ? ",\"fire\":true" : ",\"fire\":false");
    len = add_padding(text, len, wanted, &p->rng);
    text[len++] = '}';
    return len;
}

static int inputs_write(void *state, uint32_t client, struct workload_outbox *out,
                        int64_t *next_due_ns)
{
    struct inputs *w = state;
    struct player *p = &w->players[client];
    size_t len = write_input(p, w->text, w->plan->data_bytes);

    p->inputs++;
    *next_due_ns = p->start_ns + (int64_t)((double)p->inputs * w->exact_interval_ns);
    return out->send(out, 0, w->text, len) > 0 ? PL_OK : PL_ENOMEM;
}

const struct workload workload_inputs = {
    .name = "inputs",
    .channels = {{.suffix = "", .keyed = true}},
    .nchannels = 1,
    .make = inputs_make,
    .free = inputs_free,
    .first_due_ns = inputs_first_due_ns,
    .write = inputs_write,
};
