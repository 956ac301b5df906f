#include "servers/transport/poll.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "servers/transport/poll_cache.h"
#include "servers/http/reply.h"
#include "lib/proto/url.h"

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

enum { LIST_MAX_BYTES = 4096 };

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
        reply_error(p, 503, "Retry-After: 1\r\n",
                    err == PL_ELIMIT ? "too many channels; --max-channels" : pl_strerror(err));
}

bool poll_parse_reading(struct peer *p, const struct http_request *req, struct reading *out)
{
    char every[LIST_MAX_BYTES], latest[LIST_MAX_BYTES];
    int err, found = query_u64(p, req, "since", INT64_MAX, &out->cursor);

    if (found < 0 || !query_list(p, req, "channel", every) || !query_list(p, req, "latest", latest))
        return false;
    if (found == 0)
        out->cursor = HUB_FROM_NOW;
    err = hub_subscription_get(peer_context(p)->hub, every, latest, &out->to);
    if (err < 0)
        refuse_subscription(p, err);
    return err == 0;
}

void poll_release_reading(struct reading *reading)
{
    subscription_unref(reading->to);
    reading->to = NULL;
}

/* "wait=10" among the preferences; a malformed one is ignored, as RFC 7240 §2 asks. */
static bool prefer_wait_s(const struct http_message *m, uint64_t *wait_s)
{
    const char *prefer = http_message_field(m, "Prefer");
    char digits[16];
    size_t n;

    while (prefer != NULL) {
        prefer += strspn(prefer, " \t,");
        if (strncasecmp(prefer, "wait=", 5) == 0) {
            n = strspn(prefer + 5, "0123456789");
            if (n == 0 || n >= sizeof digits)
                return false;
            memcpy(digits, prefer + 5, n);
            digits[n] = '\0';
            return url_parse_u64(wait_s, digits, INT32_MAX) == 0;
        }
        prefer = strchr(prefer, ',');
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

/* HEAD gets the same head, made for it alone: it would be wrong in the shared cache. */
static void answer_head(struct peer *p, const struct poll_answer *a)
{
    const char *end = memmem(a->whole->data, a->whole->len, "\r\n\r\n", 4);
    size_t len = (size_t)(end - (const char *)a->whole->data) + 4;

    stats_response(p->account, a->status);
    peer_send(p, a->whole->data, len, 0, 0);
    http_session_done(p);
}

void poll_answer(struct peer *p, const struct reading *reading)
{
    struct http_context *c = peer_context(p);
    const struct poll_answer *a = poll_cache_get(c, reading, reply_persistence(p));

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
