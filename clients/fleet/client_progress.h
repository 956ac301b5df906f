/* A line of JSON about four times a second, for whoever draws the progress of a run:
 * {"phase":"measure","left_s":1.5,"p50_us":312}. p50_us is the median of the updates since the
 * line before, null when there were none. From warm-up on "window_ns":[START,END] says when the
 * window is, for whoever counts along. Never blocks: a reader that sleeps loses lines. */
#ifndef PUSHLAB_CLIENT_PROGRESS_H
#define PUSHLAB_CLIENT_PROGRESS_H

#include <stdint.h>

#include "clients/client/client_env.h"
#include "clients/client/schedule.h"

struct client_progress {
    struct deadline tick;
    struct client_env *env;
    int fd;
    /* The phase's word, and how long it will still take, as far as one can know. */
    const char *(*phase)(void *arg, int64_t now_ns, int64_t *left_ns);
    void *arg;
};

/* fd is borrowed and made non-blocking; -1: no progress is wanted. */
void client_progress_start(struct client_progress *p, struct client_env *env, int fd,
                           const char *(*phase)(void *, int64_t, int64_t *), void *arg);
/* A line right now: something has changed that somebody waits for. */
void client_progress_tell(struct client_progress *p);
void client_progress_stop(struct client_progress *p);

#endif
