#include "clients/record/channel_tracks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

/* ---- make and free ---- */

int channel_tracks_new(struct channel_tracks **out, struct channels *channels, uint64_t client)
{
    struct channel *of[CHANNELS_MAX];
    unsigned n = channels_of_client(channels, client, of);
    struct channel_tracks *all;

    all = calloc(1, sizeof *all + n * sizeof all->of[0]);
    if (all == NULL)
        return PL_ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        if (channel_tracks_find(all, (struct name){of[i]->name, strlen(of[i]->name)}) != NULL) {
            channel_tracks_free(all);
            return PL_EINVAL;
        }
        all->of[all->n++].channel = of[i];
        of[i]->clients++;
    }
    *out = all;
    return PL_OK;
}

void channel_tracks_free(struct channel_tracks *all)
{
    for (uint32_t i = 0; all != NULL && i < all->n; i++) {
        track_free(&all->of[i].track);
        free(all->of[i].held_n);
    }
    free(all);
}

struct channel_track *channel_tracks_find(struct channel_tracks *all, struct name channel)
{
    for (uint32_t i = 0; i < all->n && channel.len > 0; i++) {
        const char *name = all->of[i].channel->name;

        if (strncmp(name, channel.text, channel.len) == 0 && name[channel.len] == '\0')
            return &all->of[i];
    }
    return NULL;
}

/* ---- asking ---- */

static size_t add_list(const struct channel_tracks *all, bool latest, char *out, size_t len,
                       size_t cap)
{
    bool any = false;

    for (uint32_t i = 0; i < all->n && len < cap; i++) {
        const struct channel *ch = all->of[i].channel;
        int n;

        if (ch->latest != latest)
            continue;
        if (any)
            n = snprintf(out + len, cap - len, ",%s", ch->name);
        else
            n = snprintf(out + len, cap - len, "%c%s=%s", len > 0 ? '&' : '?',
                         latest ? "latest" : "channel", ch->name);
        len += (size_t)n;
        any = true;
    }
    return len < cap ? len : cap - 1;
}

size_t channel_tracks_add_query(const struct channel_tracks *all, char *out, size_t len, size_t cap)
{
    return add_list(all, true, out, add_list(all, false, out, len, cap), cap);
}

/* ---- receiving ---- */

void channel_tracks_opened(struct channel_tracks *all)
{
    for (uint32_t i = 0; i < all->n; i++)
        all->of[i].opening_n = all->of[i].track.cursor;
}

void channel_tracks_restart(struct channel_tracks *all)
{
    for (uint32_t i = 0; i < all->n; i++) {
        struct channel_track *t = &all->of[i];

        track_restart(&t->track);
        t->opening_n = 0;
        if (t->held_n != NULL)
            memset(t->held_n, 0, t->nheld * sizeof *t->held_n);
    }
}

/* Where the track keeps what it holds of key number key; NULL: out of memory. */
static uint64_t *held_of(struct channel_track *t, uint32_t key)
{
    uint32_t n = t->channel->keys.n;
    uint64_t *held_n;

    if (key < t->nheld)
        return &t->held_n[key];
    held_n = realloc(t->held_n, n * sizeof *held_n);
    if (held_n == NULL)
        return NULL;
    memset(held_n + t->nheld, 0, (n - t->nheld) * sizeof *held_n);
    t->held_n = held_n;
    t->nheld = n;
    return &held_n[key];
}

/* The newest value of a key takes the place of the one held, and nothing else may. Whether a new
 * one is to be counted as delivered. */
static bool replace(struct channel_track *t, struct recorder *r, uint32_t key,
                    const struct envelope *e)
{
    uint64_t *held_n = held_of(t, key);
    bool in_window = recorder_in_window(r, e->t_ns);

    if (held_n == NULL) {
        r->holes_lost++;
        return false;
    }
    if (e->n > *held_n) {
        *held_n = e->n;
        return true;
    }
    if (e->n < *held_n) {
        r->disordered++;
        r->out_of_order += in_window;
    } else if (e->n > t->opening_n) {
        r->duplicated += in_window;
    }
    return false;
}

static void take_latest(struct channel_track *t, struct recorder *r, uint32_t client,
                        const struct envelope *e, int64_t recv_ns)
{
    struct channel *ch = t->channel;
    int64_t key = channel_keys_number(&ch->keys, e->key);
    struct channel_key *seen;

    if (key < 0) {
        r->holes_lost++;
        return;
    }
    if (!replace(t, r, (uint32_t)key, e))
        return;
    if (e->n > t->track.cursor)
        t->track.cursor = e->n;
    recorder_deliver(r, &t->track, client, e, recv_ns, RECEIPT_NEW);
    if (!recorder_in_window(r, e->t_ns))
        return;
    channel_saw(ch, e->n, e->from.len > 0);
    seen = ch->keys.all[key];
    if (e->n > seen->newest_n)
        seen->newest_n = e->n;
}

