/* One effect of a link: loss, rate or delay, each in its own small file and all of one
 * shape. A stage takes a packet and the time, and says when its next one is due. It does no
 * I/O and reads no clock: a late wake-up delays one packet, never the schedule, because
 * every due time is counted from when the packet came, not from when the stage was called. */
#pragma once

#include <stdint.h>

#include "bench/link/path/frame.h"

#define STAGE_NEVER INT64_MAX

enum stage_verdict {
    STAGE_PASS, /* nothing done: goes on to the next stage at once */
    STAGE_HOLD, /* the stage owns the frame until take() hands it out */
    STAGE_DROP, /* lost: the caller still owns it */
};

struct stage {
    const struct stage_ops *ops;
    uint64_t dropped_packets, dropped_bytes;
};

struct stage_ops {
    const char *name; /* the word in counters and capture comments: "loss", "queue" */

    /* f reached this stage at at_ns, which never goes back. On STAGE_HOLD, f->due_ns is set. */
    enum stage_verdict (*put)(struct stage *s, struct frame *f, int64_t at_ns);

    /* When take() will next have something; STAGE_NEVER while empty. */
    int64_t (*due_ns)(const struct stage *s);

    /* The next frame with due_ns <= now_ns, earliest first, owned by the caller; or NULL. */
    struct frame *(*take)(struct stage *s, int64_t now_ns);
};
