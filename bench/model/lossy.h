/* Updates that are pushed over a link that does more than delay: jitter, a limited rate, loss.
 * There is no closed form for these together; a small simulation follows a few thousand updates to
 * each client, with a fixed seed, so the same question has the same answer.
 *
 * The link is as bench/link/path has it: packets are lost, then wait for the transmitter, then are
 * delayed, and keep their order. TCP as Linux has it, for one segment at a time: what is lost is
 * sent again when a later segment was acknowledged (RACK, RFC 8985: a round trip after that was
 * sent, and a quarter of one more at least), or after a round trip and 200 ms, doubled each
 * time; what came meanwhile waits for it. Left out: lost acknowledgements, congestion control, and
 * that what is sent again takes its turn at the transmitter. */
#pragma once

#include "bench/model/question.h"

struct lossy {
    double mean_us, p50_us, p90_us, p99_us, age_us; /* without what the server holds back */
};

/* False: not known (several segments at a time, a queue that overflows, no memory). */
bool lossy_push(struct lossy *out, const struct predict_question *q, double packet_bytes);

/* How long it takes to send so much: all lines of a link together are one transmitter. */
double lossy_air_us(const struct link_model *link, double bytes);
