/* What a measured row would take with more clients, on a longer network, with more loss: closed
 * forms over what was measured. The assumptions, all of them:
 *
 *   clients      Each new client is like those measured: as many updates each, as often asked.
 *                Deliveries grow with the clients, but with their square where each client sends to
 *                all others (clients send, and there are no rooms). Rooms keep their size.
 *   CPU          Each delivery costs the server what it cost in the measurement: cores = CPU
 *                seconds per second. What a publication costs once is included, so the model
 *                errs upwards.
 *   network      Bytes and packets per delivery stay; bandwidth is both ways together.
 *   pollers      A short poll comes every interval, whether there is something or not.
 *   memory       What the server has before the first client, and as much more for each. The
 *                kernel's is for both ends of each connection.
 *   sockets      One per client; two where a client sends by HTTP beside its transport.
 *   fan-out      One core sends to one client after the other: of a publication to all, the
 *                client at share p waits p × clients × CPU per delivery longer.
 *   round trip   Latency grows with the part of it in the transport's worst case: half for streams
 *                and short polls, one and a half for long polls, one more for each round trip of
 *                connecting (predict.h). Sending adds half, and over HTTP up to one more for the
 *                request before.
 *   loss         A lost segment comes again after R + 200 ms (RFC 6298 with Linux' floor), and
 *                delays what follows on its connection. An update is exposed in one packet
 *                where it is pushed, in two where it is asked for, in four where a connection is
 *                made for it. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/result/predict.h"

/* A row of run.json as the model sees it. NAN: not measured. */
struct capacity_model_load {
    double clients;
    double deliveries_hz; /* in the window, to all clients together */
    /* per delivery */
    double cpu_us, bytes, wire_bytes, packets, requests, handshakes;
    double memory_bytes;       /* of the server, per client */
    double memory_start_bytes; /* before the first client; 0: not known */
    double kernel_bytes;       /* per connection, of both ends */
    double rtt_us;             /* of the link; NAN: not known */
    bool lossy;                /* the link loses packets already */
    enum predict_way way;
    double connect_rtts, interval_us;
    double sockets_per_client;
    bool posts; /* clients send, by HTTP */
    bool crowd; /* every client receives what every client sends */
    bool rooms; /* a publication goes to a room, not to all */
};
struct capacity_model_load capacity_model_load_of(const cJSON *run, const cJSON *row);

struct capacity_model_at {
    double clients, deliveries_hz, cores, bandwidth_bps, packets_hz, requests_hz, handshakes_hz;
    double memory_bytes, kernel_bytes, sockets;
};
struct capacity_model_at capacity_model_at(const struct capacity_model_load *l, double clients);

/* The most clients that the server's cores suffice for. */
double capacity_model_clients_of_cores(const struct capacity_model_load *l, double cores);

/* The most clients at which a measured latency (of share, 0.99) stays within limit_us, when each
 * client more adds its share of the fan-out. INFINITY: any number. */
double capacity_model_clients_of_latency(const struct capacity_model_load *l, double measured_us,
                                         double share, double limit_us);

/* The round trip at which a measured latency reaches limit_us; NAN when the link's is not known.
 * upstream: it is measured from a client that sends. */
double capacity_model_rtt_of_latency(const struct capacity_model_load *l, double measured_us,
                                     double limit_us, bool upstream);

/* The packet loss (0 to 1) at which share of the updates no longer come within limit_us. NAN when
 * one retransmission still fits, when the link loses already, or its round trip is not known. */
double capacity_model_loss_of_latency(const struct capacity_model_load *l, double measured_us,
                                      double limit_us, double share);
