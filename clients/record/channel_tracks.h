/* The channels of one client: a track for each, with its own account. A client that receives the
 * default channel has none: its account is its one track, by sequence number.
 *
 * A channel's track goes by that channel's own numbers (n, from 1 without gaps). Of a channel of
 * which every update is wanted, a gap is a loss. Of a channel of latest values it is not: what was
 * skipped was superseded by a newer value, and that the newest of every key has come is checked
 * instead, against what any client has seen. An older value after a newer one of its key is
 * always an error. docs/metrics.md has the definitions. No I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/record/channels.h"
#include "lib/proto/envelope.h"
#include "clients/record/recorder.h"
#include "clients/record/track.h"

struct channel_track {
    struct channel *channel;
    struct track track; /* by n; of latest values without holes: only a cursor and an age */
    /* Of latest values: */
    uint64_t *held_n; /* owned; newest n held, by number of the key; 0: none */
    uint32_t nheld;
    uint64_t opening_n; /* after a stream opens, values held up to here may come again */
};

struct channel_tracks {
    uint32_t n;
    struct channel_track of[]; /* one for each channel */
};

/* 0, PL_ENOMEM, or PL_EINVAL when two of the client's channels have the same name. */
int channel_tracks_new(struct channel_tracks **out, struct channels *channels, uint64_t client);
void channel_tracks_free(struct channel_tracks *all); /* NULL is ignored */

/* NULL: a channel that was not subscribed to. */
struct channel_track *channel_tracks_find(struct channel_tracks *all, struct name channel);

/* Append "&channel=a,b&latest=c" to the query of len bytes in out ("?" in place of the first "&"
 * when it is empty). Returns the new length; what does not fit is left out. */
size_t channel_tracks_add_query(const struct channel_tracks *all, char *out, size_t len,
                                size_t cap);

/* A stream has opened: latest values come again, from the newest of each key. */
void channel_tracks_opened(struct channel_tracks *all);
/* The server has restarted: its numbers begin at 1 again. */
void channel_tracks_restart(struct channel_tracks *all);

/* An update of t's channel arrived at client number client. */
void channel_track_update(struct channel_track *t, struct recorder *r, uint32_t client,
                          const struct envelope *e, int64_t recv_ns);

/* Does it hold all of the window's updates that it is to have? Once windows are set. */
bool channel_tracks_complete(const struct channel_tracks *all);
/* Without windows: has every channel had an update published at or after t_ns? */
bool channel_tracks_reach(const struct channel_tracks *all, int64_t t_ns);

/* The account of the whole run, when all windows are set. tracks: the first of nclients pointers,
 * stride_bytes apart. As recorder_finish(); ends the age curves. */
void channel_tracks_finish(struct channels *channels, struct channel_tracks **tracks,
                           size_t stride_bytes, struct recorder *r, struct completeness *out);
