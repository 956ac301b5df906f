/* A network namespace of the run's own: its TCP counters count the run and nothing else, and
 * no port of the host is taken. */
#pragma once

#include <stdbool.h>

struct netns {
    bool own;       /* false: still in the host's */
    char note[160]; /* why it is the host's; "" otherwise */
};

/* Move this process (and so its future children) to a new network namespace whose loopback
 * is up; without root by way of a user namespace in which uid and gid stay what they are.
 * When that is not permitted nothing changes and out says why. */
void netns_enter(struct netns *out);

/* Stay in the host's, because the user asked for it. */
void netns_stay(struct netns *out);
