/* A connection that records everything that happens on it (transcript.h). Blocking, one at a time,
 * with deadlines: for explaining, not for measuring. */
#pragma once

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

/* Record an event that belongs to no connection. */
void explain_record(struct explain_recorder *r, enum transcript_what what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

struct explain_peer {
    struct explain_recorder *recorder; /* NULL: nothing is recorded */
    unsigned number;
    int fd;                  /* -1: not open */
    struct buf in;           /* received and not consumed yet; the reader drains it */
    bool eof;                /* no more bytes will come */
    bool ended;              /* TCP has ended (FIN); TLS may have ended before */
    struct ssl_st *ssl;      /* NULL: in the clear */
    struct buf raw;          /* received; TLS has not seen it yet */
    struct buf own_messages; /* lines about TLS messages, to follow their records */
};

/* Connect within wait_ns, with TLS if tls is not NULL. 0 or negative with the line in e; then
 * nothing is open. recorder NULL: the connection is not recorded. */
int explain_peer_open(struct explain_peer *p, struct explain_recorder *recorder,
                      const struct url *url, struct tls *tls, struct tls_memory *memory,
                      int64_t wait_ns, struct err_text *e);

/* 0, or negative with the line in e: the connection can't be used any more. */
int explain_peer_send(struct explain_peer *p, const void *data, size_t len, struct err_text *e);

/* Wait for more bytes in p->in until deadline_ns. 1: there are; 0: none came in time, or the
 * peer has ended (p->eof); negative with the line in e. */
int explain_peer_receive(struct explain_peer *p, int64_t deadline_ns, struct err_text *e);

/* Send FIN, wait for the peer's FIN until deadline_ns (but not through a flood of data), and
 * close. */
void explain_peer_finish(struct explain_peer *p, int64_t deadline_ns);

/* Close at once. Does nothing if it is not open. */
void explain_peer_close(struct explain_peer *p);
