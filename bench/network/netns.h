/* A network namespace of the run's own: its TCP counters count the run and nothing else, and
 * no port of the host can be in the way. */
#ifndef PUSHLAB_NETNS_H
#define PUSHLAB_NETNS_H

#include <stdbool.h>

struct netns {
    bool own;       /* false: still in the host's */
    char note[160]; /* why the host's had to do; "" otherwise */
};

/* Move this process (and so its future children) to a new network namespace whose loopback
 * is up; without root by way of a user namespace in which uid and gid stay what they are.
 * When that is not permitted nothing changes and out says why. */
void netns_enter(struct netns *out);

/* Stay, because somebody asked for it. */
void netns_stay(struct netns *out);

#endif
