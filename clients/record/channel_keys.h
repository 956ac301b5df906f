/* The keys of a channel's values, numbered 0, 1, ... as they are first seen, so that a client needs
 * a number for each and not its name. */
#ifndef PUSHLAB_CHANNEL_KEYS_H
#define PUSHLAB_CHANNEL_KEYS_H

#include <stdint.h>

#include "lib/base/name.h"

struct channel_key {
    char text[NAME_MAX_BYTES];
    uint8_t len;
    uint64_t newest_n; /* of the window's updates, at any client; 0: none */
};

/* Zero-initialise; end with channel_keys_free(). */
struct channel_keys {
    struct channel_key *all; /* owned; by number */
    uint32_t *slots;         /* owned; number + 1, 0: free; linear probing */
    uint32_t n, nslots;      /* nslots: a power of two, at least twice n */
};

/* The number of key, which may be empty (it is a key, too), or PL_ENOMEM. */
int64_t channel_keys_number(struct channel_keys *k, struct name key);
void channel_keys_free(struct channel_keys *k);

#endif
