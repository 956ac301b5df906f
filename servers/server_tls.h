/* --tls and what belongs to it: the server's side of lib/net/tls. */
#ifndef PUSHLAB_SERVER_TLS_H
#define PUSHLAB_SERVER_TLS_H

#include "lib/base/err.h"
#include "servers/server_options.h"
#include "lib/net/tls.h"

/* *out is NULL without --tls. Writes the certificate if that is wanted. 0, or negative with the
 * line in e. */
int server_tls_start(struct tls **out, const struct server_options *o, struct err_text *e);

#endif
