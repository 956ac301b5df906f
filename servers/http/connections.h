/* Connections from accept(2) to their end: the listening socket, which accepts in batches and
 * pauses at the connection limit or when the process runs out of descriptors or memory; who gets
 * the bytes of a connection; time-outs; and an orderly stop. */
#pragma once

#include "lib/base/err.h"
#include "servers/http/http_context.h"

/* Make loop and tick; the context's settings to handle are set. 0 or PL_ENOMEM. */
int connections_start(struct http_context *c, struct event_base *base);
/* Bind the address of the settings and accept. 0 or negative with the line in e. */
int connections_listen(struct http_context *c, struct err_text *e);
/* No new connections; WebSockets are closed with 1001, streams ended, held polls answered, the
 * rest closed. When the last connection has ended the loop is told to stop. */
void connections_stop(struct http_context *c);
/* Close all connections, and free. All zero is accepted. */
void connections_free(struct http_context *c);
