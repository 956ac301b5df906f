/* What the tests of the hub share: a hub of given limits, posts in one line, and a subscriber
 * that remembers. */
#pragma once

#include <check.h>
#include <string.h>

#include "lib/base/err.h"
#include "servers/hub/hub.h"
#include "servers/hub/selection.h"

struct probe {
    struct subscriber sub; /* first */
    struct hub *hub;
    uint64_t seen[64];
    enum delivery how[64];
    size_t nseen;
    bool leave_after_first;
};

static inline void probe_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct probe *p = (struct probe *)sub;

    ck_assert_uint_lt(p->nseen, 64);
    p->how[p->nseen] = how;
    p->seen[p->nseen++] = u->seq;
    if (p->leave_after_first)
        hub_unsubscribe(p->hub, sub);
}

/* Start to listen; every and latest are lists, as a query has them. */
static inline void probe_listen(struct probe *p, struct hub *h, const char *every,
                                const char *latest)
{
    struct subscription *to;

    *p = (struct probe){.sub.deliver = probe_deliver, .hub = h};
    ck_assert_int_eq(subscription_get(&h->subscriptions, every, latest, &to), 0);
    hub_subscribe(h, &p->sub, to);
    subscription_unref(to);
}

static inline void make_hub(struct hub *h, uint64_t history, int64_t delay_ns)
{
    struct hub_limits limits = {.history = history, .channels = 8, .keys = 8, .senders = 8};

    ck_assert_int_eq(hub_init(h, &limits, delay_ns), 0);
}

static inline struct name name_of(const char *text)
{
    return (struct name){text, strlen(text)};
}

static inline struct post post_to(const char *channel, const char *key)
{
    return (struct post){
        .channel = name_of(channel), .key = name_of(key), .data = "1", .data_len = 1};
}

/* Publish data in the default channel at now_ns. Returns the number. */
static inline uint64_t put_data(struct hub *h, const char *data, int64_t now_ns)
{
    struct post p = {.data = data, .data_len = strlen(data)};
    uint64_t seq = 0;

    ck_assert_int_eq(hub_publish_post(h, &p, now_ns, &seq), 0);
    return seq;
}

/* Publish to the channel under the key at now_ns. Returns the number. */
static inline uint64_t put(struct hub *h, const char *channel, const char *key, int64_t now_ns)
{
    struct post p = post_to(channel, key);
    uint64_t seq = 0;

    ck_assert_int_eq(hub_publish_post(h, &p, now_ns, &seq), 0);
    return seq;
}
