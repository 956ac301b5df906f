/* A transmitter of fixed bit rate behind a bounded drop-tail queue: one packet is on the
 * transmitter, the others wait, and a packet that finds no room is dropped. */
#pragma once

#include "bench/link/path/stage.h"

struct stage_rate {
    struct stage stage; /* first: a struct stage * is one of these */
    int64_t rate_bps;   /* bits of IP packet per second */
    uint64_t queue_bytes;
    int64_t free_ns; /* when the last packet taken will have left the transmitter */
    struct frame_line line;
};

/* rate_bps > 0. queue_bytes bounds the waiting packets, without the one being sent. */
void stage_rate_init(struct stage_rate *s, int64_t rate_bps, uint64_t queue_bytes);
void stage_rate_free(struct stage_rate *s);

/* How long len bytes take to send, rounded to the nearest nanosecond. */
int64_t stage_rate_airtime_ns(int64_t rate_bps, uint64_t len);
