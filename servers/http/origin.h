/* Who may connect from a browser, publish, and control. */
#pragma once

#include <stdbool.h>

#include "servers/http/http_session.h"

/* Is the request not from another site's page? Without an Origin it is from no page; with one, that
 * must be the server's own (http or https://HOST as in the Host field), or named by
 * --allow-origin ("*": any). RFC 6455 §10.2, RFC 6454. */
bool origin_allowed(const struct http_context *c, const struct http_message *m);

/* May this client publish? With the token (Authorization: Bearer TOKEN, RFC 6750); from loopback,
 * but a page only if Host is localhost or an address, so that one of another site whose name was
 * made to point here (DNS rebinding) can't; or anybody with --publish-open. Not from another site's
 * page. */
bool publisher_allowed(const struct peer *p, const struct http_request *req);

enum post_purpose {
    TO_PUBLISH,
    TO_CONTROL /* not with --publish-open alone; as application/json, which a form can't send */
};

/* May it be done by this request? On false it has been answered: 401, 403 or 415. */
bool post_allowed(struct peer *p, const struct http_request *req, enum post_purpose purpose);
