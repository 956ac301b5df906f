/* Notes on an exchange: what was on the wire, what it means, and where that is defined. A tree,
 * stored as a list in reading order; depth is the depth in the tree. No I/O. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define EXPLAIN_NEVER INT64_MAX

enum explain_kind {
    EXPLAIN_STEP,    /* a heading: wire is its title, meaning the sentence below */
    EXPLAIN_WIRE,    /* something that was on the wire */
    EXPLAIN_INSIDE,  /* derived from it: not on the wire in this form */
    EXPLAIN_DRAWING, /* wire is lines of text, shown as they are */
    EXPLAIN_REMARK,  /* something else that happens meanwhile */
};

enum explain_way { EXPLAIN_NO_WAY, EXPLAIN_UP, EXPLAIN_DOWN }; /* up: client to server */

/* Numbers that a note is about, for programs. */
enum explain_fact { EXPLAIN_FACT_NONE, EXPLAIN_FACT_FRAME, EXPLAIN_FACT_PACKET };

struct explain_note_frame { /* RFC 6455 §5.2 */
    bool fin, masked;
    uint8_t rsv, opcode; /* rsv: RSV1 is its highest of three bits */
    uint8_t masking_key[4];
    uint64_t payload_bytes;
};

struct explain_note_packet {
    uint8_t flags; /* enum packet_tcp_flag, those in explain_flags are named */
    bool lost, again;
    uint32_t sequence, acknowledgment; /* relative to each side's first */
    uint32_t payload_bytes;
};

struct explain_flag {
    uint8_t bit;
    const char *name;
};

extern const struct explain_flag explain_flags[]; /* last: name NULL */

struct explain_note {
    enum explain_kind kind;
    enum explain_way way;
    unsigned depth;
    unsigned connection; /* 0: none */
    int64_t at_ns;       /* CLOCK_MONOTONIC, at the client's end; EXPLAIN_NEVER: not known */
    bool estimated;      /* at_ns is computed, not measured */
    int64_t far_ns;      /* of a packet: when it was at the server's end; EXPLAIN_NEVER */
    enum explain_fact fact;
    union {
        struct explain_note_frame frame;
        struct explain_note_packet packet;
    };
    size_t wire, meaning; /* for explain_text(): UTF-8 without control characters; 0: "" */
    const char *ref;      /* where that is defined: a constant; "": nowhere */
};

/* Zero-initialise. After a failed allocation all further calls are ignored, and rc is set. */
struct explain_notes {
    struct explain_note *all;
    size_t count;
    uint32_t cap;
    struct buf text; /* NUL-terminated strings; the first is "" */
    int rc;
};

/* Add a note like shape, but without texts: the functions below set those of the newest note. What
 * is not printable in them is shown as \n, \x1b: they may be made of untrusted bytes. */
void explain_note(struct explain_notes *n, const struct explain_note *shape);
void explain_set_wire(struct explain_notes *n, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void explain_set_wire_v(struct explain_notes *n, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* At most max_bytes; then the text says how many are missing. */
void explain_set_wire_bytes(struct explain_notes *n, const void *data, size_t len,
                            size_t max_bytes);
/* The same, but data is only the beginning of total_bytes. */
void explain_set_wire_beginning(struct explain_notes *n, const void *data, size_t len,
                                uint64_t total_bytes, size_t max_bytes);
/* For a drawing: lines, each ended by LF. */
void explain_set_lines(struct explain_notes *n, const void *data, size_t len);
void explain_set_meaning(struct explain_notes *n, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void explain_set_ref(struct explain_notes *n, const char *ref); /* NULL is ignored */
void explain_set_frame(struct explain_notes *n, const struct explain_note_frame *frame);

/* Valid until the next note. */
const char *explain_text(const struct explain_notes *n, size_t text);

/* Drop all notes, keep the memory. */
void explain_notes_clear(struct explain_notes *n);
void explain_notes_free(struct explain_notes *n);
