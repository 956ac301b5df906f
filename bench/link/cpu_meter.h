/* What this process uses of the processor, since the row began and in its window, without the
 * busy-waiting, which serves the link's precision and moves no packet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/base/writer.h"

struct cpu_use {
    int64_t work_ns,
        spin_ns; /* user and system time; of this the busy-waiting, which is not in the first */
};

struct cpu_meter {
    struct cpu_use began, border[2]; /* when the row began; at the window's start and end */
    int64_t window_ns[2];            /* CLOCK_MONOTONIC; 0: not known yet */
    int borders;                     /* how many of them have passed */
    int64_t spin_ns,
        spin_began_ns; /* of all its life; the processor's clock when it began to spin */
    bool spinning;
};

/* A new row: everything from zero, and no window yet. Zero-initialise before the first. */
void cpu_meter_reset(struct cpu_meter *m);
void cpu_meter_set_window(struct cpu_meter *m, int64_t start_ns, int64_t end_ns);

/* Busy-waiting begins, goes on or ends. */
void cpu_meter_spin(struct cpu_meter *m, bool spinning);

/* It is now_ns, and nothing was done since the last wait ended: what the window's borders need. */
void cpu_meter_wake(struct cpu_meter *m, int64_t now_ns);

/* {"cpu_us":N,"spin_us":N,"window":{the same}}; window is null until it has ended. */
void cpu_meter_json(const struct cpu_meter *m, struct writer *out);
