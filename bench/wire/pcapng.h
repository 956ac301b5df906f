/* The pcapng capture format (draft-ietf-opsawg-pcapng), as the emulated link writes it: one
 * section, little-endian on every machine, two interfaces, "client" and "server" (the two ends of
 * the link), raw IP packets in full, timestamps in nanoseconds. A packet that is captured at both
 * ends has the same epb_packetid there.
 *
 * Wireshark takes a second sighting of a packet for a retransmission. So a capture of both ends has
 * the client's view in enhanced packet blocks, and the server's in blocks of a type for local use,
 * which other programs skip. Captures of older versions have both in enhanced packet blocks: they
 * are read as well. No I/O.
 *
 * The reader accepts such files and no others: anything else is refused with a reason. Unknown
 * options are skipped. Nothing outside the given bytes is read, whatever lengths they contain. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

enum pcapng_interface { PCAPNG_CLIENT, PCAPNG_SERVER };

/* ---- writing ---- */

struct pcapng_packet {
    enum pcapng_interface interface;
    bool outbound;    /* leaving the interface, else arriving at it (epb_flags, §4.3.1) */
    bool other_end;   /* in a block that other programs skip */
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

/* ---- reading ---- */

struct pcapng_text { /* points into the file, not NUL-terminated; empty: absent */
    const char *at;
    size_t len;
};

enum { PCAPNG_COMMENTS = 2 }; /* further ones are skipped */

struct pcapng_record {
    enum pcapng_interface interface;
    bool outbound;       /* leaving the interface, else arriving at it */
    int64_t unix_ns;     /* since 1970 */
    uint64_t id;         /* the same packet at the other interface has the same */
    const uint8_t *data; /* an IP packet; points into the file */
    size_t len;
    struct pcapng_text comments[PCAPNG_COMMENTS];
};

struct pcapng_reader {
    const uint8_t *data;
    size_t len, at;
    struct pcapng_text comment; /* of the section: what was captured */
    const char *error;          /* after PL_EPROTO: why, a constant phrase */
};

/* Read the section header and both interfaces. data must outlive the reader. 0, PL_EPROTO, or
 * PL_EOF when the file ends before that. */
int pcapng_read_header(struct pcapng_reader *r, const void *data, size_t len);

/* The next packet. 1, 0 at the end of the file, PL_EPROTO, or PL_EOF when the file ends in the
 * middle of a block (its writer crashed): the packets before are valid. After a negative return or
 * 0, every further call returns the same; r->at is where it happened. */
int pcapng_read_packet(struct pcapng_reader *r, struct pcapng_record *out);

/* Unix time - CLOCK_MONOTONIC in ns, from the section's comment. False: it has none. */
bool pcapng_read_offset(const struct pcapng_reader *r, int64_t *out);
