/* What a probe's connections mean: does something between client and server hold streams back, cut
 * them, answer for the server? Pure: what was seen is an argument. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/probe/probe_seen.h"

enum { PROBE_BEATS_MAX = 8 };

/* What is tried. Of a server that is not pushlab only the first group. */
enum probe_role {
    PROBE_HTTP10,
    PROBE_HTTP2_ASKED,
    PROBE_STREAM, /* of another server: what its URL answers */
    PROBE_SOCKET, /* a WebSocket */
    PROBE_KEPT,   /* a connection without a request after its first */

    PROBE_FIRST, /* a poll before all others, and one after them: what was published meanwhile? */
    PROBE_LAST,
    PROBE_EVENT_STREAM,
    PROBE_COMPRESSED, /* a stream whose request accepts compression */
    PROBE_HELD,       /* a long poll that nothing answers */
    PROBE_SILENT_STREAM,
    PROBE_SILENT_SOCKET,
    PROBE_STREAM_BEATS, /* silent, too, but for a heartbeat */
    PROBE_SOCKET_BEATS = PROBE_STREAM_BEATS + PROBE_BEATS_MAX,
    PROBE_ROLES = PROBE_SOCKET_BEATS + PROBE_BEATS_MAX,
};

struct probe_facts {
    bool pushlab;                     /* the server is pushlab's: both sides are known */
    int64_t offset_ns;                /* pushlab: its clock minus ours, */
    int64_t offset_error_ns;          /* to within so much; half the round trip included */
    int64_t begin_ns, end_ns;         /* when streams were asked for; when the last was given up */
    int64_t measure_ns;               /* how long streams were measured */
    int64_t idle_ns;                  /* how long silent connections were watched */
    int64_t hold_ns;                  /* how long the long poll was to be held */
    int64_t beat_ns[PROBE_BEATS_MAX]; /* ascending; 0: there are no more */
    const struct probe_seen *seen[PROBE_ROLES]; /* NULL: not tried */
};

enum probe_state {
    PROBE_CLEAR,   /* nothing is in the way */
    PROBE_WAY,     /* something is */
    PROBE_UNKNOWN, /* this can't be known from here */
    PROBE_NOTE,    /* worth knowing, and in nobody's way */
};
extern const char *const probe_state_words[]; /* in that order */

enum { PROBE_FINDINGS_MAX = 12, PROBE_FOUND_BYTES = 320 };

/* Texts from the network in it are cut, and may not be shown as they are (lib/base/visible.h). */
struct probe_finding {
    const char *topic;
    enum probe_state state;
    char found[PROBE_FOUND_BYTES];
    const char *advice; /* what to do about it, or "" */
};

/* Returns how many findings there are, in the order of topics. */
size_t probe_judge(struct probe_finding out[PROBE_FINDINGS_MAX], const struct probe_facts *f);
