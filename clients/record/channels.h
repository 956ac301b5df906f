/* The channels that the clients of a run receive: the items of --channel and --latest, placed in
 * every room; and what all clients together have seen of each. Which clients have which is decided
 * here; channel_tracks.h keeps what one client has received. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/record/channel_positions.h"
#include "clients/record/track.h"
#include "lib/base/name_table.h"

/* ---- names: "match/score,room-{room}"; {room} is replaced by the number of the client's room, so
 * that one process can have clients in many ---- */

#define CHANNEL_ROOM          "{room}"
#define CHANNEL_NAME_ACCEPTED NAME_ACCEPTED ", and " CHANNEL_ROOM

/* Walk a list: *at begins as the list (NULL: none) and is NULL after the last item; an item may be
 * empty or no name at all. False when there is no further item. */
bool channel_list_next(const char **at, struct name *item);
size_t channel_list_count(const char *list);

/* Write the name that item has in that room, terminated. Its length, or 0 when it is no name. */
size_t channel_name_in_room(char out[CHANNEL_NAME_BYTES], struct name item, uint64_t room);

/* The room of client number index: rooms fill one after the other; room_size 0: all in room 0. */
static inline uint64_t channel_room_of(uint64_t index, uint64_t room_size)
{
    return room_size > 0 ? index / room_size : 0;
}

/* ---- the keys of a channel's values, numbered 0, 1, ... as they are first seen, so that a client
 * needs a number for each and not its name ---- */

struct channel_key {
    struct name_node node; /* first: the table hands it back to us */
    uint32_t number;
    uint64_t newest_n; /* of the window's updates, at any client; 0: none */
    char text[NAME_MAX_BYTES];
};

/* Zero-initialise; end with channel_keys_free(). */
struct channel_keys {
    struct channel_key **all; /* owned; by number */
    uint32_t n, cap;
    struct name_table by_name;
};

/* The number of key, which may be empty (it is a key, too), or PL_ENOMEM. */
int64_t channel_keys_number(struct channel_keys *k, struct name key);
void channel_keys_free(struct channel_keys *k);

/* ---- channels ---- */

/* Channels of one client at most: all of them are named in one request. */
enum { CHANNELS_MAX = 64, CHANNELS_TEXT_BYTES = 1024 };

/* What the clients of a run ask for. */
struct channels_plan {
    const char *every, *latest;   /* lists, of CHANNELS_MAX items in all; NULL: none */
    uint64_t nclients, room_size; /* clients of one room; 0: all are in room 0 */
    uint64_t pick;                /* how many of the latest list each client takes; 0: all */
    uint64_t seed;                /* of the picks */
};

struct channel {
    char name[CHANNEL_NAME_BYTES];
    bool latest;      /* only the newest value of each key is wanted */
    uint64_t clients; /* that have it */

    /* Of the window's updates, by publish time, at all of them together. */
    uint64_t delivered, posts;
    uint64_t seen_first, seen_last; /* smallest and largest n; 0: none */
    struct channel_keys keys;       /* of a latest channel */

    uint64_t passed;         /* of latest values: below the clients' cursors and not missed;
                                channel_tracks_finish() */
    struct seq_range window; /* n of all the window's updates; channels_set_window() */
};

/* An item of the lists: one channel, or one in each room. */
struct channel_item {
    struct name pattern;
    bool latest, in_rooms;
    size_t first; /* index of its first channel */
};

struct channels {
    struct channel_item items[CHANNELS_MAX];
    unsigned nitems, nlatest; /* the latest ones come last */
    unsigned pick;            /* of these, for each client; 0: all */
    uint64_t room_size, seed;
    struct channel *all; /* owned */
    size_t nall;
};

/* The plan's lists are borrowed. 0 or PL_ENOMEM. */
int channels_init(struct channels *c, const struct channels_plan *plan);
void channels_free(struct channels *c);

/* The channels of a client, in the order of the lists; out has room for CHANNELS_MAX. */
unsigned channels_of_client(const struct channels *c, uint64_t client, struct channel **out);

/* An update of the window was delivered, number n; post: sent by a client. */
void channel_saw(struct channel *ch, uint64_t n, bool post);

/* Set every window from the positions at its borders. False when not all of them are known. */
bool channels_set_window(struct channels *c, const struct channel_positions *start,
                         const struct channel_positions *end);
/* Set every window from the updates that any client has seen. */
void channels_set_window_seen(struct channels *c);
