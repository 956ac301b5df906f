#include "servers/transport/poll_cache.h"

#include <stdio.h>

#include "lib/base/err.h"

enum { POLL_UPDATES_MAX = 1000 /* a client far behind catches up in several polls */ };

/* "[a,b,c]": the payload is what is not bracket or comma. */
static int add_updates(struct buf *out, const struct selection *news, size_t *payload_bytes)
{
    int err = buf_add(out, "[", 1);

    for (size_t i = 0; i < news->n; i++) {
        const struct shared *json = news->updates[i]->json;

        if (i > 0)
            err |= buf_add(out, ",", 1);
        err |= buf_add(out, json->data, json->len);
        *payload_bytes += json->len;
    }
    return err | buf_add(out, "]", 1);
}

/* Build the response into a fresh shared buffer. */
static int answer_make(struct poll_answer *a, struct http_context *c, const struct selection *news)
{
    struct buf body = {0}, *out = &c->scratch;
    char fields[96];
    int err = 0, at;

    at = snprintf(fields, sizeof fields, "Pushlab-Cursor: %llu\r\n",
                  (unsigned long long)news->cursor);
    if (news->missed > 0)
        snprintf(fields + at, sizeof fields - (size_t)at, "Pushlab-Missed: %llu\r\n",
                 (unsigned long long)news->missed);
    a->updates = news->n;
    a->superseded = news->superseded;
    a->status = news->n > 0 ? 200 : 204;
    if (news->n > 0)
        err = add_updates(&body, news, &a->payload_bytes);
    out->len = 0;
    err |= reply_head(out, a->status, news->n > 0 ? "application/json" : NULL, fields,
                      news->n > 0 ? (int64_t)body.len : -1, a->persistence, http_context_date(c));
    err |= buf_add(out, body.data, body.len);
    a->whole = err < 0 ? NULL : shared_new_copy(out->data, out->len);
    buf_free(&body);
    out->len = 0;
    return a->whole == NULL ? PL_ENOMEM : PL_OK;
}

static struct poll_answer *slot_of(struct poll_cache *cache, const struct reading *reading,
                                   enum reply_persistence persistence)
{
    uint64_t mixed = reading->to->node.hash + reading->cursor * 4 + persistence;

    return &cache->slots[mixed % POLL_CACHE_SLOTS];
}

static void slot_empty(struct poll_answer *a)
{
    shared_unref(a->whole);
    subscription_unref(a->to);
    *a = (struct poll_answer){0};
}

const struct poll_answer *poll_cache_get(struct http_context *c, const struct reading *reading,
                                         enum reply_persistence persistence)
{
    struct poll_answer *a = slot_of(c->poll_cache, reading, persistence);
    bool future = reading->cursor > hub_newest_seq(c->hub);
    struct selection news;

    http_context_date(c); /* brings date_unix_s up to date */
    if (a->whole != NULL && a->to == reading->to && a->cursor == reading->cursor &&
        a->newest_seq == reading->to->newest_seq && a->future == future &&
        a->persistence == persistence && a->date_unix_s == c->date_unix_s)
        return a;
    slot_empty(a);
    if (hub_select(c->hub, reading->to, reading->cursor, POLL_UPDATES_MAX, &news) < 0)
        return NULL;
    *a = (struct poll_answer){.to = subscription_ref(reading->to),
                              .cursor = reading->cursor,
                              .newest_seq = reading->to->newest_seq,
                              .future = future,
                              .persistence = persistence,
                              .date_unix_s = c->date_unix_s};
    return answer_make(a, c, &news) < 0 ? NULL : a;
}

void poll_cache_free(struct poll_cache *cache)
{
    for (int i = 0; i < POLL_CACHE_SLOTS; i++)
        slot_empty(&cache->slots[i]);
}
