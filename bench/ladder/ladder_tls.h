/* Labels for TLS records as seen from outside: their types, and the names of handshake messages
 * that are not encrypted (bench/wire/tls_record.h). No I/O. */
#pragma once

#include "bench/wire/tls_record.h"

enum { LADDER_TLS_TEXT_CHARS = 72 };

/* Zero-initialise. */
struct ladder_tls {
    struct ladder_tls_side {
        struct tls_records records;
        bool encrypted; /* a ChangeCipherSpec has passed */
        bool finished;  /* its first encrypted flight is over */
    } side[2];          /* by direction: [true] is the client's */
};

struct ladder_tls_words {
    char text[LADDER_TLS_TEXT_CHARS]; /* "TLS ClientHello"; "" in the middle of a record */
    bool handshake;                   /* some of it belongs to the handshake */
    bool alert;                       /* it begins with an alert, such as close_notify (§6.1) */
};

/* The next bytes of one side. False when they are no TLS records, or out of memory. */
bool ladder_tls_feed(struct ladder_tls *t, bool up, const uint8_t *data, size_t len,
                     struct ladder_tls_words *out);

void ladder_tls_free(struct ladder_tls *t);
