/* TCP as the ladder sees it: packets of several connections in order of departure, each told
 * apart as first copy or retransmission and named by what it carries (stream_labels.h). Because
 * every departure is in the capture, even of packets that are lost, the sender's bytes come in
 * order and nothing has to be put together. No I/O. */
#ifndef PUSHLAB_LADDER_FLOW_H
#define PUSHLAB_LADDER_FLOW_H

#include "lib/base/buf.h"
#include "bench/ladder/ladder.h"
#include "bench/ladder/stream_labels.h"
#include "bench/wire/packet.h"

#define LADDER_NONE SIZE_MAX

struct ladder_seen {
    struct ladder_step step; /* times in Unix time; connection not set */
    uint64_t id;
    uint32_t sequence, length; /* length: sequence numbers it takes up */
    size_t flow;
    size_t original; /* LADDER_NONE: it is no retransmission */
};

struct ladder_side {
    bool synced;          /* next is known */
    uint32_t next;        /* sequence number that would be new */
    int64_t delivered_ns; /* of all before it: filled in by ladder.c */
};

struct ladder_flow {
    uint8_t addresses[32]; /* client's, server's: as many bytes as the version has */
    uint8_t version;
    uint16_t client_port, server_port;
    unsigned number;  /* given in the end, 0: none */
    bool ignored;     /* no part of the picture: none of its steps is kept */
    bool asked;       /* the client has sent something */
    bool encrypted;   /* it speaks TLS */
    bool established; /* the handshake's third packet has passed */
    int64_t begin_ns;
    struct ladder_side side[2]; /* by direction: [true] is the client's */
    struct stream_labels *talk; /* owned */
    size_t syn, request;        /* steps that wait for an answer, or LADDER_NONE */
    size_t tls_span;            /* in spans, while it may still grow; or LADDER_NONE */
};

struct ladder_flows {
    const struct ladder_about *about;
    struct ladder_seen *seen;
    size_t seen_count;
    struct ladder_flow *flows;
    size_t flow_count;
    struct buf spans;   /* of struct ladder_span: steps are indices into seen */
    struct buf updates; /* of struct ladder_update: likewise; published_ns is t */
};

/* about must outlive f. 0 or PL_ENOMEM. */
int ladder_flows_init(struct ladder_flows *f, const struct ladder_about *about);

/* A packet departs. 1; 0 when there is no more room and nothing later can matter; PL_EPROTO:
 * it is earlier than the one before; PL_ENOMEM. */
int ladder_flows_sent(struct ladder_flows *f, const struct packet *p, bool up, bool lost,
                      uint64_t id, int64_t unix_ns);

/* The packet of that number arrives. */
void ladder_flows_arrived(struct ladder_flows *f, uint64_t id, int64_t unix_ns);

/* When the first connection that is not ignored began; LADDER_NEVER: there is none yet. */
int64_t ladder_flows_begin_ns(const struct ladder_flows *f);

/* All packets are in: number the connections of the picture. Returns how many there are. */
unsigned ladder_flows_number(struct ladder_flows *f);

void ladder_flows_free(struct ladder_flows *f);

#endif
