/* What theory says a row must measure, before it is measured: closed forms from the scenario
 * and the link's round trip, to compare a surprising chart with.
 *
 * With T the mean gap between updates, R the round trip, D the server's own delay and
 * d = R/2 + D:
 *
 *   stream, sse, websocket   latency d; no request and no handshake in the window;
 *                            age d + E[gap²]/2E[gap]: d + T/2 at a fixed pace, d + T for Poisson
 *   short-poll, interval I   latency uniform over (d, d + I); age I/2 more than the above;
 *                            T/I requests per update; empty when no update falls into an interval
 *   long-poll                after an answer the client is away for A = R, or with a connection
 *                            per request 2R and more, and for a random wait, on average half of
 *                            the longest; what is published meanwhile waits for the rest of A and
 *                            shares one answer. So d at best and d + A at worst: one to three
 *                            transits (RFC 6202 §2.2), and the wait. For Poisson in closed form; of
 *                            updates at known moments, polls are followed one by one
 *
 * The model knows delay only: no bandwidth, no loss, no jitter, and computers that take no time.
 * What a run measures beyond it is the time they do take. It names no latency, but a reason, where
 * the link does more than delay, where what is sent at once is more than TCP's first flight, and
 * where the result is chance: polls that return just when the next update is due, or a whole
 * number of gaps later, wait long or not at all by a millisecond's difference. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

enum predict_way { PREDICT_NONE, PREDICT_SHORT_POLL, PREDICT_LONG_POLL, PREDICT_PUSH };
enum predict_pace { PREDICT_UNKNOWN, PREDICT_FIXED, PREDICT_POISSON, PREDICT_BURSTS };

struct predict_question {
    enum predict_way way;
    double interval_us, hold_us;      /* of short and long polls */
    double connect_rtts;              /* round trips before each request: 0 on a kept connection,
                                       * 1 for TCP's handshake, 2 with TLS 1.3's */
    double pause_us;                  /* longest of a long poll's random waits after an answer */
    double rtt_us;                    /* NAN: the link is not known */
    double delay_us;                  /* the server holds each update that long */
    enum predict_pace pace;           /* UNKNOWN: only rate_hz is known, as with a trace */
    double rate_hz;                   /* updates a second, over all */
    double burst_on_us, burst_off_us; /* the whole rate is spent in the on-phases */
    const char *link_effect;          /* "the link loses packets"; NULL: it only delays */
    double update_bytes;              /* as JSON; 0: small */
    double window_us, clients;        /* 0: long, many */
};

/* NAN where nothing is predicted. */
struct predict_answer {
    double latency_mean_us, latency_max_us; /* due to receipt */
    double age_mean_us;
    double requests_per_update, empty_response_ratio, handshakes_per_update;
    const char *why; /* no latency is predicted: a clause, static; else NULL */
};

struct predict_answer predict(const struct predict_question *q);

/* Does the link only delay, and does what is sent at once fit into TCP's first flight? */
bool predict_knows_network(const struct predict_question *q);

/* The question that a row of run.json asks. The link is known when it is loopback (a round
 * trip of 0) or the run says rtt_ms. way is PREDICT_NONE for a transport of another kind. */
struct predict_question predict_question_of(const cJSON *run, const cJSON *row);
