#include "servers/transport/transports.h"

#include "servers/transport/poll.h"

static void short_poll_open(struct peer *p, const struct http_request *req)
{
    struct reading reading;

    if (!poll_parse_reading(p, req, NULL, &reading))
        return;
    poll_answer(p, &reading);
    poll_release_reading(&reading);
}

const struct transport transport_short_poll = {
    .info = &transport_infos[TRANSPORT_SHORT_POLL],
    .open = short_poll_open,
};
