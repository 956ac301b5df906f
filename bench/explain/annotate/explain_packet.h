/* TCP packets of the emulated link, out of a capture of both its ends. No I/O. */
#ifndef PUSHLAB_EXPLAIN_PACKET_H
#define PUSHLAB_EXPLAIN_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

struct explain_packet {
    unsigned connection; /* of the transcript; 0: nobody's. The reader of both fills it in */
    bool up;             /* from the client to the server */
    bool lost;
    bool again;           /* its sender had sent all of it before */
    uint32_t again_bytes; /* of the payload, that it had sent before */
    uint8_t flags;        /* enum packet_tcp_flag */
    uint16_t client_port, server_port;
    uint32_t sequence, acknowledgment;
    uint32_t payload_bytes, ip_bytes;
    uint16_t window; /* as it stands in the header, not scaled */
    int64_t sent_ns,
        arrived_ns;   /* CLOCK_MONOTONIC; INT64_MAX: did not arrive while it was watched */
    int64_t order_ns; /* where it stands among what the client noted: see explain_packets_read() */
    /* Of a SYN (RFC 9293 §3.7.1, RFC 7323, RFC 2018): */
    uint16_t mss_bytes;  /* 0: not said */
    int8_t window_shift; /* -1: not said */
    bool sack, timestamps;
};

/* When it left the client or came in there; of one that did not, when it left the server. */
static inline int64_t explain_packet_at_ns(const struct explain_packet *p)
{
    return p->up || p->arrived_ns == INT64_MAX ? p->sent_ns : p->arrived_ns;
}

/* Read all of them, in order of order_ns. That is explain_packet_at_ns(), but for an acknowledgment
 * of the client's it is the time of what it acknowledges: the kernel sends it before the client
 * hears of anything, even if the wire sees it a little later. *out is the caller's to free().
 * 0, PL_ENOMEM, or PL_EINVAL with the line in e. */
int explain_packets_read(struct explain_packet **out, size_t *count, const void *pcapng, size_t len,
                         struct err_text *e);

/* The client has asked for its FIN at shut_ns: there the first one gets its place, if need be
 * behind what was under way before it, for by when the wire sees it the client may have noted what
 * it does next. A FIN of the server's that left before the client's stands before it, too. Then
 * put them in order again. */
void explain_packets_place_fin(struct explain_packet *packets, size_t count, unsigned connection,
                               int64_t shut_ns);

#endif
