#include "servers/transport/poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "servers/http/reply.h"
#include "lib/proto/url.h"

enum {
    LIST_MAX_BYTES = 4096,
    POLL_CACHE_SLOTS = 64,
    POLL_UPDATES_MAX = 1000 /* a client that is further behind gets them in several polls */
};

struct poll_answer {
    struct subscription *to; /* a reference: its address can't become another's meanwhile */
    uint64_t cursor;
    uint64_t newest_seq; /* of the subscription, when the answer was made */
    bool restarted;      /* the client's cursor was of another epoch */
    struct reply_form form;
    int64_t date_unix_s;  /* Date is part of the bytes */
    struct shared *whole; /* NULL: the slot is empty */
    int status;           /* 200 or 204 */
    size_t payload_bytes;
    uint64_t updates, superseded;
};

/* Whole responses, made once and shared: all who poll the same subscription with the same cursor
 * get the same bytes. Small and direct-mapped, because most poll with one of the newest cursors.
 * Without --poll-cache a slot only keeps its answer until the next one is built. */
struct poll_cache {
    struct poll_answer slots[POLL_CACHE_SLOTS];
};

/* 1 found, 0 absent, -1 malformed and answered with 400. */
static int query_u64(struct peer *p, const struct http_request *req, const char *name, uint64_t max,
                     uint64_t *out)
{
    char text[24], why[96];
    int found = url_query_get(req->query, name, text, sizeof text);

    if (found == 0)
        return 0;
    if (found > 0 && url_parse_u64(out, text, max) == 0)
        return 1;
    snprintf(why, sizeof why, "%s takes a whole number from 0 to %llu", name,
             (unsigned long long)max);
    reply_error(p, 400, NULL, why);
    return -1;
}

/* False: answered with 400. */
static bool query_list(struct peer *p, const struct http_request *req, const char *name, char *list)
{
    char why[96];

    list[0] = '\0';
    if (url_query_get(req->query, name, list, LIST_MAX_BYTES) >= 0)
        return true;
    snprintf(why, sizeof why, "%s takes a list of names", name);
    reply_error(p, 400, NULL, why);
    return false;
}

static void refuse_subscription(struct peer *p, int err)
{
    if (err == PL_EINVAL)
        reply_error(
            p, 400, NULL,
            "channel and latest take names with commas between them; a name is " NAME_ACCEPTED);
    else
        reply_later(p, err == PL_ELIMIT ? "too many channels; --max-channels" : pl_strerror(err));
}

/* False: answered with 400. */
static bool query_since(struct peer *p, const struct http_request *req, struct cursor *since,
                        bool *found)
{
    char text[CURSOR_TEXT_BYTES + 8];
    int rc = url_query_get(req->query, "since", text, sizeof text);

    *found = rc > 0 && cursor_read(since, text, INT64_MAX) == 0;
    if (rc == 0 || *found)
        return true;
    reply_error(p, 400, NULL,
                "since takes a cursor that this server has sent, like 17-k3x9qa, or "
                "a whole number from 0 to 9223372036854775807");
    return false;
}

/* A number of another epoch, or one that was not reached in this, says nothing about what there is
 * here: then the client gets all of it. */
static void reading_begin_at(struct reading *out, const struct hub *h, const struct cursor *since)
{
    out->restarted = epochs_differ(since->epoch, h->epoch) || since->seq > hub_newest_seq(h);
    out->cursor = out->restarted ? 0 : since->seq;
}

/* heartbeat=MS, of streams and WebSockets: whole seconds, as they are ticked. False: answered with
 * 400. */
static bool parse_beat(struct peer *p, const struct http_request *req)
{
    uint64_t beat_ms = 0;
    int found = query_u64(p, req, "heartbeat", 3600000, &beat_ms);

    if (found == 1)
        p->beat_s = beat_ms == 0 ? PEER_NO_BEAT : (uint16_t)((beat_ms + 999) / 1000);
    return found >= 0;
}

bool poll_parse_reading(struct peer *p, const struct http_request *req, const char *last_event_id,
                        struct reading *out)
{
    char every[LIST_MAX_BYTES], latest[LIST_MAX_BYTES];
    struct hub *h = peer_context(p)->hub;
    struct cursor since;
    bool found;
    int err;

    *out = (struct reading){.cursor = HUB_FROM_NOW};
    if (!query_since(p, req, &since, &found) || !parse_beat(p, req) ||
        !query_list(p, req, "channel", every) || !query_list(p, req, "latest", latest))
        return false;
    if (last_event_id != NULL && cursor_read(&since, last_event_id, INT64_MAX) == 0)
        found = true;
    if (found)
        reading_begin_at(out, h, &since);
    err = subscription_get(&h->subscriptions, every, latest, &out->to);
    if (err < 0)
        refuse_subscription(p, err);
    return err == 0;
}

void poll_release_reading(struct reading *reading)
{
    subscription_unref(reading->to);
    reading->to = NULL;
}

/* The value of a preference, a token or a quoted string, in whole seconds. */
static bool preference_s(const char *value, size_t len, uint64_t *wait_s)
{
    char digits[16];

    if (len >= 2 && value[0] == '"' && value[len - 1] == '"') {
        value++;
        len -= 2;
    }
    if (len >= sizeof digits)
        return false;
    memcpy(digits, value, len);
    digits[len] = '\0';
    return url_parse_u64(wait_s, digits, INT32_MAX) == 0;
}

/* "wait=10" among the preferences of all field lines, the first if repeated; a malformed one is
 * ignored (RFC 7240 §2). */
