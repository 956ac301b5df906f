/* Bytes and packets per update, from the heads and frames that the programs write (lib/proto).
 *
 * On the wire, IP packets both ways as Linux sends them: 32 bytes of TCP header (with time stamps),
 * 40 of a SYN. A segment is acknowledged by what is sent back within 40 ms (the delayed
 * acknowledgement). If nothing is, packets do it that carry nothing else: for each of the first
 * sixteen segments after a pause longer than the retransmission time-out or on a fresh connection;
 * else, and of more segments, as the program reads them: one for up to four, then about every
 * fourth. A connection per request costs the client SYN, ACK and FIN, and the server SYN, an ACK of
 * the request, FIN and an ACK. Pure. */
#pragma once

#include "bench/model/polls.h"

/* Fill in bytes and packets; p: NULL where updates are pushed. NAN stays where nothing is known. */
void bytes_predict(struct predict_answer *a, const struct predict_question *q,
                   const struct polls *p);

/* IP bytes of a request, and of an answer with so many updates, or of so many that are pushed. */
double bytes_up(const struct predict_question *q);
double bytes_down(const struct predict_question *q, double updates);
