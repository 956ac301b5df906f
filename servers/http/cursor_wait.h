/* Servers that follow a log are not all equally far. A client that comes from another one may have
 * a cursor that this one has not reached: its request waits until it has. Without a log, or when
 * the log does not go that far, such a cursor is from an earlier life (selection.h). */
#ifndef PUSHLAB_CURSOR_WAIT_H
#define PUSHLAB_CURSOR_WAIT_H

#include <stdbool.h>

struct http_request;
struct peer;
struct server;

/* True: the request is held, and will be routed later. */
bool cursor_wait_hold(struct peer *p, const struct http_request *req);
/* Updates have come, or it is known how far the log goes: route those that may go on. Returns
 * whether others still wait. */
bool cursor_wait_check(struct server *s);
/* The connection is over. */
void cursor_wait_forget(struct peer *p);

#endif
