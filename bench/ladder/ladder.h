/* A ladder diagram's contents: what one client and the server exchange, as a list of steps. Each
 * step is a packet with the times of its departure and its arrival, and a label that says what is
 * in it. ladder_read.h makes it from a capture, ladder_svg.h draws it. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

enum { LADDER_LABEL_CHARS = 72, LADDER_STEPS_MAX = 4096, LADDER_CONNECTIONS_MAX = 256 };

#define LADDER_NEVER INT64_MAX

/* What is drawn, and which packets of the capture. Zero: the defaults. */
struct ladder_about {
    const char *row; /* "sse", "short-poll+close": the title; NULL: none */
    /* Not NULL: an explained exchange, not a row of a run. A transport's name, or a title of its
     * own; with such a title, how says what it shows. sum: its totals, two lines. */
    const char *exchange, *how, *sum[2];
    const char *link; /* "rtt=50ms"; NULL: unknown */
    int64_t max_ns;   /* of the capture, from the client's first packet; 0: 10 s */
    size_t max_steps; /* labelled ones; 0: 24 */
    /* In the capture. 0 or 1: every connection is the one client's, in order of time. More: only
     * the first connection is drawn. */
    unsigned clients;
    /* Not NULL: only these connections, whatever clients says and whatever they request. */
    const uint16_t *client_ports;
    size_t client_port_count;
};

enum ladder_kind { /* in the order in which the legend explains them */
                   LADDER_HANDSHAKE,
                   LADDER_REQUEST,
                   LADDER_RESPONSE, /* without an update */
                   LADDER_DATA,     /* carries an update, or other data of the server */
                   LADDER_MESSAGE,  /* from the client: neither a request nor a response */
                   LADDER_CONTROL,  /* hellos, heartbeats, ping, pong */
                   LADDER_TEARDOWN, /* FIN, RST, WebSocket close */
                   LADDER_ACK,      /* nothing but an acknowledgment: never labelled */
                   LADDER_KINDS,
};

/* All times are nanoseconds since the client's first departure. */
struct ladder_step {
    bool up; /* from the client to the server */
    bool lost;
    bool again; /* a retransmission */
    enum ladder_kind kind;
    unsigned connection; /* 1, 2, ... in order of appearance */
    int64_t sent_ns;
    int64_t arrived_ns;    /* LADDER_NEVER: lost, or not before the capture ended */
    int64_t delivered_ns;  /* when all bytes up to its last one had arrived, retransmitted or not */
    uint32_t bytes;        /* of the IP packet */
    unsigned updates;      /* that are complete with it; of several copies, the first to arrive */
    int64_t oldest_age_ns; /* of the oldest of those, on delivery; -1: unknown */
    char label[LADDER_LABEL_CHARS]; /* printable ASCII; "" for LADDER_ACK */
};

enum ladder_span_kind { LADDER_SPAN_TCP, LADDER_SPAN_TLS, LADDER_SPAN_EXCHANGE };

/* A wait of the client: from the departure of its request to the delivery of the response. */
struct ladder_span {
    enum ladder_span_kind kind;
    size_t from, to;  /* steps */
    int64_t begin_ns; /* steps[from] departs */
    int64_t end_ns;   /* steps[to] is delivered; LADDER_NEVER */
    int64_t held_ns;  /* exchanges: between the request's arrival and the answer's departure */
    unsigned round_trips;
    bool repeated; /* something in it had to be sent again */
};

struct ladder_update {
    uint64_t seq;
    int64_t published_ns;
    size_t step; /* that delivers it first */
};

struct ladder {
    struct ladder_step *steps; /* in order of departure */
    size_t count;
    struct ladder_span *spans; /* in order of their ends */
    size_t span_count;
    struct ladder_update *updates; /* in order of delivery */
    size_t update_count;
    unsigned connections;
    bool encrypted;     /* TLS: updates and exchanges are not known */
    bool sketched;      /* from the client's transcript: steps are messages, not packets */
    int64_t one_way_ns; /* the median step's */
};

/* Totals of the first `steps` steps, by until_ns. */
struct ladder_counts {
    unsigned packets, lost, again, acks;
    uint64_t bytes;
    unsigned handshakes, round_trips; /* completed */
    unsigned updates;                 /* delivered */
};

/* Count in l's first `steps` steps what has happened by until_ns. */
void ladder_count(const struct ladder *l, size_t steps, int64_t until_ns,
                  struct ladder_counts *out);

void ladder_free(struct ladder *l);
