/* A source that plays a model (servers/model/model.h) in real time: what the model posts is
 * published when it is due, and its t is when it was due: if the server is late, the latency shows
 * it.
 *
 * The pacer below it calls back for each thing that is due. It is told when as an offset from the
 * beginning, not as a gap, so that late wake-ups do not add up. After a stall the missed part is
 * caught up at once; but when more than PACER_STALL_MAX_NS is missing (the machine slept, or cannot
 * keep up), only the oldest is published, and the rest of the schedule moves, instead of coming in
 * one lump. hub/timetable.h counts what was late or left out. */
#pragma once

#include <stdint.h>
#include <event2/event.h>

#include "lib/base/err.h"
#include "lib/base/ticker.h"
#include "servers/hub/publish.h"
#include "servers/hub/timetable.h"
#include "servers/model/arrivals.h"
#include "servers/model/model.h"

/* What an update's t is: when it was due, or when it was published. */
enum source_stamp { STAMP_DUE, STAMP_PUBLISHED };
extern const char *const source_stamps[]; /* their words, for options */

struct player_options {
    struct model *model; /* the player's from now on, freed on failure too */
    double speed;        /* so many times as fast as the model's own time */
    int64_t start_ns;    /* when to begin, on CLOCK_MONOTONIC; 0: at once */
    int64_t
        resume_after_ns; /* what was due until then was published before a restart; 0: nothing */
    int stamp;           /* enum source_stamp */
    const struct source_settings *settings; /* of a generator, which can be tuned; NULL: another
                                               model */
};

struct arrivals player_arrivals(const struct source_settings *s);

/* NULL with the line in e. */
struct source *player_start(struct publisher *pub, const struct player_options *o,
                            struct err_text *e);

#define PACER_STALL_MAX_NS INT64_C(1000000000)
enum { PACER_BATCH_MAX = 1000 /* in one wake-up, so that connections are not kept waiting */ };

struct pacer {
    struct ticker ticker;
    /* Play what is due. Returns the offset of the next, never before this one; INT64_MAX: that
     * was the last. */
    int64_t (*play)(void *arg);
    void *arg;
    double speed;               /* offsets pass so many times as fast as the clock */
    int64_t zero_ns;            /* CLOCK_MONOTONIC at offset 0 */
    int64_t offset_ns;          /* of what is next */
    uint64_t played;            /* since offset 0 */
    struct timetable timetable; /* since pacer_init(); play() counts there what it publishes */
};

/* 0, PL_ESYS or PL_ENOMEM; on failure there is nothing to free. */
int pacer_init(struct pacer *p, struct event_base *base, int64_t (*play)(void *), void *arg,
               double speed);
/* (Re)start: offset 0 is now, the first is due at offset_ns. 0 or PL_ESYS. */
int pacer_start(struct pacer *p, int64_t offset_ns, int64_t now_ns);
/* Play what is due by now_ns. Returns when to come back; INT64_MAX: never. */
int64_t pacer_run(struct pacer *p, int64_t now_ns);
void pacer_free(struct pacer *p);
