/* What a fleet of clients notes down: the measurements of design section 4, and nothing of
 * any protocol. Time is an argument; no I/O. docs/metrics.md has the definitions.
 *
 * A run is set-up, warm-up, window, drain. An update belongs to the window in which it was
 * *published* (its t), and is waited for until the drain ends. A request belongs to the
 * window in which it was *due* (open loop: a late poll counts where it should have left).
 * Bytes and CPU are counted by when they happened.
 */
#ifndef PUSHLAB_RECORDER_H
#define PUSHLAB_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "envelope.h"
#include "hdr.h"

/* Kept twice: for the window and for the whole run (set-up included). */
struct counters {
    uint64_t requests, responses, empty_responses, failed_responses;
    uint64_t connects, reconnects, connect_failures;
    uint64_t deliveries;
    uint64_t payload_bytes_in, framing_bytes_in, bytes_out;
};

/* One per client. Zero-initialise, then recorder_join(). */
struct track {
    bool joined;             /* the cursor is known */
    uint64_t cursor;         /* highest sequence number accounted for */
    uint64_t seen;           /* bit i: cursor - i was delivered (i < 64) */
    int64_t newest_t_ns;     /* publish time of the newest update held; 0: none yet */
    int64_t age_from_ns;     /* the age integral is done up to here */
};

struct timeline_point {
    int64_t published_ns, received_ns;
    uint32_t client;
};

struct recorder {
    int64_t window_start_ns, window_end_ns; /* INT64_MAX while not yet known */
    uint64_t nclients;
    struct counters whole, window;
    /* Completeness of the window's updates. */
    uint64_t delivered, missed, duplicated, out_of_order;
    struct hdr latency_us;       /* window */
    struct hdr recent_us;        /* since the last recorder_recent_reset(): the live p50 */
    struct hdr request_late_us;  /* how late requests left after they were due: the instrument's own error */
    /* Age of information (Kaul, Yates, Gruteser 2012), over the window, all clients. */
    double age_integral_ns2;     /* sum of the areas under the clients' age curves */
    double peak_sum_ns;
    uint64_t peak_count;
    int64_t peak_max_ns;
    struct timeline_point *timeline; /* preallocated; no disk writes while measuring */
    size_t timeline_len, timeline_cap;
    uint32_t timeline_clients;   /* only clients with a smaller index are drawn */
};

enum receipt { RECEIPT_NEW, RECEIPT_DUPLICATE, RECEIPT_FILLS_GAP };

/* 0 or LAB_ENOMEM. timeline_cap points are allocated at once. */
int recorder_init(struct recorder *r, uint64_t nclients, size_t timeline_cap,
                  uint32_t timeline_clients);
void recorder_free(struct recorder *r);

/* Set the window; call before it starts. */
void recorder_set_window(struct recorder *r, int64_t start_ns, int64_t end_ns);
bool recorder_in_window(const struct recorder *r, int64_t at_ns);

/* The client has learnt its cursor: it expects seq > cursor from now on. */
void recorder_join(struct recorder *r, struct track *t, uint64_t cursor, int64_t now_ns);

/* One update arrived at client number client. The first update joins a track that has not. */
enum receipt recorder_update(struct recorder *r, struct track *t, uint32_t client,
                             const struct envelope *e, int64_t recv_ns);

/* The server said that count updates after the cursor were lost to this client. Their
 * publish times are unknown: those in (window_first_seq..window_last_seq) are counted by
 * recorder_finish(), so the cursor simply moves. */
void recorder_missed(struct recorder *r, struct track *t, uint64_t count);

/* Count an event for the whole run, and for the window when at_ns (due time) lies in it:
 * recorder_count(r, due_ns, offsetof(struct counters, requests), 1). */
void recorder_count(struct recorder *r, int64_t at_ns, size_t counter_offset, uint64_t n);

void recorder_request_late(struct recorder *r, int64_t due_ns, int64_t sent_ns);
void recorder_recent_reset(struct recorder *r);

/* End of the drain. The window held seqs first..last (last < first: none). */
struct completeness {
    uint64_t published;   /* last - first + 1 */
    uint64_t expected;    /* published x clients */
    uint64_t delivered, missed, late, duplicated, out_of_order;
    bool adds_up;         /* delivered + missed + late == expected */
};
void recorder_finish(struct recorder *r, struct track *const *tracks, uint64_t first_seq,
                     uint64_t last_seq, struct completeness *out);

double recorder_age_mean_us(const struct recorder *r);
double recorder_age_peak_us(const struct recorder *r); /* mean of the peaks */

#endif
