#include "transport_short_poll.h"

#include "poll.h"

static void short_poll_open(struct peer *p, const struct http_request *req)
{
    uint64_t cursor;

    if (poll_parse_since(p, req, &cursor))
        poll_answer(p, cursor);
}

const struct transport transport_short_poll = {
    .name = "short-poll",
    .path = "/poll",
    .about = "ask at an interval; answered at once with the updates since, or 204",
    .open = short_poll_open,
};
