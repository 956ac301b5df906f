/* One recorder, a few tracks and a source that publishes like clockwork. */
#pragma once

#include <check.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "clients/record/recorder.h"

/* A source that publishes seq at seq ms: in a window of [101 ms, 201 ms) it is 101..200. */
enum { CLIENTS = 3, FIRST_SEQ = 101, LAST_SEQ = 200, WINDOW_UPDATES = 100 };
#define WINDOW_START_NS (FIRST_SEQ * NS_PER_MS)
#define WINDOW_END_NS   ((LAST_SEQ + 1) * NS_PER_MS)
#define DELAY_NS        (250 * NS_PER_US)

static struct recorder r;
static struct track tracks[CLIENTS];

static inline void make(void)
{
    ck_assert_int_eq(recorder_init(&r, 1, 16, 1), PL_OK);
    recorder_set_window(&r, WINDOW_START_NS, WINDOW_END_NS);
}

static inline void drop(void)
{
    for (int i = 0; i < CLIENTS; i++)
        track_free(&tracks[i]);
    recorder_free(&r);
}

static inline enum receipt update_at(uint32_t client, uint64_t seq, int64_t t_ns, int64_t recv_ns)
{
    struct envelope e = {.seq = seq, .t_ns = t_ns};

    return recorder_update(&r, &tracks[client], client, &e, recv_ns);
}

static inline enum receipt update(uint32_t client, uint64_t seq)
{
    int64_t t_ns = (int64_t)seq * NS_PER_MS;

    return update_at(client, seq, t_ns, t_ns + DELAY_NS);
}

static inline void updates(uint32_t client, uint64_t first, uint64_t last)
{
    for (uint64_t seq = first; seq <= last; seq++)
        ck_assert_int_eq(update(client, seq), RECEIPT_NEW);
}

static inline struct completeness finish(void)
{
    struct completeness c;

    recorder_finish(&r, tracks, sizeof tracks[0], (struct seq_range){FIRST_SEQ, LAST_SEQ}, &c);
    ck_assert_uint_eq(c.published, WINDOW_UPDATES);
    ck_assert_uint_eq(c.expected, WINDOW_UPDATES * r.nclients);
    return c;
}
