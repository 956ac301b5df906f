/* A connection that notes down all that happens on it (transcript.h). Blocking, one at a time,
 * with deadlines: for showing, not for measuring. */
#ifndef PUSHLAB_EXPLAIN_PEER_H
#define PUSHLAB_EXPLAIN_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/net/tls.h"
#include "lib/proto/transcript.h"
#include "lib/proto/url.h"

struct explain_recorder {
    FILE *out;
    unsigned connections; /* numbered so far */
};

/* Note an event of no connection. */
void explain_record(struct explain_recorder *r, enum transcript_what what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

struct explain_peer {
    struct explain_recorder *recorder; /* NULL: nothing is noted */
    unsigned number;
    int fd;                  /* -1: not open */
    struct buf in;           /* received and not taken out yet; the reader drains it */
    bool eof;                /* no more bytes will come */
    bool ended;              /* TCP says so: FIN; TLS may have said so before */
    struct ssl_st *ssl;      /* NULL: in the clear */
    struct buf raw;          /* received; TLS has not seen it yet */
    struct buf own_messages; /* of TLS: their lines, until their records have been noted */
};

/* Connect, within wait_ns, and secure it where tls is not NULL. 0 or negative with the line in e;
 * then nothing is open. recorder NULL: a connection that is no part of what is shown. */
int explain_peer_open(struct explain_peer *p, struct explain_recorder *recorder,
                      const struct url *url, struct tls *tls, struct tls_memory *memory,
                      int64_t wait_ns, struct err_text *e);

/* 0, or negative with the line in e: the connection is of no use any more. */
int explain_peer_send(struct explain_peer *p, const void *data, size_t len, struct err_text *e);

/* Wait for more bytes in p->in until deadline_ns. 1: there are; 0: none came in time, or the
 * peer has ended (p->eof); negative with the line in e. */
int explain_peer_receive(struct explain_peer *p, int64_t deadline_ns, struct err_text *e);

/* Our end of it, then the peer's (waited for until deadline_ns, and not through a flood), and close
 * it. */
void explain_peer_finish(struct explain_peer *p, int64_t deadline_ns);

/* Close at once. Harmless when it is not open. */
void explain_peer_close(struct explain_peer *p);

#endif
