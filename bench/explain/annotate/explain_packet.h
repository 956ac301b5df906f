/* TCP packets of the emulated link, out of a capture of both its ends. No I/O. */
#ifndef PUSHLAB_EXPLAIN_PACKET_H
#define PUSHLAB_EXPLAIN_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "bench/wire/dissector.h"

/* When it left the client or came in there; of one that did not, when it left the server. */
static inline int64_t explain_packet_at_ns(const struct wire_segment *p)
{
    return p->up || p->arrived_ns == WIRE_NEVER ? p->sent_ns : p->arrived_ns;
}

/* Read all of them, in order of order_ns. That is explain_packet_at_ns(), but for an acknowledgment
 * of the client's it is the time of what it acknowledges: the kernel sends it before the client
 * hears of anything, even if the wire sees it a little later. Their connection is 0, for the
 * caller to set to the transcript's. *out is the caller's to free().
 * 0, PL_ENOMEM, or PL_EINVAL with the line in e. */
int explain_packets_read(struct wire_segment **out, size_t *count, const void *pcapng, size_t len,
                         struct err_text *e);

/* The client has asked for its FIN at shut_ns: there the first one gets its place, if need be
 * behind what was under way before it, for by when the wire sees it the client may have noted what
 * it does next. A FIN of the server's that left before the client's stands before it, too. Then
 * put them in order again. */
void explain_packets_place_fin(struct wire_segment *packets, size_t count, unsigned connection,
                               int64_t shut_ns);

#endif
