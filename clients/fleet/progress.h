/* A line of JSON for programs that show the progress of a run:
 * {"phase":"measure","left_s":1.5,"p50_us":312}. p50_us is the median latency of the updates since
 * the line before, null when there were none. From warm-up on "window_ns":[START,END] says when the
 * window is, for programs that count along. */
#ifndef PUSHLAB_PROGRESS_H
#define PUSHLAB_PROGRESS_H

#include "clients/record/recorder.h"

/* Make fd non-blocking: a reader that sleeps loses lines. Returns fd, or -1 when it is no
 * descriptor: a run does not fail for its progress bar. */
int progress_open(int fd);

/* Write a line; left_ns: how long the phase will still take. fd -1: no progress is wanted. */
void progress_write(int fd, const char *phase, int64_t left_ns, const struct recorder *r);

#endif
