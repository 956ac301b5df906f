/* The newest visible update of each key of a channel, kept however long ago it was. In a list
 * by age, so that what changed after a cursor is found without looking at what did not. */
#ifndef PUSHLAB_LATEST_H
#define PUSHLAB_LATEST_H

#include <stdint.h>
#include <sys/queue.h>

#include "lib/base/name_table.h"
#include "servers/hub/update.h"

struct latest_key {
    struct name_node node; /* first */
    struct update *newest; /* a reference; NULL: the key is known, but no value is visible */
    TAILQ_ENTRY(latest_key) by_age;
};

struct latest {
    struct name_table keys;                     /* but "" */
    struct latest_key unkeyed;                  /* "": of the updates without a key */
    TAILQ_HEAD(latest_keys, latest_key) by_age; /* those with a value, oldest first */
    uint64_t nvalues;
};

/* NULL: not known yet; never for "". */
struct latest_key *latest_find(struct latest *l, struct name key);
/* key is not known yet. NULL: no memory. */
struct latest_key *latest_add(struct latest *l, struct name key);
/* u, newer than all that is here, becomes the key's value. Takes a reference. */
void latest_put(struct latest *l, struct latest_key *key, struct update *u);
/* The oldest of the values with a sequence number above seq; NULL: none. On along by_age. */
struct latest_key *latest_after(const struct latest *l, uint64_t seq);
void latest_free(struct latest *l);

#endif
