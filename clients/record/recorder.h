/* What a fleet of clients measures, whatever the protocol. Time is an argument; no I/O.
 * docs/metrics.md has the definitions.
 *
 * A run is set-up, warm-up, window, drain. An update belongs to the window in which it was
 * *due* (its t), and is waited for until the drain ends. A request belongs to the window
 * in which it was *sent*, its response to that in which it was received, a connection to that in
 * which the connect was begun: what a witness on the wire counts as well. How late requests were is
 * measured from when they were *due* (open loop), and those that were due in the window but not
 * sent in it have a figure of their own.
 * Payload bytes go with their update; other bytes and CPU are counted by when they happened.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/record/counters.h"
#include "clients/record/track.h"
#include "lib/hdr/hdr.h"
#include "lib/proto/envelope.h"

struct timeline_point {
    int64_t published_ns, received_ns;
    uint32_t client;
};

struct recorder {
    int64_t window_start_ns, window_end_ns; /* [start, end); INT64_MAX while not yet known */
    uint64_t nclients;
    struct counters whole, window;
    struct refusals refusals;       /* whole run */
    uint64_t seen_first, seen_last; /* seq of the window's updates, at any client; 0: none */
    /* Completeness of the window's updates, by t. What is missing is only known at the end. */
    uint64_t delivered, duplicated, out_of_order;
    uint64_t
        disordered;    /* latest values that came after a newer one of their key: always an error */
    uint64_t strays;   /* updates of channels that the client had not asked for */
    uint64_t restarts; /* times that a client met another server than before: it was restarted */
    uint64_t holes_lost;        /* holes that did not fit into a track: the sum can't be proven */
    int64_t deadline_ns;        /* on time is what arrives within it; 0: nothing is */
    uint64_t on_time;           /* of delivered, the server's own: within the deadline */
    uint64_t posts;             /* of delivered: messages of clients, not the server's own */
    struct hdr latency_us;      /* window; rounded to the nearest microsecond */
    uint64_t latency_clamped;   /* window: received before published, or after over an hour */
    struct hdr recent_us;       /* of all updates; the owner resets it: the live p50 */
    struct hdr outage_us;       /* whole run: from losing a connection to the next answer */
    struct hdr request_late_us; /* sent after due, due in the window: the instrument's own error */
    uint64_t unsent_requests;   /* due in the window, and not sent in it */
    struct hdr timer_late_us;   /* fired after due, window: of the timer below all of them */
    /* Age of information (Kaul, Yates, Gruteser 2012), over the window, all clients. A client
     * that holds no update yet has no age: its time starts with its first. */
    double age_integral_ns2; /* sum of the areas under the clients' age curves */
    int64_t age_time_ns;     /* the time under them, all clients together */
    double peak_sum_ns;      /* the ages that updates ended */
    uint64_t peak_count;
    int64_t peak_max_ns; /* largest age there was, ended by an update or by the window */
    struct timeline_point *timeline; /* preallocated; no disk writes while measuring */
    size_t timeline_len, timeline_cap;
    uint32_t timeline_clients; /* only clients with a smaller index are drawn */
};

/* A histogram of latencies in microseconds, as all of this program are. 0 or PL_ENOMEM. */
int recorder_init_hdr(struct hdr *h);

/* 0 or PL_ENOMEM. timeline_cap points are allocated at once (window only; then it is full). */
int recorder_init(struct recorder *r, uint64_t nclients, size_t timeline_cap,
                  uint32_t timeline_clients);
void recorder_free(struct recorder *r);

/* Set the window; call before it starts. */
void recorder_set_window(struct recorder *r, int64_t start_ns, int64_t end_ns);
static inline bool recorder_in_window(const struct recorder *r, int64_t at_ns)
{
    return at_ns >= r->window_start_ns && at_ns < r->window_end_ns;
}

/* Count an event for the whole run, and for the window when it happened in it:
 * RECORDER_COUNT(r, sent_ns, requests, 1). */
