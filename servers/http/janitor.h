/* Visits every peer about once a second, a few at each tick, so that time-outs of ten
 * thousand connections cost neither ten thousand timers nor a stall. */
#ifndef PUSHLAB_JANITOR_H
#define PUSHLAB_JANITOR_H

#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

struct peer;

struct janitor {
    struct event tick;
    struct peer **peers; /* owned array of borrowed peers; each knows its slot */
    uint32_t npeers, capacity, next;
};

int janitor_start(struct janitor *j, struct event_base *base); /* 0 or PL_ENOMEM */
int janitor_add(struct janitor *j, struct peer *p);            /* 0 or PL_ENOMEM */
void janitor_remove(struct janitor *j, struct peer *p);
void janitor_free(struct janitor *j);

#endif
