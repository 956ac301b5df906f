#include "clients/send/audience.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

/* ---- order ---- */

/* newest moves on by step; what leaves the memory has been counted in received. */
static uint64_t shifted(uint64_t recent, uint64_t step)
{
    return step < ORDER_MEMORY ? recent << step : 0;
}

static uint64_t count_bits(uint64_t bits)
{
    return (uint64_t)__builtin_popcountll(bits);
}

/* Numbers from before the memory that have not come. */
static uint64_t missing_before_memory(const struct order_track *t)
{
    uint64_t before = t->newest > ORDER_MEMORY ? t->newest - ORDER_MEMORY : 0;

    return before - (t->received - count_bits(t->recent));
}

static enum order_receipt take_old(struct order_track *t, uint64_t n)
{
    uint64_t back = t->newest - n;
    uint64_t bit = back < ORDER_MEMORY ? UINT64_C(1) << back : 0;

    if (bit != 0 ? (t->recent & bit) != 0 : missing_before_memory(t) == 0)
        return ORDER_DOUBLED;
    t->recent |= bit;
    t->received++;
    return ORDER_REORDERED;
}

static enum order_receipt take_latest(struct order_track *t, uint64_t n)
{
    if (n == t->newest)
        return ORDER_REPEATED;
    if (n < t->newest)
        return ORDER_REORDERED;
    t->newest = n;
    t->received++;
    return ORDER_NEW;
}

enum order_receipt order_take(struct order_track *t, enum order_kind kind, uint64_t n)
{
    if (kind == ORDER_LATEST)
        return take_latest(t, n);
    if (n <= t->newest)
        return take_old(t, n);
    t->recent = shifted(t->recent, n - t->newest) | 1;
    t->newest = n;
    t->received++;
    return ORDER_NEW;
}

uint64_t order_missing(const struct order_track *t, enum order_kind kind, uint64_t sent)
{
    if (kind == ORDER_EVERY)
        return sent > t->received ? sent - t->received : 0;
    return kind == ORDER_LATEST && t->newest < sent ? 1 : 0;
}

/* ---- names ---- */

static uint32_t rooms_of(const struct workload_plan *p)
{
    return workload_room(p, p->nclients - 1) + 1;
}

static char *name_at(const struct audience *a, uint32_t room, unsigned channel)
{
    return a->names[(size_t)room * a->workload->nchannels + channel];
}

/* The default channel (send_channel NULL) has no suffixes. */
static int set_names(struct audience *a, const char *send_channel)
{
    char text[4 * CHANNEL_NAME_BYTES];

    for (uint32_t i = 0; i < rooms_of(a->plan) * a->workload->nchannels; i++) {
        uint32_t room = i / a->workload->nchannels;
        unsigned channel = i % a->workload->nchannels;
        const char *suffix = a->workload->channels[channel].suffix;
        int len;

        if (send_channel == NULL && *suffix == '\0')
            continue;
        if (send_channel == NULL)
            return PL_EINVAL;
        len = snprintf(text, sizeof text, "%s%s", send_channel, suffix);
        if (len < 0 || (size_t)len >= sizeof text ||
            channel_name_in_room(name_at(a, room, channel), (struct name){text, (size_t)len},
                                 room) == 0)
            return PL_EINVAL;
    }
    return PL_OK;
}

struct name audience_channel(const struct audience *a, uint32_t client, unsigned channel)
{
    const char *text = name_at(a, workload_room(a->plan, client), channel);

    return (struct name){text, strlen(text)};
}

int audience_find_channel(const struct audience *a, uint32_t sender, struct name name)
{
    for (unsigned c = 0; c < a->workload->nchannels; c++) {
        if (name_equal(audience_channel(a, sender, c), name))
            return (int)c;
    }
    return -1;
}

/* ---- life ---- */

int audience_init(struct audience *a, const struct workload *workload,
                  const struct workload_plan *plan, const char *send_channel)
{
    size_t pairs;
    int err;

    *a = (struct audience){
        .plan = plan,
        .workload = workload,
        .by_room = send_channel != NULL && strstr(send_channel, CHANNEL_ROOM) != NULL,
    };
    a->nsources = a->by_room ? plan->senders : workload_senders(plan);
    pairs = (size_t)plan->nclients * workload->nchannels;
    a->names = calloc((size_t)rooms_of(plan) * workload->nchannels, sizeof *a->names);
    a->kinds = calloc(pairs, sizeof *a->kinds);
    a->tracks = calloc(pairs * a->nsources, sizeof *a->tracks);
    err = a->names == NULL || a->kinds == NULL || a->tracks == NULL ? PL_ENOMEM
                                                                    : set_names(a, send_channel);
    if (err < 0)
        audience_free(a);
    return err;
}

void audience_free(struct audience *a)
{
    free(a->names);
    free(a->kinds);
    free(a->tracks);
    *a = (struct audience){0};
}

/* ---- subscriptions ---- */

static size_t pair_of(const struct audience *a, uint32_t client, unsigned channel)
{
    return (size_t)client * a->workload->nchannels + channel;
}

void audience_subscribe(struct audience *a, uint32_t client, unsigned channel, enum order_kind kind)
{
    a->kinds[pair_of(a, client, channel)] = (uint8_t)kind;
}

enum order_kind audience_subscription(const struct audience *a, uint32_t client, unsigned channel)
{
    return a->kinds[pair_of(a, client, channel)];
}

/* The number of the first sender whose messages the client receives. */
static uint32_t first_source(const struct audience *a, uint32_t client)
{
    return a->by_room ? workload_room(a->plan, client) * a->plan->senders : 0;
}

/* The last room may have fewer. */
static uint32_t count_sources(const struct audience *a, uint32_t client)
{
    uint32_t rest = workload_senders(a->plan) - first_source(a, client);

    return rest < a->nsources ? rest : a->nsources;
}

struct order_track *audience_track(const struct audience *a, uint32_t client, uint32_t sender,
                                   unsigned channel)
{
    uint32_t number = workload_sender(a->plan, sender), first = first_source(a, client);

    if (audience_subscription(a, client, channel) == ORDER_NOT_SUBSCRIBED ||
        !workload_sends(a->plan, sender) || number < first || number - first >= a->nsources)
        return NULL;
    return &a->tracks[pair_of(a, client, channel) * a->nsources + number - first];
}

static uint64_t missing_in_channel(const struct audience *a, uint32_t client, unsigned channel,
                                   uint64_t (*const sent)[WORKLOAD_CHANNELS_MAX])
{
    const struct order_track *tracks = &a->tracks[pair_of(a, client, channel) * a->nsources];
    enum order_kind kind = audience_subscription(a, client, channel);
    uint32_t first = first_source(a, client), count = count_sources(a, client);
    uint64_t missing = 0;

    for (uint32_t i = 0; kind != ORDER_NOT_SUBSCRIBED && i < count; i++)
        missing += order_missing(&tracks[i], kind, sent[first + i][channel]);
    return missing;
}

uint64_t audience_missing(const struct audience *a, uint32_t client,
                          uint64_t (*const sent)[WORKLOAD_CHANNELS_MAX])
{
    uint64_t missing = 0;

    for (unsigned c = 0; c < a->workload->nchannels; c++)
        missing += missing_in_channel(a, client, c, sent);
    return missing;
}
