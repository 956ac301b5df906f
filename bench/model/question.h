/* What is asked of the model, and what it answers (predict.h). */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/link/path/link_path.h"
#include "lib/proto/request_heads.h"
#include "lib/proto/transport_info.h"

enum predict_way { PREDICT_NONE, PREDICT_SHORT_POLL, PREDICT_LONG_POLL, PREDICT_PUSH };
enum predict_pace { PREDICT_UNKNOWN, PREDICT_FIXED, PREDICT_POISSON, PREDICT_BURSTS };
/* When the next short poll leaves: by the clock; a pause after the answer; a pause that grows by
 * backoff_factor after each empty answer, up to interval_max_us, and begins anew after an update.
 */
enum predict_poll { PREDICT_CLOCK, PREDICT_PAUSE, PREDICT_BACKOFF };

struct predict_question {
    enum predict_way way;
    enum predict_poll poll;
    double interval_us, hold_us; /* of short and long polls */
    double interval_max_us, backoff_factor;
    double connect_rtts;              /* round trips before each request: 0 on a kept connection,
                                       * 1 for TCP's handshake, 2 with TLS 1.3's */
    double window_rtts;               /* round trips more that an answer takes in slow start;
                                       * predict() sets it */
    double pause_us;                  /* longest of a long poll's random waits after an answer */
    double rtt_us;                    /* NAN: the link is not known */
    double delay_us;                  /* the server holds each update that long */
    enum predict_pace pace;           /* UNKNOWN: only rate_hz is known, as with a trace */
    double rate_hz;                   /* updates a second, over all */
    double burst_on_us, burst_off_us; /* the whole rate is spent in the on-phases */
    const char *link_effect;          /* "the link loses packets"; NULL: it only delays */
    struct link_model up, down;       /* the link both ways, if it does more; up: to the server */
    double line_us;                   /* what sending takes of an exchange, and how long answers */
    double queue_us;                  /* queue at most; predict() sets them */
    double update_bytes;              /* as JSON; 0: small */
    double window_us, clients;        /* 0: long, many */
    /* for bytes only */
    enum transport_id transport;
    enum request_heads heads;
    bool on_wire, ip6;         /* packets are counted: not on loopback */
    bool tls, tls12, tls_full; /* full: no session is resumed */
    double asked_hold_us;      /* as the request says it */
    double seq;                /* of an update in the middle of the window */
    char host[80];             /* Host: */
};

/* NAN where nothing is predicted. */
struct predict_answer {
    double latency_mean_us, latency_max_us; /* due to receipt */
    double latency_p50_us, latency_p90_us, latency_p99_us;
    double age_mean_us;
    double requests_per_update, empty_response_ratio, handshakes_per_update;
    double payload_bytes_per_update, framing_bytes_per_update;
    double wire_bytes_per_update, packets_per_update; /* IP packets, both ways */
    double wire_up_bytes_per_update;                  /* of that what clients send */
    const char *why; /* no latency is predicted: a clause, static; else NULL */
};

/* The question that a row of run.json asks. The link is known when it is loopback (a round
 * trip of 0) or the run says rtt_ms. way is PREDICT_NONE for a transport of another kind. */
struct predict_question predict_question_of(const cJSON *run, const cJSON *row);
