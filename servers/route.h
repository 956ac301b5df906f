/* Which handler answers a path: the transports' and the endpoints' in one look-up. */
#ifndef PUSHLAB_ROUTE_H
#define PUSHLAB_ROUTE_H

#include <stdbool.h>

#include "servers/http/http_session.h"

enum route_method { ROUTE_GET = 1, ROUTE_POST = 2 }; /* GET brings HEAD; OPTIONS is always there */

struct route {
    const char *path; /* exact; or, ending in an asterisk, whatever begins so */
    unsigned methods;
    void (*handle)(struct peer *p, const struct http_request *req);
    bool (*enabled)(const struct server *s); /* NULL: always */
    bool publishes;                          /* on the account of that name, not on "other" */
};

/* The transport at a path, or NULL. */
const struct transport *route_transport(const char *path);

/* Answer the request, whatever it is: 404, 405 and OPTIONS included. */
void route_request(struct peer *p, const struct http_request *req);

#endif
