#include "poll_cache.h"

#include <stdio.h>

#include "err.h"
#include "server.h"

enum { POLL_UPDATES_MAX = 1000 /* a client far behind catches up in several polls */ };

/* "[a,b,c]": the payload is what is not bracket or comma. */
static int add_updates(struct buf *out, const struct hub *h, const struct hub_range *range,
                       size_t *payload_bytes)
{
    int err = buf_add(out, "[", 1);

    *payload_bytes = 0;
    for (uint64_t seq = range->first; seq <= range->last; seq++) {
        struct shared *json = hub_get(h, seq)->json;

        if (seq > range->first)
            err |= buf_add(out, ",", 1);
        err |= buf_add(out, json->data, json->len);
        *payload_bytes += json->len;
    }
    return err | buf_add(out, "]", 1);
}

/* Build the response for range into a fresh shared buffer. */
static int answer_make(struct poll_answer *a, struct server *s, const struct hub_range *range)
{
    struct buf body = {0}, *out = &s->scratch;
    char fields[96];
    int err = 0, at;

    at = snprintf(fields, sizeof fields, "Pushlab-Cursor: %llu\r\n",
                  (unsigned long long)range->last);
    if (range->missed > 0)
        snprintf(fields + at, sizeof fields - (size_t)at, "Pushlab-Missed: %llu\r\n",
                 (unsigned long long)range->missed);
    a->updates = range->last - range->first + 1;
    a->status = a->updates > 0 ? 200 : 204;
    a->payload_bytes = 0;
    if (a->updates > 0)
        err = add_updates(&body, &s->hub, range, &a->payload_bytes);
    out->len = 0;
    err |= reply_head(out, a->status, a->updates > 0 ? "application/json" : NULL, fields,
                      a->updates > 0 ? (int64_t)body.len : -1, a->persistence, server_date(s));
    err |= buf_add(out, body.data, body.len);
    a->whole = err < 0 ? NULL : shared_new_copy(out->data, out->len);
    buf_free(&body);
    out->len = 0;
    return a->whole == NULL ? LAB_ENOMEM : LAB_OK;
}

const struct poll_answer *poll_cache_get(struct poll_cache *c, struct server *s, uint64_t cursor,
                                         enum reply_persistence persistence)
{
    struct poll_answer *a = &c->slots[(cursor * 4 + persistence) % POLL_CACHE_SLOTS];
    struct hub_range range = hub_after(&s->hub, cursor);

    server_date(s); /* brings date_unix_s up to date */
    if (range.last + 1 - range.first > POLL_UPDATES_MAX && range.last >= range.first)
        range.last = range.first + POLL_UPDATES_MAX - 1;
    if (a->whole != NULL && a->cursor == cursor && a->last == range.last &&
        a->persistence == persistence && a->date_unix_s == s->date_unix_s)
        return a;
    shared_unref(a->whole);
    *a = (struct poll_answer){.cursor = cursor,
                              .last = range.last,
                              .persistence = persistence,
                              .date_unix_s = s->date_unix_s};
    return answer_make(a, s, &range) < 0 ? NULL : a;
}

void poll_cache_free(struct poll_cache *c)
{
    for (int i = 0; i < POLL_CACHE_SLOTS; i++)
        shared_unref(c->slots[i].whole);
    *c = (struct poll_cache){0};
}
