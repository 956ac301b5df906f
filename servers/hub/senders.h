/* Exactly once: who has sent to a channel, and which of its messages was the newest. A sender
 * that does not know whether a message arrived sends it again; here it is found out. */
#ifndef PUSHLAB_SENDERS_H
#define PUSHLAB_SENDERS_H

#include <stdint.h>

#include "servers/hub/name_table.h"

struct sender {
    struct name_node node; /* first */
    uint64_t newest_n;     /* in the sender's own numbers (envelope.h's from_n); 0: none yet */
    uint64_t seq;          /* the number that message got here */
    char text[];           /* its name */
};

/* All zero: nobody. */
struct senders {
    struct name_table table; /* count: how many they are */
};

struct sender *senders_find(const struct senders *s, struct name from);
/* from is not there yet. NULL: no memory. */
struct sender *senders_add(struct senders *s, struct name from);
void senders_free(struct senders *s);

#endif
