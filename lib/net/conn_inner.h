/* What conn.c and conn_tls.c share. Nobody else includes this: conn.h is the interface. */
#ifndef PUSHLAB_CONN_INNER_H
#define PUSHLAB_CONN_INNER_H

#include "lib/net/conn.h"

/* ---- conn.c ---- */

/* Zero c and give it its descriptor, without reading from it yet. 0 or PL_ENOMEM. */
int conn_init(struct conn *c, struct conn_loop *l, const struct conn_ops *ops, int fd,
              uint32_t backlog_limit_bytes);
/* Mark c as over, take it off the loop at once, and let the loop call on_end() later. */
void conn_mark(struct conn *c, enum conn_end why, int sys_errno);
/* The queue has gone out: tell the owner, or go on with the end that waited for it. */
void conn_drained(struct conn *c);

/* ---- conn_tls.c: the same verbs, for a connection with c->tls ---- */

int conn_tls_send(struct conn *c, const void *data, size_t len, struct shared *owner);
size_t conn_tls_queued_bytes(const struct conn *c);
void conn_tls_pause(struct conn *c);
int conn_tls_resume(struct conn *c); /* 0 or PL_ENOMEM */
/* Send close_notify. False: the socket is full, conn_drained() is called again later. */
bool conn_tls_say_goodbye(struct conn *c);
/* c has been marked: no callback from now on; say goodbye if that is still possible. */
void conn_tls_stop(struct conn *c);
/* Reaping, before on_end(): free the TLS and close the descriptor. And after it: the rest. */
void conn_tls_close(struct conn *c);
void conn_tls_free(struct conn_tls *t); /* NULL is ignored */

#endif
