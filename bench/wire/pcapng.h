/* The pcapng capture format (draft-ietf-opsawg-pcapng), writing side: blocks appended to a
 * buffer. Little-endian whatever the machine. No I/O.
 *
 * The file has two interfaces, "client" and "server", the two ends of the link. A packet
 * that is captured at both has the same epb_packetid there. Timestamps are nanoseconds. */
#ifndef PUSHLAB_LINK_PCAPNG_H
#define PUSHLAB_LINK_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

enum pcapng_interface { PCAPNG_CLIENT, PCAPNG_SERVER };

struct pcapng_packet {
    enum pcapng_interface interface;
    bool outbound;    /* leaving the interface, else arriving at it (epb_flags, §4.3.1) */
    int64_t unix_ns;  /* since 1970 */
    uint64_t id;      /* epb_packetid */
    const void *data; /* an IP packet (LINKTYPE_RAW) */
    size_t len;
    const char *comments[2]; /* NULL: none */
};

/* The section header and both interface descriptions; comment describes the capture, may be
 * NULL. 0 or PL_ENOMEM. */
int pcapng_write_header(struct buf *out, const char *comment);

/* One enhanced packet block. 0 or PL_ENOMEM. */
int pcapng_write_packet(struct buf *out, const struct pcapng_packet *p);

#endif
