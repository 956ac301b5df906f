/* One published update, encoded once per format and shared by all its receivers.
 * Single-threaded reference counts. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/proto/envelope.h"
#include "lib/base/buf.h"

struct channel;
struct latest_key;
struct update;

/* How an update is written for the wire. Each transport has its own (const objects in its file,
 * alone or as first member); the result is kept with the update under the object's address. */
struct update_encoding {
    /* by: this encoding. NULL: no memory. */
    struct shared *(*encode)(const struct update *u, const struct update_encoding *by);
};

enum { UPDATE_ENCODINGS_MAX = 8 };

struct update {
    uint32_t refs;
    uint32_t nencodings;
    uint64_t seq; /* among all that the hub publishes */
    uint64_t n;   /* among those of its channel */
    int64_t t_ns;
    const char *epoch;       /* of its number (lib/proto/cursor.h): set by the hub, borrowed */
    struct shared *json;     /* the envelope: the payload of every transport */
    struct channel *channel; /* where it was published and which of its values it is: set by the */
    struct latest_key *key;  /* hub, borrowed, valid while the hub lives */
    STAILQ_ENTRY(update) hidden; /* in the hub, while it is published but not visible */
    struct {
        const struct update_encoding *by;
        struct shared *bytes;
    } encoded[UPDATE_ENCODINGS_MAX];
};

/* e->data: one JSON value on one line. Everything is copied. One reference, the caller's. NULL:
 * no memory. */
struct update *update_new(const struct envelope *e);
struct update *update_ref(struct update *u);
void update_unref(struct update *u); /* NULL is ignored */

/* The update's bytes in this encoding, made at the first call. Owned by u; NULL: no memory. */
struct shared *update_encoded(struct update *u, const struct update_encoding *by);
