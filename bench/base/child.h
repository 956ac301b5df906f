/* Child processes that can't outlive the runner: each is killed when the runner dies, always
 * reaped, and waited for with deadlines.
 *
 * A supervisor takes over SIGCHLD, SIGINT, SIGTERM, SIGHUP and SIGPIPE of the (single-threaded)
 * process while it is open. Children run in process groups of their own, so that a Ctrl-C
 * reaches the runner alone, which then ends them in order. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum child_stream { CHILD_OUT, CHILD_ERR, CHILD_PROGRESS, CHILD_STREAMS };

enum {
    CHILD_PROGRESS_FD = 3,                 /* its number inside the child */
    CHILD_STREAM_MAX_BYTES = 16 * 1048576, /* unread; a child that says more is killed */
    SUPERVISOR_MAX = 8,
};

/* Which of the child's descriptors the supervisor reads; the others are the runner's own
 * (for CHILD_PROGRESS: closed). stdin is /dev/null, or with CHILD_WRITE_IN a pipe. */
enum {
    CHILD_READ_OUT = 1 << CHILD_OUT,
    CHILD_READ_ERR = 1 << CHILD_ERR,
    CHILD_READ_PROGRESS = 1 << CHILD_PROGRESS,
    CHILD_SAME_GROUP = 1 << CHILD_STREAMS, /* stay in the terminal's foreground */
    CHILD_WRITE_IN = 2 << CHILD_STREAMS,   /* child_say() can write to it */
};

/* Zero-initialise. */
struct child {
    const char *name; /* for messages; borrowed; NULL before supervisor_spawn() */
    pid_t pid;        /* 0: never started */
    bool ended;       /* reaped; status is waitpid()'s, and what it said has been read */
    bool flooded;     /* killed for passing CHILD_STREAM_MAX_BYTES */
    bool own_group;
    int in_fd; /* the child's stdin; -1: /dev/null, or closed */
    int status;
    struct child_pipe {
        int fd; /* -1: not read, or at its end */
        struct buf text;
        size_t taken; /* of text, handed out by child_next_line() */
    } pipes[CHILD_STREAMS];
};

struct supervisor {
    int signal_fd;
    sigset_t before; /* the signal mask to go back to */
    struct sigaction sigpipe_before;
    int interrupts;                         /* SIGINT, SIGTERM and SIGHUP that came in so far */
    struct child *children[SUPERVISOR_MAX]; /* running, or ended and not yet freed */
    size_t count;
    /* Called with argv of each child that is started; NULL: nobody wants to know. */
    void (*on_start)(void *arg, char *const argv[]);
    void *on_start_arg;
};

/* 0 or PL_ESYS. */
int supervisor_open(struct supervisor *sup);
/* Kill and reap whatever still runs, then restore the signals. */
void supervisor_close(struct supervisor *sup);

/* Where a child is to be started: enter() is called in it between fork and exec, so it may make
 * only async-signal-safe calls; a negative return fails the start with errno. */
struct child_place {
    int (*enter)(const void *arg);
    const void *arg;
};

/* Start argv[0] (looked up in PATH when it has no slash) as c, which stays the caller's and must
 * live until child_free(). reads: CHILD_READ_*, CHILD_SAME_GROUP, CHILD_WRITE_IN; place NULL: here.
 * 0, PL_ESYS or PL_ELIMIT, with the line in e ("start pushlab-server: No such file ..."). */
int supervisor_spawn(struct supervisor *sup, struct child *c, const char *name, char *const argv[],
                     unsigned reads, const struct child_place *place, struct err_text *e);

/* Start argv, reading its stdout and stderr, and wait for its end, at most limit_s. 0: it has
 * ended, the caller looks at how; PL_EINTR, or another negative, with the line in e. In any case it
 * runs no more and c is to be freed. */
int supervisor_run(struct supervisor *sup, struct child *c, char *const argv[], int limit_s,
                   struct err_text *e);

/* Write text to the child's stdin (CHILD_WRITE_IN). 0 or PL_ESYS. */
int child_say(struct child *c, const char *text);

/* Sleep until something happens: output, an end, a signal. 1; 0 when CLOCK_MONOTONIC has
 * reached deadline_ns; or PL_ESYS, PL_ENOMEM. */
int supervisor_wait(struct supervisor *sup, int64_t deadline_ns);

/* Ask a child to end with SIGTERM, wait up to grace_ns (a second Ctrl-C cuts it short), then
 * kill its whole group. Reaped in any case. Returns true when it ended by itself. */
bool supervisor_stop(struct supervisor *sup, struct child *c, int64_t grace_ns);

/* The next complete line (without LF; the last one may lack it), NUL-terminated and valid until
 * the next supervisor_wait(); NULL when there is none yet. */
char *child_next_line(struct child *c, enum child_stream s);

/* All that is left of a stream, NUL-terminated; "" when nothing. */
const char *child_text(struct child *c, enum child_stream s);

/* line without the "NAME: " that programs put in front of what they print on stderr. */
const char *child_said(const struct child *c, const char *line);

/* Did it end with exit code 0? */
bool child_succeeded(const struct child *c);

/* How it ended: "exited with 1: bind 127.0.0.1:80: permission denied" (its last line on stderr),
 * "was killed by signal 11 (Segmentation fault)", "is still running". */
void child_describe(struct child *c, char *out, size_t cap);
/* The same after its name, as the line in e. Returns PL_ESYS. */
int child_fail(struct child *c, struct err_text *e);

/* Forget an ended child and free what it said. */
void child_free(struct supervisor *sup, struct child *c);
