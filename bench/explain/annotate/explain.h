/* An exchange, explained: what happened (transcript.h, dissector.h) goes in, in order of time;
 * notes on what it means (explain_notes.h) come out, as soon as the bytes for them are complete.
 * However the bytes are split into events, the notes are the same.
 *
 * No I/O, no clock. The bytes are untrusted: when a side can't be understood any more, a note says
 * so, and the rest of it is ignored. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/explain/annotate/explain_notes.h"
#include "bench/explain/annotate/explain_tally.h"
#include "bench/wire/dissector.h"
#include "lib/proto/transcript.h"

enum { EXPLAIN_CONNECTIONS_MAX = 64 }; /* the newest ones are kept */

struct explain_options {
    bool mask;    /* fixed values replace what differs from one exchange to the next */
    bool wire;    /* packets will be given; else the kernel's counts are used */
    bool packets; /* a note for every packet, not only for SYN, FIN, RST, and those that are lost
                   * or sent again */
    bool brief;   /* draw only the first frame of each kind and direction */
};

struct explain;

/* notes must outlive it. NULL: out of memory. */
struct explain *explain_new(const struct explain_options *o, struct explain_notes *notes);
void explain_event(struct explain *x, const struct transcript_event *event);
void explain_packet(struct explain *x, const struct wire_segment *p);

/* Of connection 1, 2, ..., or 0: of all together. */
struct explain_tally explain_tally(const struct explain *x, unsigned connection);
unsigned explain_connections(const struct explain *x);

void explain_free(struct explain *x); /* NULL is ignored */

/* A number in the text of a TRANSCRIPT_KERNEL event (lib/net/tcp_word.h), such as "rtt_us=". -1:
 * absent. */
long explain_kernel_number(const char *text, size_t len, const char *key);
