/* The wire counter: counts TCP from the packets themselves (RFC 9293), per connection and in all,
 * as they enter the link. Its counts must agree with what client and server report. No I/O. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/writer.h"
#include "bench/link/link_spec.h"
#include "bench/wire/packet.h"

/* One direction of one connection, or of all. Every packet that was sent counts, also one
 * that the link then lost; its bytes are ip_header + tcp_header + payload. */
struct wire_counter_flow {
    uint64_t packets;
    uint64_t ip_header_bytes, tcp_header_bytes, payload_bytes;
    uint64_t syns, fins, rsts;    /* segments with the flag, repeated ones too; SYN with ACK too */
    uint64_t pure_ack_bytes;      /* all of those packets */
    uint64_t pure_acks;           /* ACK and nothing else: no payload, SYN, FIN or RST */
    uint64_t retransmissions;     /* segments that begin before the highest sequence number sent */
    uint64_t retransmitted_bytes; /* their payload */
    uint64_t lost;                /* dropped by the link */
};

struct wire_counter_key { /* the end points; unused bytes are zero, and there is no padding */
    uint8_t client[16], server[16];
    uint16_t client_port, server_port;
    uint32_t version; /* 4 or 6 */
};

struct wire_counter_sequence { /* what one direction has sent so far */
    bool started;
    uint32_t initial, next;
};

struct wire_counter_connection {
    struct wire_counter_key key;
    uint32_t number;  /* 1, 2, ... in order of appearance since the reset */
    bool stale;       /* was there before the reset */
    bool kept;        /* a packet of it got past the loss */
    bool closed;      /* RST, or FIN from both sides */
    bool established; /* SYN, SYN-ACK and the ACK of that were all seen and not lost */
    bool fin_seen[LINK_DIRECTIONS];
    enum link_direction opener;
    int64_t first_ns, last_ns;
    struct wire_counter_sequence sequence[LINK_DIRECTIONS];
    struct wire_counter_flow flow[LINK_DIRECTIONS];
};

struct wire_counter_totals {
    uint64_t connections;         /* seen since the reset */
    uint64_t handshakes;          /* of these, completed */
    uint64_t syn_retransmissions; /* SYNs, with or without ACK, sent again */
    struct wire_counter_flow flow[LINK_DIRECTIONS];
    /* Not in the above: */
    struct wire_counter_other {
        uint64_t packets, bytes;
    } stale[LINK_DIRECTIONS],       /* late packets of connections from before the reset */
        other[LINK_DIRECTIONS],     /* not TCP */
        fragments[LINK_DIRECTIONS], /* cannot be told */
        malformed[LINK_DIRECTIONS],
        untracked[LINK_DIRECTIONS]; /* the table of connections is full */
};

struct wire_counter {
    struct wire_counter_totals totals;
    /* The same flows, of packets that enter the link in [start, end): a run's window. */
    struct wire_counter_window {
        int64_t start_ns, end_ns; /* equal: none */
        struct wire_counter_flow flow[LINK_DIRECTIONS];
    } window;
    int64_t since_ns; /* of the last reset */
    struct wire_counter_connection *connections;
    uint32_t count, capacity;
    uint32_t *slots; /* hash table: index of a connection + 1, or 0 */
    uint32_t slot_count;
    uint32_t limit, next_number;
};

/* What one packet was; zero for anything that is not a counted TCP packet. */
struct wire_counter_sighting {
    uint32_t connection; /* its number, 0: none */
    bool first;          /* of that connection */
    bool first_kept;     /* the first of it that was not lost */
};

enum { WIRE_COUNTER_MAX_CONNECTIONS = 1 << 18 };

/* Zero counts from now on. 0 or PL_ENOMEM. */
int wire_counter_init(struct wire_counter *w, uint32_t max_connections, int64_t now_ns);
void wire_counter_free(struct wire_counter *w);

/* A packet enters the link; p is NULL when it could not be parsed, len its size then. lost:
 * the link dropped it. When memory runs out it is counted as untracked. */
struct wire_counter_sighting wire_counter_see(struct wire_counter *w, const struct packet *p,
                                              size_t len, enum link_direction direction, bool lost,
                                              int64_t now_ns);

/* Begin a new row: totals to zero. Connections known so far are stale from now on, so that a
 * FIN of the last row that is still under way does not count in this one. */
void wire_counter_reset(struct wire_counter *w, int64_t now_ns);

/* From now on count the packets of [start_ns, end_ns) apart as well, until the next reset. */
void wire_counter_set_window(struct wire_counter *w, int64_t start_ns, int64_t end_ns);

/* Write the totals as JSON members, without the braces: "connections":1,... ; docs/link.md
 * describes them. With max_connections > 0 also "list": that many connections at most. */
void wire_counter_json(const struct wire_counter *w, struct writer *out, uint32_t max_connections);
