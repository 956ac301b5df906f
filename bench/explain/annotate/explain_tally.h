/* What an exchange adds up to. Bytes and packets by direction: [true] is the client's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct explain_tally {
    unsigned handshakes, tls_handshakes, resumptions;
    unsigned round_trips; /* that the client waited for: handshakes and answers */
    unsigned requests, responses, frames, updates;
    uint64_t head_bytes[2], framing_bytes[2], payload_bytes[2];
    uint64_t record_bytes[2]; /* with TLS: all that TCP carried */
    uint64_t packets[2];
    uint64_t kernel_segments[2]; /* without a capture: packets, as the client's kernel counts */
    uint64_t packet_bytes[2];    /* of whole IP packets: headers, and payload old and new */
    uint64_t header_bytes[2];    /* of TCP/IP */
    uint64_t again_bytes[2];     /* payload that had been sent before */
    unsigned pure_acks, lost, again;
};

enum explain_tally_when { /* when is it known, and the same each time? */
                          EXPLAIN_TALLY_ALWAYS,
                          EXPLAIN_TALLY_DIFFERS,  /* from one exchange to the next */
                          EXPLAIN_TALLY_CAPTURED, /* the same, and only if packets were captured */
                          EXPLAIN_TALLY_UNSEEN,   /* the same, and only if not */
};

struct explain_tally_field {
    const char *name; /* in JSON */
    size_t offset;    /* of an unsigned, or of an uint64_t[2] */
    bool by_direction;
    enum explain_tally_when when;
};

extern const struct explain_tally_field explain_tally_fields[]; /* last: name NULL */

void explain_tally_add(struct explain_tally *to, const struct explain_tally *t);
