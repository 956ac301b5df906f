/* The stream that servers share: redis-server on a host of the lab, with nothing but what is in
 * its memory. docs/balancers.md. */
#ifndef PUSHLAB_STORE_H
#define PUSHLAB_STORE_H

#include "bench/base/child.h"
#include "lib/base/err.h"
#include "bench/run/service.h"

enum { STORE_PORT = 6379 };

/* The path of a server's --source redis://HOST:PORT/KEY. */
#define STORE_KEY "updates"

/* Run it as s on that host until it listens on STORE_PORT of all its addresses. 0, or PL_ESYS
 * with the line in e; s is the caller's to stop in any case. */
int store_start(struct service *s, struct supervisor *n, const struct child_place *place,
                struct err_text *e);

#endif
