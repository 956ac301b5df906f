/* From TCP segments (bench/wire/dissector.h) to the steps of a ladder: each is named by what it
 * carries (stream_labels.h), requests are matched with their answers. No I/O. */
#pragma once

#include "bench/ladder/ladder.h"
#include "bench/wire/dissector.h"

/* Read a capture of both ends of the link. Requests to the server's own pages (/stats, /time, ...)
 * are left out, with their connections, unless about lists connections. 0, PL_ENOMEM, or PL_EINVAL
 * with the line in e: not a capture of ours, of one end of the link only, or without a connection.
 * On failure there is nothing to free. */
int ladder_read(struct ladder *out, const void *pcapng, size_t len,
                const struct ladder_about *about, struct err_text *e);

/* The same from segments that were not captured: the caller computes them from a transcript, and
 * lists them in its order. Of each it sets connection (at most LADDER_CONNECTIONS_MAX), up, flags,
 * payload, payload_bytes, ip_bytes, sent_ns, arrived_ns. They are sorted. Sets out->sketched. 0,
 * PL_ENOMEM, or PL_EINVAL (there are none) with the line in e. */
int ladder_sketch(struct ladder *out, struct wire_segment *segments, size_t count,
                  struct err_text *e);
