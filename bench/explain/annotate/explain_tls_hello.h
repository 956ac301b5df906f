/* The hellos of TLS: with them both sides agree on a version and all the rest (RFC 8446 §4.1, RFC
 * 5246 §7.4.1). A part of the annotator, as in explain_inner.h. */
#ifndef PUSHLAB_EXPLAIN_TLS_HELLO_H
#define PUSHLAB_EXPLAIN_TLS_HELLO_H

#include "bench/explain/annotate/explain_inner.h"
#include "bench/explain/annotate/explain_tls_words.h"
#include "bench/wire/tls_record.h"

enum { EXPLAIN_TLS_1_3 = 0x0304 };

struct explain_reader { /* of bytes that may be fewer than they say */
    const uint8_t *at, *end;
    bool short_of; /* it asked for more than there is */
};

struct explain_hello { /* borrows the bytes that it was read from */
    unsigned version;  /* the old field, which says 1.2 at most (RFC 8446 §4.1.2) */
    unsigned suite;    /* the server's choice */
    struct explain_reader suites, extensions;
    bool tls_1_3; /* among supported_versions */
    bool retry;   /* a HelloRetryRequest (§4.1.4) */
    bool broken;  /* it ends too early: nothing is said of it */
};

/* A ClientHello (up) or a ServerHello: its header, of TLS_MESSAGE_HEADER_BYTES, and its body. */
struct explain_hello explain_hello_read(const uint8_t *message, size_t len, bool up);

/* What is in it, as notes at depth 2. */
void explain_hello_say(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct explain_hello *h, int64_t at_ns);

/* What the server has chosen; until then, whether the client has offered it. */
bool explain_tls_1_3(const struct explain_connection *c);

/* A note on what was read out of a record; its wire is still to be set. */
void explain_tls_say(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     unsigned depth, int64_t at_ns, struct explain_tls_word word);

#endif
