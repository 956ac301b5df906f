/* A program that is not ours — a balancer, a store — run in the foreground on a host of
 * the lab, with a folder of its own that is removed afterwards.
 *
 *     service_prepare(&s, "redis-server", "--version", &e);    s.program, s.folder
 *     service_start(&s, supervisor, argv, place, 6379, &e);       it listens
 *     service_stop(&s, supervisor); */
#pragma once

#include <limits.h>
#include <stdint.h>

#include "bench/base/child.h"
#include "lib/base/err.h"

/* Zero-initialise; to be stopped in any case. */
struct service {
    struct child child;
    const char *name;       /* for messages; borrowed; NULL: not prepared */
    char program[PATH_MAX]; /* what to execute */
    char folder[PATH_MAX];  /* "": none */
    int folder_lock_fd;     /* while there is a folder */
    char version[120];      /* what the program says of itself; "": nothing */
};

/* Find the program, make its folder, and ask it for its version with version_option.
 * 0, or PL_ESYS with the line in e. */
int service_prepare(struct service *s, const char *name, const char *version_option,
                    struct err_text *e);
/* Start it there and wait until it listens on port. 0, or PL_ESYS with the line in e
 * ("haproxy exited with 1: ..."). */
int service_start(struct service *s, struct supervisor *sup, char *const argv[],
                  const struct child_place *place, uint16_t port, struct err_text *e);
/* CPU time so far, of the program and whatever it has started; 0: it does not run. */
int64_t service_cpu_ns(const struct service *s);
/* End it and remove its folder. Harmless when it was never prepared. */
void service_stop(struct service *s, struct supervisor *sup);
