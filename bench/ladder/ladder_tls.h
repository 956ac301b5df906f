/* TLS records as one sees them from outside (RFC 8446 §5.1): their types and lengths, and the
 * names of handshake messages while these are not encrypted yet. I/O-free. */
#ifndef PUSHLAB_LADDER_TLS_H
#define PUSHLAB_LADDER_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LADDER_TLS_HANDSHAKE = 22, LADDER_TLS_TEXT_CHARS = 72, LADDER_TLS_RANDOM_BYTES = 32 };

/* A record's header, and of its body as much as names a HelloRetryRequest: the message's header,
 * a version, and the random bytes. */
enum { LADDER_TLS_HEAD_BYTES = 5 + 4 + 2 + LADDER_TLS_RANDOM_BYTES };

struct ladder_tls_side {
    uint8_t head[LADDER_TLS_HEAD_BYTES]; /* of the record being read */
    size_t head_bytes;
    size_t body_left; /* behind the head */
    bool encrypted;   /* a ChangeCipherSpec has passed, or an encrypted record */
    bool finished;    /* its first encrypted flight is over */
};

/* Zero-initialise. */
struct ladder_tls {
    struct ladder_tls_side side[2]; /* by direction: [true] is the client's */
};

struct ladder_tls_words {
    char text[LADDER_TLS_TEXT_CHARS]; /* "TLS ClientHello"; "" in the middle of a record */
    bool handshake;                   /* some of it belongs to the handshake */
    bool alert;                       /* it begins with an alert, such as the end (§6.1) */
};

/* Are a ServerHello's random bytes the fixed ones that make it a HelloRetryRequest: the SHA-256 of
 * that word (RFC 8446 §4.1.3)? */
bool ladder_tls_is_retry(const uint8_t random[LADDER_TLS_RANDOM_BYTES]);

/* The next bytes of one side. False when they are no TLS records. */
bool ladder_tls_feed(struct ladder_tls *t, bool up, const uint8_t *data, size_t len,
                     struct ladder_tls_words *out);

#endif
