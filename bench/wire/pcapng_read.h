/* The pcapng capture format (draft-ietf-opsawg-pcapng), reading side, for files that the link
 * wrote (bench/wire/pcapng.h): little-endian, one section, the interfaces "client" and
 * "server", raw IP packets whole, nanoseconds. Anything else is refused with a reason, not
 * guessed at; unknown options are stepped over. No I/O; nothing outside the bytes is read,
 * whatever they claim. */
#ifndef PUSHLAB_PCAPNG_READ_H
#define PUSHLAB_PCAPNG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/wire/pcapng.h"

struct pcapng_text { /* points into the file, not NUL-terminated; empty: absent */
    const char *at;
    size_t len;
};

enum { PCAPNG_COMMENTS = 2 }; /* further ones are stepped over */

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

/* The next packet. 1, 0 at the end of the file, PL_EPROTO, or PL_EOF when it was cut in the
 * middle of a block (whoever wrote it died): what came before is good. After a negative return
 * or 0, every further call returns the same; r->at is where it happened. */
int pcapng_read_packet(struct pcapng_reader *r, struct pcapng_record *out);

/* Unix time - CLOCK_MONOTONIC in ns, as the section's comment says. False: it does not. */
bool pcapng_read_offset(const struct pcapng_reader *r, int64_t *out);

#endif
