/* Three clients with the channels that a test asks for, and a publisher that is never late: of
 * every channel, n is published at n ms. In a window of [101 ms, 201 ms) that is 101..200. */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "clients/record/channel_tracks.h"

enum { CLIENTS = 3, FIRST_N = 101, LAST_N = 200, WINDOW_UPDATES = 100 };
#define WINDOW_START_NS (FIRST_N * NS_PER_MS)
#define WINDOW_END_NS   ((LAST_N + 1) * NS_PER_MS)
#define DELAY_NS        (250 * NS_PER_US)

static struct recorder r;
static struct channels channels;
static struct channel_tracks *tracks[CLIENTS];
static uint64_t ntracks;

/* nclients of them; the account is ended by drop(). */
static inline void ask_for_in_rooms(const char *every, const char *latest, unsigned nclients,
                                    unsigned room_size)
{
    struct channels_plan plan = {
        .every = every, .latest = latest, .nclients = nclients, .room_size = room_size, .seed = 1};

    ck_assert_int_eq(recorder_init(&r, nclients, 0, 0), PL_OK);
    recorder_set_window(&r, WINDOW_START_NS, WINDOW_END_NS);
    ck_assert_int_eq(channels_init(&channels, &plan), PL_OK);
    ntracks = 0;
    for (unsigned i = 0; i < nclients; i++) {
        ck_assert_int_eq(channel_tracks_new(&tracks[i], &channels, i), PL_OK);
        ntracks += tracks[i]->n;
    }
}

static inline void ask_for(const char *every, const char *latest, unsigned nclients)
{
    ask_for_in_rooms(every, latest, nclients, 0);
}

static inline void drop(void)
{
    for (int i = 0; i < CLIENTS; i++) {
        channel_tracks_free(tracks[i]);
        tracks[i] = NULL;
    }
    channels_free(&channels);
    recorder_free(&r);
}

static inline struct name named(const char *text)
{
    return (struct name){text, strlen(text)};
}

static inline void receive(unsigned client, const struct envelope *e, int64_t recv_ns)
{
    struct channel_track *track = channel_tracks_find(tracks[client], e->channel);

    ck_assert_ptr_nonnull(track);
    channel_track_update(track, &r, client, e, recv_ns);
}

static inline void update_of_key(unsigned client, const char *channel, const char *key, uint64_t n)
{
    struct envelope e = {.channel = named(channel), .key = named(key), .n = n};

    e.t_ns = (int64_t)n * NS_PER_MS;
    receive(client, &e, e.t_ns + DELAY_NS);
}

static inline void update(unsigned client, const char *channel, uint64_t n)
{
    update_of_key(client, channel, "", n);
}

static inline void updates(unsigned client, const char *channel, uint64_t first, uint64_t last,
                           uint64_t step)
{
    for (uint64_t n = first; n <= last; n += step)
        update(client, channel, n);
}

/* Every channel's window is 101..200, by the server's word. */
static inline void set_windows(void)
{
    for (size_t i = 0; i < channels.nall; i++)
        channels.all[i].window = (struct seq_range){FIRST_N, LAST_N};
}

static inline struct completeness finish(void)
{
    struct completeness c;

    set_windows();
    channel_tracks_finish(&channels, tracks, sizeof tracks[0], &r, &c);
    ck_assert_uint_eq(c.expected, WINDOW_UPDATES * ntracks);
    return c;
}

static inline void assert_account(uint64_t delivered, uint64_t superseded, uint64_t missed,
                                  uint64_t late)
{
    struct completeness c = finish();

    ck_assert_uint_eq(c.delivered, delivered);
    ck_assert_uint_eq(c.superseded, superseded);
    ck_assert_uint_eq(c.missed, missed);
    ck_assert_uint_eq(c.late, late);
    ck_assert(c.adds_up);
}
