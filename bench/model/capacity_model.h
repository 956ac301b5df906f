/* What a measured row would take with more clients, and on a longer network: closed forms over what
 * was measured. What loss would do is not among them, nor where a server is full: both were seen to
 * be wrong by a factor and more where they were measured. The assumptions, all of them:
 *
 *   clients      Each new client is like those measured: as many updates each, as often asked.
 *                Deliveries grow with the clients, but with their square where each client sends to
 *                all others (clients send, and there are no rooms). Rooms keep their size.
 *   CPU          Each delivery costs the server what it cost in the measurement: cores = CPU
 *                seconds per second. What a publication costs once is included, so the model
 *                errs upwards.
 *   network      Bytes and packets per delivery stay; bandwidth is both ways together, and each
 *                way has the share that the model (predict.h) says.
 *   pollers      A short poll by the clock comes every interval, whether there is something or not.
 *   memory       What the server has before the first client, and as much more for each. The
 *                kernel's is for both ends of each connection.
 *   sockets      One per client; two where a client sends by HTTP beside its transport.
 *   round trip   Latency grows with the part of it in the transport's worst case: half for streams
 *                and short polls, one and a half for long polls, one more for each round trip of
 *                connecting (predict.h). Sending adds half, and over HTTP up to one more for the
 *                request before. Exact for what is pushed and for short polls that are back
 *                within their interval; else an upper bound, as long polls wait only when they are
 *                back late. Not where TCP's first flight is too small, nor where the link does more
 *                than delay (predict.h). */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/model/predict.h"

/* A row of run.json as the model sees it. NAN: not measured. */
struct capacity_model_load {
    double clients;
    double deliveries_hz; /* in the window, to all clients together */
    /* per delivery */
    double cpu_us, bytes, wire_bytes, packets, requests, handshakes;
    double up_share;                  /* of the wire's bytes what clients send, by predict.h */
    double memory_bytes;              /* of the server, per client */
    double memory_start_bytes;        /* before the first client; 0: not known */
    double kernel_bytes;              /* per connection, of both ends */
    struct predict_question question; /* the way, the link, the interval */
    double sockets_per_client;
    bool posts; /* clients send, by HTTP */
    bool crowd; /* every client receives what every client sends */
};
struct capacity_model_load capacity_model_load_of(const cJSON *run, const cJSON *row);

struct capacity_model_at {
    double clients, deliveries_hz, cores, bandwidth_bps, packets_hz, requests_hz, handshakes_hz;
    double up_bps, down_bps; /* NAN: only the sum is known */
    double memory_bytes, kernel_bytes, sockets;
};
struct capacity_model_at capacity_model_at(const struct capacity_model_load *l, double clients);
/* As JSON, the caller's. */
cJSON *capacity_model_describe(const struct capacity_model_at *at);

/* The round trip at which a measured latency reaches limit_us; NAN when that is not known. */
struct capacity_model_rtt {
    double us;
    bool at_least; /* the limit may be met beyond, too */
};
/* upstream: measured from a client that sends. */
struct capacity_model_rtt capacity_model_rtt_of_latency(const struct capacity_model_load *l,
                                                        double measured_us, double limit_us,
                                                        bool upstream);
