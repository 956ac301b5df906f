/* Short and long polling (RFC 6202 §2): a request carries a cursor, a response carries what
 * is newer. Short polling is long polling with a hold time of zero. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "servers/http/http_session.h"
#include "servers/hub/hub.h"
#include "servers/hub/selection.h"

/* What a request wants to read: which channels, and from where on. */
struct reading {
    struct subscription *to; /* a reference */
    uint64_t cursor;         /* HUB_FROM_NOW without since */
    bool restarted;          /* the client's was of another epoch: it is 0 now, and this is told */
};

/* Read since=, channel= and latest=, for every transport; last_event_id, if it is a cursor, counts
 * instead of since (NULL: none). On false it has been answered: 400, or
 * 503 when there are too many channels. On true poll_release_reading() when done. */
bool poll_parse_reading(struct peer *p, const struct http_request *req, const char *last_event_id,
                        struct reading *out);
void poll_release_reading(struct reading *reading);

/* Read timeout= (milliseconds) or Prefer: wait= (seconds, RFC 7240 §4.3): how long the client
 * is ready to wait, at most --max-hold. On false a 400 has been sent. */
bool poll_parse_hold(struct peer *p, const struct http_request *req, int64_t *hold_ns);

/* Answer now: 200 with what there is to read, or 204. Equal answers are made once, unless
 * --poll-cache is no. */
void poll_answer(struct peer *p, const struct reading *reading);
/* Free the answers that c->poll_cache keeps. */
void poll_free(struct http_context *c);
