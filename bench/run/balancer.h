/* A balancer: HAProxy or nginx in front of the servers, run as a service (service.h) with a
 * configuration of ours.
 *
 * The configuration is a template. In it
 *     @LISTEN@   is the address and port to which clients connect
 *     @SERVER1@  @SERVER2@  are the servers' addresses and ports
 *     @FOLDER@   is a folder of its own, for whatever it writes
 *     @MODULES@  is where nginx has its dynamic modules
 * and everything else stays as it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "bench/base/child.h"
#include "lib/base/err.h"
#include "bench/network/hosts.h"
#include "bench/scenario/scenario.h"
#include "bench/run/service.h"

struct balancer_kind {
    enum hosts_shape shape;
    int layer;           /* 4 or 7; 0: no program */
    const char *program; /* NULL: none */
    const char *config;  /* template in the scenario's folder, unless the scenario names another */
};
/* By enum scenario_balancer_kind, from BALANCER_DIRECT on. */
const struct balancer_kind *balancer_kind(int kind);

struct balancer_words {
    const char *listen;
    const char *servers[HOSTS_SERVERS_MAX];
    size_t nservers;
    const char *folder;
    bool reloads; /* balancer_reload_signal() will be sent */
};

/* The signal by which the kind's program reads its configuration again. */
int balancer_reload_signal(const struct balancer_kind *kind);

/* Fill a template in. 0, PL_ENOMEM, or PL_EINVAL with the line in e ("@SERVER2@ means nothing
 * with 1 server; accepted: ..."). Pure. */
int balancer_fill(struct buf *out, const char *template, const struct balancer_words *w,
                  struct err_text *e);

/* Run the kind's program as s on that host with the template at config_path, and wait until it
 * listens on port. 0; or PL_ESYS, PL_EINVAL with the line in e ("haproxy exited with 1: ...").
 * s is the caller's to stop in any case. */
int balancer_start(struct service *s, struct supervisor *sup, const struct balancer_kind *kind,
                   const char *config_path, const struct balancer_words *w,
                   const struct child_place *place, uint16_t port, struct err_text *e);
