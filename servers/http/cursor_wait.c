#include "servers/http/cursor_wait.h"

#include <stdlib.h>

#include "servers/http/http_session.h"
#include "servers/server.h"
#include "lib/proto/url.h"

struct held_request {
    struct held_request *next, **link;
    struct peer *peer;
    struct http_request req; /* its message stays with the session */
    uint64_t since;
    uint64_t greetings; /* when it came; the log is asked again */
};

static const struct log_state *server_log(const struct server *s)
{
    return s->publisher.source != NULL ? s->publisher.source->log : NULL;
}

/* The cursor that the request names, in the query or as an event source does; 0: none. */
static uint64_t cursor_of(const struct http_request *req)
{
    const char *id = http_message_field(req->msg, "Last-Event-ID");
    uint64_t since = 0, last = 0;
    char text[24];

    if (url_query_get(req->query, "since", text, sizeof text) > 0)
        (void)url_parse_u64(&since, text, INT64_MAX);
    if (id != NULL)
        (void)url_parse_u64(&last, id, INT64_MAX);
    return since > last ? since : last;
}

static bool held_may_go(const struct server *s, const struct held_request *held)
{
    const struct log_state *log = server_log(s);

    return log == NULL || held->since <= hub_newest_seq(&s->hub) ||
           (log->greetings > held->greetings && held->since > log->newest_seq);
}

bool cursor_wait_hold(struct peer *p, const struct http_request *req)
{
    struct server *s = p->server;
    struct held_request *held;
    uint64_t since;

    if (server_log(s) == NULL || p->held != NULL)
        return false;
    since = cursor_of(req);
    if (since <= hub_newest_seq(&s->hub))
        return false;
    held = malloc(sizeof *held);
    if (held == NULL)
        return false;
    *held = (struct held_request){
        .next = s->cursor_waits, .link = &s->cursor_waits, .peer = p, .req = *req};
    held->since = since;
    held->greetings = server_log(s)->greetings;
    if (held->next != NULL)
        held->next->link = &held->next;
    s->cursor_waits = p->held = held;
    return true;
}

void cursor_wait_forget(struct peer *p)
{
    struct held_request *held = p->held;

    if (held == NULL)
        return;
    p->held = NULL;
    *held->link = held->next;
    if (held->next != NULL)
        held->next->link = held->link;
    free(held);
}

/* While it is routed the peer still has it: it is not held twice. */
static void held_release(struct held_request *held)
{
    struct peer *p = held->peer;

    http_session_arrive(p, &held->req);
    cursor_wait_forget(p);
}

bool cursor_wait_check(struct server *s)
{
    struct held_request *next;

    for (struct held_request *held = s->cursor_waits; held != NULL; held = next) {
        next = held->next;
        if (held_may_go(s, held))
            held_release(held);
    }
    return s->cursor_waits != NULL;
}
