/* An explanation as text for a terminal, as Markdown for a page, as JSON for a program. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "bench/explain/annotate/explain.h"

struct explain_report {
    const char *topic, *about;
    const char *network; /* "over rtt=20ms": between which ends it happened */
    const char *times;   /* where the times of packets come from */
    const struct explain_notes *notes;
    const struct explain *explain; /* for the totals */
    bool wire;                     /* packets were captured */
    bool mask;                     /* times and counts of packets, too */
    int64_t begin_ns;              /* times count from here */
    size_t columns;                /* of text; 0: EXPLAIN_COLUMNS */
    bool colour;                   /* text for a terminal */
};

/* explain_report.times if no packets were captured. */
#define EXPLAIN_TIMES_UNSEEN                                                                       \
    "No packets were captured: times are the client's, counts of packets and the round-trip time " \
    "are its kernel's (TCP_INFO); \u2248 marks times computed from these."

enum { EXPLAIN_COLUMNS = 100, EXPLAIN_COLUMNS_MIN = 60, EXPLAIN_COLUMNS_MAX = 120 };

/* The columns to use on a terminal of that many; 0: there is no terminal. */
static inline size_t explain_columns_for(size_t terminal_columns)
{
    if (terminal_columns < EXPLAIN_COLUMNS_MIN)
        return EXPLAIN_COLUMNS;
    return terminal_columns < EXPLAIN_COLUMNS_MAX ? terminal_columns : EXPLAIN_COLUMNS_MAX;
}

enum explain_text_part {
    EXPLAIN_TEXT_TITLE = 1,
    EXPLAIN_TEXT_LEGEND = 2, /* how to read the notes */
    EXPLAIN_TEXT_NOTES = 4,
    EXPLAIN_TEXT_SUM = 8,          /* of all connections together */
    EXPLAIN_TEXT_CONNECTIONS = 16, /* in the sum: of each, too */
    EXPLAIN_TEXT_ALL = 31,
};

/* Append those parts, in that order. 0 or PL_ENOMEM. */
int explain_write_text(struct buf *out, const struct explain_report *r, unsigned parts);
/* Append all of it. 0 or PL_ENOMEM. */
int explain_write_markdown(struct buf *out, const struct explain_report *r);

/* One object:
 *
 *   pushlab        version
 *   topic, about, road    what was done, and over what network, in words
 *   packets_from   "wire": captured at both ends of the emulated link; "kernel": TCP_INFO
 *   notes          steps in order, each with what was on the wire in its own notes, and so on:
 *                  the notes in a note belong to it
 *   counts         the totals; connections: the same for each, in order
 *
 * A note has some of:
 *
 *   kind           "step" (a heading), "wire" (it was on the wire), "inside" (derived from that),
 *                  "drawing" (lines of text), "remark" (something else that happens)
 *   way            "up": from the client to the server, "down"; absent: neither
 *   connection     1, 2, ...
 *   at_ms          since the first connect(), at the client's end; for a packet that the server
 *                  sent and the link lost, when it left
 *   estimated      true: at_ms is computed, not measured
 *   arrived_ms     of a packet up: at the server's end; absent: lost. sent_ms: of one down
 *   wire, meaning, ref    in words, and where that is defined
 *   frame          of a WebSocket frame (RFC 6455 §5.2): fin, rsv (RSV1 is 4), opcode, mask,
 *                  masking_key (hexadecimal; absent: none), payload_length (bytes)
 *   packet         of a TCP packet: flags, lost, sent_again, seq and ack (relative to each
 *                  side's first), payload_bytes
 *
 * counts has tcp_handshakes, tls_handshakes, tls_resumptions, round_trips (that the client waited
 * for), requests, responses, frames, updates, and as {up, down} head_bytes (HTTP), framing_bytes
 * (chunks, field names, frames), payload_bytes, tls_record_bytes (all that TCP carried, with TLS),
 * packets; with a capture also packet_bytes (whole), tcp_ip_header_bytes, sent_again_bytes (payload
 * that had been sent before), and as numbers pure_acks, lost, sent_again.
 *
 * With mask, times are "TIME", and values that differ each time are absent. */
int explain_write_json(struct buf *out, const struct explain_report *r);

/* ---- for those three ---- */

enum { EXPLAIN_TIME_CHARS = 24, EXPLAIN_FAR_CHARS = 64, EXPLAIN_SUM_LINES = 24 };

/* "12.3 ms"; "TIME" where masked; "" where not known. */
void explain_time(char out[EXPLAIN_TIME_CHARS], const struct explain_report *r, int64_t at_ns);

/* "; at the server at 12.3 ms": when a packet was at the server's end; "" for any other note. */
void explain_far_text(char out[EXPLAIN_FAR_CHARS], const struct explain_report *r,
                      const struct explain_note *n);

/* The arrow of each enum explain_way. */
extern const char *const explain_arrows[];

struct explain_sum_line {
    char name[24];
    char value[160];
};

/* What round trips are counted for: "handshakes, answers". */
const char *explain_round_trips_are(const struct explain_tally *t);

/* What it adds up to, in lines. Returns how many. */
size_t explain_sum(struct explain_sum_line lines[EXPLAIN_SUM_LINES],
                   const struct explain_report *r);