static void take_every(struct channel_track *t, struct recorder *r, uint32_t client,
                       const struct envelope *e, int64_t recv_ns)
{
    enum receipt receipt = track_take(&t->track, e->n, &r->holes_lost);

    recorder_deliver(r, &t->track, client, e, recv_ns, receipt);
    if (receipt != RECEIPT_DUPLICATE && recorder_in_window(r, e->t_ns))
        channel_saw(t->channel, e->n, e->from.len > 0);
}

void channel_track_update(struct channel_track *t, struct recorder *r, uint32_t client,
                          const struct envelope *e, int64_t recv_ns)
{
    if (!t->track.joined)
        t->track.age_from_ns = recv_ns;
    t->track.joined = true;
    if (t->channel->latest)
        take_latest(t, r, client, e, recv_ns);
    else
        take_every(t, r, client, e, recv_ns);
}

/* ---- drain ---- */

/* Keys whose newest value in the window, of those that any client has seen, was skipped here, and
 * nothing newer came. */
static uint64_t count_outdated(const struct channel_track *t)
{
    const struct channel_keys *keys = &t->channel->keys;
    uint64_t outdated = 0;

    for (uint32_t i = 0; i < keys->n; i++) {
        uint64_t held_n = i < t->nheld ? t->held_n[i] : 0;
        struct seq_range newest = {keys->all[i]->newest_n, keys->all[i]->newest_n};

        if (newest.last > held_n && newest.last <= t->track.cursor)
            outdated += seq_range_overlap(newest, t->channel->window);
    }
    return outdated;
}

bool channel_tracks_complete(const struct channel_tracks *all)
{
    for (uint32_t i = 0; i < all->n; i++) {
        const struct channel_track *t = &all->of[i];
        struct seq_range window = t->channel->window;

        if (track_covered(&t->track, window) < seq_range_count(window) || count_outdated(t) > 0)
            return false;
    }
    return true;
}

bool channel_tracks_reach(const struct channel_tracks *all, int64_t t_ns)
{
    for (uint32_t i = 0; i < all->n; i++) {
        if (all->of[i].track.newest_t_ns < t_ns)
            return false;
    }
    return true;
}

/* ---- the end ---- */

static void finish_track(struct channel_track *t, struct recorder *r, struct completeness *out)
{
    struct seq_range window = t->channel->window;
    uint64_t covered = track_covered(&t->track, window);

    out->late += seq_range_count(window) - covered;
    recorder_end_age(r, &t->track);
    if (!t->channel->latest) {
        out->missed += track_missing(&t->track, window);
        return;
    }
    out->missed += count_outdated(t);
    t->channel->passed += covered - count_outdated(t);
}

/* Of latest values, what was passed and not delivered was superseded. False when the window's
 * deliveries, which their times tell, can't be those between its borders. */
static bool finish_channel(const struct channel *ch, struct completeness *out)
{
    struct seq_range seen = {ch->seen_first, ch->seen_last};
    uint64_t published = seq_range_count(ch->window);

    out->published += published;
    out->expected += published * ch->clients;
    out->own += completeness_own(published * ch->clients, ch->delivered, ch->posts);
    if (ch->latest)
        out->superseded += ch->passed - ch->delivered;
    return ch->delivered == 0 || (seq_range_overlap(seen, ch->window) == seq_range_count(seen) &&
                                  (!ch->latest || ch->passed >= ch->delivered));
}

void channel_tracks_finish(struct channels *channels, struct channel_tracks **tracks,
                           size_t stride_bytes, struct recorder *r, struct completeness *out)
{
    bool sound = r->holes_lost == 0;

    *out = (struct completeness){
        .delivered = r->delivered,
        .duplicated = r->duplicated,
        .out_of_order = r->out_of_order,
    };
    for (size_t i = 0; i < channels->nall; i++)
        channels->all[i].passed = 0;
    for (uint64_t i = 0; i < r->nclients; i++) {
        struct channel_tracks *all =
            *(struct channel_tracks **)(void *)((char *)tracks + i * stride_bytes);

        for (uint32_t k = 0; k < all->n; k++)
            finish_track(&all->of[k], r, out);
    }
    for (size_t i = 0; i < channels->nall; i++) {
        if (channels->all[i].clients > 0)
            sound = finish_channel(&channels->all[i], out) && sound;
    }
    out->adds_up =
        sound && out->delivered + out->superseded + out->missed + out->late == out->expected;
}
