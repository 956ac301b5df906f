/* Labels for the packets of one TCP connection, for a picture: "GET /poll?since=17", "200 OK + 2
 * updates (18, 19)", "event id: 18", "TLS ClientHello". Bytes go in, in the order in which they
 * were sent, labels come out; no I/O. The bytes are untrusted: labels are short and printable
 * ASCII; if a stream can't be understood any more, the label only says that something was sent. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/ladder/ladder.h"

enum { STREAM_LABEL_UPDATES = 16 }; /* remembered one by one; more are counted */

struct stream_label {
    enum ladder_kind kind;
    char text[LADDER_LABEL_CHARS];
    bool begins_request; /* the first bytes of a request are in it */
    bool answers;        /* the last bytes of a response, or the head of a streamed one */
    bool tls;            /* TLS records */
    bool housekeeping;   /* a request to the server's own pages (/stats, ...) */
    unsigned updates;
    struct {
        uint64_t seq;
        int64_t t_ns;
    } update[STREAM_LABEL_UPDATES];
};

struct stream_labels;

/* NULL when out of memory. */
struct stream_labels *stream_labels_new(void);

/* The next len > 0 bytes that the client (up) or the server sent. Never fails: what it can't read
 * or store is "part of a message". */
void stream_labels_feed(struct stream_labels *t, bool up, const uint8_t *data, size_t len,
                        struct stream_label *out);

/* Bytes of that side are missing: nothing that follows can be understood. */
void stream_labels_lose(struct stream_labels *t, bool up);

void stream_labels_free(struct stream_labels *t); /* NULL is ignored */
