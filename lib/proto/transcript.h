/* What happened on connections, as their owner saw it: bytes in and out, with times. Each event is
 * one line of text, so that one program can record it and another explain it:
 *
 *     received 1 81234567890123 485454502f312e3120323030...
 *
 * is what happened, the connection's number (1, 2, ...; 0: none), when (CLOCK_MONOTONIC, ns), and
 * the event's bytes in hexadecimal. No I/O. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum transcript_what {
    TRANSCRIPT_SAY,         /* text: the heading of what follows; a line break, then why */
    TRANSCRIPT_REMARK,      /* text: something else that happens meanwhile */
    TRANSCRIPT_OPEN,        /* connect() begins; text: "ADDR:PORT" of the server */
    TRANSCRIPT_CONNECTED,   /* connect() has succeeded; text: "ADDR:PORT" of this end */
    TRANSCRIPT_SENT,        /* the application's bytes, before any encryption */
    TRANSCRIPT_RECEIVED,    /* the same, after decryption */
    TRANSCRIPT_RECORD_SENT, /* with TLS: the bytes that TCP carries */
    TRANSCRIPT_RECORD_RECEIVED,
    TRANSCRIPT_TLS_SENT, /* a TLS handshake message or alert before encryption; the first
                          * byte is its record's type */
    TRANSCRIPT_TLS_RECEIVED,
    TRANSCRIPT_SECURED, /* the TLS handshake is complete; text: version, cipher, and
                         * "resumed" or "full" */
    TRANSCRIPT_KERNEL,  /* text: what TCP_INFO says, "rtt_us=20311 mss=1448 ..." */
    TRANSCRIPT_SHUT,    /* our FIN was requested; text: by which call, if not shutdown() */
    TRANSCRIPT_EOF,     /* the peer's FIN has been read */
    TRANSCRIPT_RESET,   /* the connection broke; text: why */
    TRANSCRIPT_WHATS,
};

struct transcript_event {
    enum transcript_what what;
    unsigned connection;
    int64_t at_ns;
    const uint8_t *data; /* borrowed; text is not NUL-terminated */
    size_t len;
};

/* Append the event's line. 0 or PL_ENOMEM. */
int transcript_encode(struct buf *out, const struct transcript_event *e);

/* Read a line (without its LF), whose memory it uses: e->data points into it.
 * 0 or PL_EPROTO. */
int transcript_decode(struct transcript_event *e, char *line);
