/* Captures of both ends of the emulated link, dissected into TCP segments (RFC 9293): which
 * connection each belongs to, when it left and when it arrived, whether it was sent before, and
 * when the receiving TCP could deliver its bytes.
 *
 * Every departure is in such a capture, also of packets that the link drops. So the bytes of each
 * sender come in order, and nothing has to be reassembled to read them: the payload of a segment
 * behind its again_bytes continues that of the segments before it, unless it has a gap.
 *
 * No I/O. The capture is untrusted: nothing outside it is read, and memory and time are bounded by
 * its size. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "bench/wire/packet.h"
#include "bench/wire/pcapng.h"

#define WIRE_NEVER INT64_MAX
#define WIRE_NONE  SIZE_MAX

/* Times are CLOCK_MONOTONIC where the capture says how to compute it, else Unix time. */
struct wire_segment {
    unsigned connection; /* 1, 2, ... in order of their first segments; 0: to be ignored */
    bool up;             /* from the client to the server */
    bool lost;           /* dropped by the link */
    bool again;          /* a retransmission: its sender had sent all of it before */
    bool gap;            /* bytes before it, in its direction, are not in the capture */
    uint8_t flags;       /* enum packet_tcp_flag */
    uint16_t client_port;
    uint32_t first_sequence; /* the number that is counted as 0 in this direction */
    uint32_t sequence;       /* relative to that: SYN is 0, the first byte 1 */
    uint32_t acknowledgment; /* relative to the other direction's; without ACK: 0 */
    uint32_t length;         /* sequence numbers that it takes up: payload, SYN, FIN */
    const uint8_t *payload;  /* points into the capture */
    uint32_t payload_bytes;
    uint32_t again_bytes; /* of the payload, from its front, that had been sent before */
    uint32_t ip_bytes;    /* of the whole packet */
    int64_t sent_ns;
    int64_t arrived_ns;   /* WIRE_NEVER: lost, or not before the capture ended */
    int64_t delivered_ns; /* when it and all bytes before it had arrived, in any copy */
    size_t original;      /* of a retransmission: the first copy, or WIRE_NONE */
    size_t first_copy;    /* of an original: which copy arrived first; itself if none did */
    uint64_t id;          /* of the packet, in the capture */
    /* Of a SYN (RFC 9293 §3.7.1, RFC 7323, RFC 2018): */
    uint16_t mss_bytes;  /* 0: absent */
    int8_t window_shift; /* -1: absent */
    bool sack, timestamps;
    /* For the caller, who may list segments in another order; not set here. */
    int64_t order_ns;
};

struct wire_side { /* what one direction of a connection has sent */
    bool known;
    uint32_t first, next; /* sequence numbers: the first seen, the one that would be new */
    int64_t delivered_ns; /* of everything before next */
};

struct wire_connection {
    uint8_t version, addresses[32]; /* the client's, then the server's at 16 */
    uint16_t client_port, server_port;
    int64_t begin_ns;
    bool ignored;             /* set by the caller: further segments are left out */
    struct wire_side side[2]; /* by direction: [true] is the client's */
    size_t older;             /* index of the one before with the same client port, or WIRE_NONE */
};

struct wire_dissector {
    struct wire_segment *segments; /* in order of departure */
    size_t count;
    struct wire_connection *connections; /* segment.connection - 1 is the index */
    size_t connection_count;
    bool monotonic; /* times are CLOCK_MONOTONIC */

    /* The caller may set these between begin and next: */
    bool (*wants)(void *arg, uint16_t client_port); /* asked at each segment of a connection that
                                                     * is not recorded; NULL: all are wanted */
    void *arg;
    int64_t since_ns; /* with it: leave out what departs more than max_ns after it, and stop */
    int64_t max_ns;   /*   reading some time later; WIRE_NEVER: read all */

    struct pcapng_reader reader;
    int64_t offset_ns;
    uint32_t cap, connection_cap;
    size_t *newest; /* by client port: the newest connection, or WIRE_NONE */
};

/* Read the head of the capture, which must outlive the dissector. 0, or negative with the line in
 * e; wire_dissector_free() is due in either case. */
int wire_dissector_begin(struct wire_dissector *d, const void *pcapng, size_t len,
                         struct err_text *e);

/* Read on until another segment has departed, which is then the last of segments; arrivals on the
 * way are noted in theirs. 1; 0 at the end (a capture that was cut short ends at the cut); or
 * negative with the line in e. Segments may move in memory. */
int wire_dissector_next(struct wire_dissector *d, struct err_text *e);

/* All has been read: set delivered_ns and first_copy of all segments. */
void wire_dissector_finish(struct wire_dissector *d);

void wire_dissector_free(struct wire_dissector *d);

/* When it left the client or arrived there; of one that did not, when it left the server. */
int64_t wire_segment_client_ns(const struct wire_segment *s);

/* Is it only an acknowledgment? */
bool wire_segment_is_ack(const struct wire_segment *s);
