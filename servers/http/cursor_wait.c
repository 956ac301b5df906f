#include "servers/http/cursor_wait.h"

#include <stdlib.h>

#include "lib/proto/cursor.h"
#include "lib/proto/url.h"
#include "servers/http/http_session.h"

struct held_request {
    struct peer_hook hook;             /* first */
    struct held_request *next, **link; /* the context's list */
    struct peer *peer;
    struct http_request req; /* its message stays with the session */
    uint64_t since;
    uint64_t greetings; /* when it came; the log is asked again */
};

/* The number in text, if it is one of this log's; else 0. */
static uint64_t number_in(const struct http_context *c, const char *text)
{
    struct cursor at;

    if (cursor_read(&at, text, INT64_MAX) < 0 || epochs_differ(at.epoch, c->hub->epoch))
        return 0;
    return at.seq;
}

/* The number that the request names, in the query or as an event source does; 0: none. */
static uint64_t cursor_of(const struct http_context *c, const struct http_request *req)
{
    const char *id = http_message_field(req->msg, "Last-Event-ID");
    char text[CURSOR_TEXT_BYTES + 8];
    uint64_t since = 0, last = 0;

    if (url_query_get(req->query, "since", text, sizeof text) > 0)
        since = number_in(c, text);
    if (id != NULL)
        last = number_in(c, id);
    return since > last ? since : last;
}

static bool held_may_go(const struct http_context *c, const struct held_request *held)
{
    const struct log_state *log = publisher_log(c->publisher);

    return log == NULL || held->since <= hub_newest_seq(c->hub) ||
           (log->greetings > held->greetings && held->since > log->newest_seq);
}

static void held_on_end(struct peer *p, struct peer_hook *hook)
{
    struct held_request *held = (struct held_request *)hook;

    (void)p;
    *held->link = held->next;
    if (held->next != NULL)
        held->next->link = held->link;
    free(held);
}

static bool is_held(const struct peer *p)
{
    const struct peer_hook *hook = p->hooks;

    while (hook != NULL && hook->ended != held_on_end)
        hook = hook->next;
    return hook != NULL;
}

bool cursor_wait_hold(struct peer *p, const struct http_request *req)
{
    struct http_context *c = peer_context(p);
    const struct log_state *log = publisher_log(c->publisher);
    struct held_request *held;
    uint64_t since;

    if (log == NULL || is_held(p))
        return false;
    since = cursor_of(c, req);
    if (since <= hub_newest_seq(c->hub))
        return false;
    held = malloc(sizeof *held);
    if (held == NULL)
        return false;
    *held = (struct held_request){.hook.ended = held_on_end,
                                  .next = c->cursor_waits,
                                  .link = &c->cursor_waits,
                                  .peer = p,
                                  .req = *req,
                                  .since = since,
                                  .greetings = log->greetings};
    if (held->next != NULL)
        held->next->link = &held->next;
    c->cursor_waits = held;
    peer_hook_add(p, &held->hook);
    return true;
}

/* While it is routed the peer still has its hook: it is not held twice. */
static void held_release(struct held_request *held)
{
    struct peer *p = held->peer;

    http_session_arrive(p, &held->req);
    peer_hook_remove(&held->hook);
    held_on_end(p, &held->hook);
}

bool cursor_wait_check(struct http_context *c)
{
    struct held_request *next;

    for (struct held_request *held = c->cursor_waits; held != NULL; held = next) {
        next = held->next;
        if (held_may_go(c, held))
            held_release(held);
    }
    return c->cursor_waits != NULL;
}
