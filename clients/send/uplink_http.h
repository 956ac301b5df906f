/* Sending one client's messages by POST /publish: a second connection of its own, as a page has
 * beside its event stream, opened when there is something to send. One request is under way at a
 * time; what becomes due meanwhile goes together in the next, as a list. With --connection close
 * each request has its own connection.
 *
 * A 2xx response acknowledges what the request carried. Without one (the connection is lost, or the
 * request refused for now) the same messages are sent again, after a back-off.
 */
#pragma once

#include "clients/client/connection.h"
#include "clients/send/uplink.h"
#include "clients/send/upstream_account.h"

struct uplink_http {
    struct connection net; /* first: the connection layer hands it back to us */
    struct upstream_account *account;
    struct uplink *uplink;
    bool refused;      /* the answer was a refusal that may pass: wait before the next attempt */
    bool gave_up;      /* refused for good; env->last_failure says why */
    int64_t dialed_ns; /* when the connect was begun, which decides its window */
    struct http_exchange exchange;
};

/* h zeroed. Everything is borrowed until uplink_http_free(). index: the client's. */
void uplink_http_init(struct uplink_http *h, struct client_env *env,
                      struct upstream_account *account, struct uplink *uplink, uint32_t index);
/* Something may be waiting: send it as soon as possible. */
void uplink_http_flush(struct uplink_http *h, int64_t now_ns);
/* End now, whatever is under way; the loop must still reap. Harmless when repeated. */
void uplink_http_leave(struct uplink_http *h);
/* After it has been reaped. */
void uplink_http_free(struct uplink_http *h);
