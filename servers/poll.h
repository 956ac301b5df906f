/* Short and long polling (RFC 6202 §2): a request carries a cursor, a response carries what
 * is newer. Short polling is long polling with a hold time of zero. */
#ifndef PUSHLAB_POLL_H
#define PUSHLAB_POLL_H

#include <stdbool.h>
#include <stdint.h>

#include "http_session.h"

struct poll_request {
    uint64_t cursor;
    int64_t hold_ns; /* as the client wishes it, bounded by the server; 0: answer at once */
};

/* Read since=, timeout= (milliseconds) and Prefer: wait= (seconds, RFC 7240 §4.3). Without
 * since the cursor is the newest update. On false a 400 has been sent. */
bool poll_parse(struct peer *p, const struct http_request *req, struct poll_request *out);

/* Read since= alone, for the transports that stream. The same answer on error. */
bool poll_parse_since(struct peer *p, const struct http_request *req, uint64_t *cursor);

/* Answer now: 200 with the updates after cursor, or 204. */
void poll_answer(struct peer *p, uint64_t cursor);

#endif