#define RECORDER_COUNT(r, at_ns, counter, n)                                                       \
    COUNTERS_ADD((r), recorder_in_window((r), (at_ns)), counter, (n))

/* The client has learnt its cursor: it expects seq > cursor from now on. What was published
 * before its first join counts as not received. Joining again with the same cursor changes
 * nothing; with a larger one, the updates between are not received. A smaller one can only come
 * after recorder_restart(). */
void recorder_join(struct recorder *r, struct track *t, uint64_t cursor, int64_t now_ns);
/* The client has met another server, or another life of it: nothing has been received of its
 * numbers (r->restarts counts). */
void recorder_restart(struct recorder *r, struct track *t);

/* One update arrived at client number client. The first update joins a track that has not.
 * Counts the delivery, records latency and age. */
enum receipt recorder_update(struct recorder *r, struct track *t, uint32_t client,
                             const struct envelope *e, int64_t recv_ns);

/* An update arrived: extend seen_first..seen_last, for runs without the server's statistics. */
void recorder_note_seen(struct recorder *r, const struct envelope *e);

/* An update arrived, and receipt says whether it was new: count the delivery, record latency and
 * age. For accounts by other numbers than seq (channel_tracks.h); t is the track that has the age.
 */
void recorder_deliver(struct recorder *r, struct track *t, uint32_t client,
                      const struct envelope *e, int64_t recv_ns, enum receipt receipt);

/* The server said that count updates after the cursor were lost to this client. Which of
 * them were published in the window is known by their sequence numbers in
 * recorder_finish(), so the cursor simply moves. Before a join nothing changes. */
void recorder_missed(struct recorder *r, struct track *t, uint64_t count);

/* A request that was due at due_ns could be sent at sent_ns, or its connect begun. */
void recorder_request_late(struct recorder *r, int64_t due_ns, int64_t sent_ns);
/* It was sent at sent_ns, for the first time. */
void recorder_request_sent(struct recorder *r, int64_t due_ns, int64_t sent_ns);
/* The timer that was set for due_ns fired at fired_ns. */
void recorder_timer_late(struct recorder *r, int64_t due_ns, int64_t fired_ns);
/* A client was answered again lasted_ns after it lost its connection. */
void recorder_outage(struct recorder *r, int64_t lasted_ns);

/* End of the drain. The window held seqs first..last (last < first: none). delivered was
 * counted update by update, by publish time; missed and late follow from what each track
 * accounts for, by sequence number: that they add up proves both. */
struct completeness {
    uint64_t published;    /* last - first + 1; with channels: of all that any client asked for */
    uint64_t expected;     /* published x clients; with channels: summed over their tracks */
    uint64_t own;          /* of expected: not posts; see completeness_own() */
    uint64_t delivered;    /* received, once */
    uint64_t superseded;   /* not sent, as a newer value was; only of latest values */
    uint64_t missed;       /* skipped, and never received later */
    uint64_t late;         /* above the client's cursor: not received when the drain ended */
    uint64_t duplicated;   /* received again */
    uint64_t out_of_order; /* of delivered: received after a later one */
    bool adds_up; /* delivered + superseded + missed + late == expected, and no hole was lost */
};
/* How many of expected updates are the server's own: all but the posts delivered. What never
 * came counts as the server's own, unless all that came were posts. */
uint64_t completeness_own(uint64_t expected, uint64_t delivered, uint64_t posts);
/* End the age curve of a track, at the end of the window. */
void recorder_end_age(struct recorder *r, struct track *t);
/* tracks: the first of nclients, stride_bytes apart. Ends their age curves at the window's end; may
 * be called again. */
void recorder_finish(struct recorder *r, struct track *tracks, size_t stride_bytes,
                     struct seq_range window, struct completeness *out);

/* NAN while there is none. */
double recorder_age_mean_us(const struct recorder *r);
double recorder_age_peak_us(const struct recorder *r); /* mean of the peaks */
double recorder_age_max_us(const struct recorder *r);