static bool prefer_wait_s(const struct http_message *m, uint64_t *wait_s)
{
    struct http_element e = {0};

    while (http_message_next_element(m, "Prefer", &e)) {
        if (e.name_len == 4 && strncasecmp(e.name, "wait", 4) == 0)
            return preference_s(e.value, e.value_len, wait_s);
    }
    return false;
}

bool poll_parse_hold(struct peer *p, const struct http_request *req, int64_t *hold_ns)
{
    int64_t max_ns = peer_context(p)->settings->max_hold_ns;
    uint64_t wanted;
    int found = query_u64(p, req, "timeout", INT32_MAX, &wanted);

    *hold_ns = max_ns;
    if (found > 0)
        *hold_ns = (int64_t)wanted * NS_PER_MS;
    else if (found == 0 && prefer_wait_s(req->msg, &wanted))
        *hold_ns = (int64_t)wanted * NS_PER_S;
    if (*hold_ns > max_ns)
        *hold_ns = max_ns;
    return found >= 0;
}

/* "[a,b,c]": brackets and commas are not payload. */
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
    char fields[144], cursor[CURSOR_TEXT_BYTES];
    int err = 0, at;

    cursor_encode(cursor, news->cursor, c->hub->epoch);
    at = snprintf(fields, sizeof fields, "Pushlab-Cursor: %s\r\n%s", cursor,
                  a->restarted ? "Pushlab-Restarted: yes\r\n" : "");
    if (news->missed > 0)
        snprintf(fields + at, sizeof fields - (size_t)at, "Pushlab-Missed: %llu\r\n",
                 (unsigned long long)news->missed);
    a->updates = news->n;
    a->superseded = news->superseded;
    a->status = news->n > 0 ? 200 : 204;
    if (news->n > 0)
        err = add_updates(&body, news, &a->payload_bytes);
    out->len = 0;
    err |= reply_head(out, c, a->status, news->n > 0 ? "application/json" : NULL, fields,
                      news->n > 0 ? (int64_t)body.len : -1, a->form);
    err |= buf_add(out, body.data, body.len);
    a->whole = err < 0 ? NULL : shared_new_copy(out->data, out->len);
    buf_free(&body);
    out->len = 0;
    return a->whole == NULL ? PL_ENOMEM : PL_OK;
}

static struct poll_answer *slot_of(struct poll_cache *cache, const struct reading *reading,
                                   struct reply_form form)
{
    uint64_t mixed =
        reading->to->node.hash + reading->cursor * 8 + form.persistence * 2 + form.cors;

    return &cache->slots[mixed % POLL_CACHE_SLOTS];
}

static void slot_empty(struct poll_answer *a)
{
    shared_unref(a->whole);
    subscription_unref(a->to);
    *a = (struct poll_answer){0};
}

/* The answer to a poll right now. Borrowed, valid until the next call; NULL: no memory. */
static const struct poll_answer *answer_get(struct http_context *c, const struct reading *reading,
                                            struct reply_form form)
{
    struct selection news;
    struct poll_answer *a;

    if (c->poll_cache == NULL)
        c->poll_cache = calloc(1, sizeof *c->poll_cache);
    if (c->poll_cache == NULL)
        return NULL;
    a = slot_of(c->poll_cache, reading, form);
    http_context_date(c); /* brings date_unix_s up to date */
    if (c->settings->poll_cache == POLL_CACHE_YES && a->whole != NULL && a->to == reading->to &&
        a->cursor == reading->cursor && a->newest_seq == reading->to->newest_seq &&
        a->restarted == reading->restarted && a->form.persistence == form.persistence &&
        a->form.cors == form.cors && a->date_unix_s == c->date_unix_s) {
        c->polls.reused++;
        return a;
    }
    c->polls.built++;
    slot_empty(a);
    if (hub_select(c->hub, reading->to, reading->cursor, POLL_UPDATES_MAX, &news) < 0)
        return NULL;
    *a = (struct poll_answer){.to = subscription_ref(reading->to),
                              .cursor = reading->cursor,
                              .newest_seq = reading->to->newest_seq,
                              .restarted = reading->restarted,
                              .form = form,
                              .date_unix_s = c->date_unix_s};
    return answer_make(a, c, &news) < 0 ? NULL : a;
}

/* HEAD gets the same header, and not from the cache's bytes, which have content. */
static void answer_head(struct peer *p, const struct poll_answer *a)
{
    const char *end = memmem(a->whole->data, a->whole->len, "\r\n\r\n", 4);
    size_t len = (size_t)(end - (const char *)a->whole->data) + 4;

    account_response(p->account, a->status);
    peer_send(p, a->whole->data, len, 0, 0);
    http_session_done(p);
}

void poll_answer(struct peer *p, const struct reading *reading)
{
    struct http_context *c = peer_context(p);
    const struct poll_answer *a = answer_get(c, reading, reply_form(p));

    if (a == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return;
    }
    if (a->status == 204)
        p->account->empty_responses++;
    if (p->http->head_only) {
        answer_head(p, a);
        return;
    }
    c->hub->counts.superseded += a->superseded;
    reply_shared(p, a->whole, a->status, a->payload_bytes, a->updates);
}

void poll_free(struct http_context *c)
{
    for (int i = 0; c->poll_cache != NULL && i < POLL_CACHE_SLOTS; i++)
        slot_empty(&c->poll_cache->slots[i]);
    free(c->poll_cache);
    c->poll_cache = NULL;
}
