/* Servers that follow one log have not all read equally far. A client that comes from another
 * server may have a cursor that this one has not reached: its request waits until it has. Without
 * a log, or when the log itself does not go that far, such a cursor is from an earlier run of the
 * server, and is answered at once (hub/selection.h). */
#pragma once

#include <stdbool.h>

struct http_context;
struct http_request;
struct peer;

/* True: the request is held; http_session_arrive() follows. */
bool cursor_wait_hold(struct peer *p, const struct http_request *req);
/* Updates have come, or it is known how far the log goes: route those that may go on. Returns
 * whether others still wait. */
bool cursor_wait_check(struct http_context *c);
