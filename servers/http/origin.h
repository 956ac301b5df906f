/* Who may talk to the server from a browser, and who may publish. */
#ifndef PUSHLAB_ORIGIN_H
#define PUSHLAB_ORIGIN_H

#include <stdbool.h>

#include "servers/http/http_session.h"

/* Requests without Origin do not come from a browser's page. With one it must be the server's
 * own (http or https://HOST as in the Host field), or named by --allow-origin ("*": any).
 * RFC 6455 §10.2, RFC 6454. */
bool origin_allowed(const struct http_context *c, const struct http_message *m);

/* From loopback, or with the token (Authorization: Bearer TOKEN, RFC 6750). */
bool operator_allowed(const struct peer *p, const struct http_request *req);

/* Publishing: the same, or anybody with --publish-open. */
bool publisher_allowed(const struct peer *p, const struct http_request *req);

#endif
