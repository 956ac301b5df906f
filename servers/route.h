/* Which handler answers a path: the tables of transports and endpoints. */
#pragma once

#include "servers/http/http_session.h"

/* Indexed by enum transport_id; NULL ends the list. */
extern const struct transport *const transports[TRANSPORT_COUNT + 1];

/* Answer the request, whatever it is: 404, 405 and OPTIONS included. */
void route_request(struct peer *p, const struct http_request *req);
