/* One session of the pushlab-link program: a link, a command at either end, an account. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "bench/link/link.h"

struct link_session_config {
    const char *link;
    int64_t seed;
    int ip;                      /* 0: IPv4, 1: IPv6: whose addresses the commands are told */
    const char *server, *client; /* shell commands, or NULL */
    char **client_argv;          /* instead of client, or NULL; with neither, a shell */
    int64_t wait_ns;             /* for the server to listen */
    const char *pcap;            /* NULL: none */
    int pcap_at;                 /* 0 client, 1 server, 2 both */
    const char *json;            /* file, "-", or NULL */
    bool quiet;
};

/* The folder entry of the server's network namespace, for commands on the client's side. */
#define LINK_SESSION_ENV_SERVER_NAMESPACE "PUSHLAB_LINK_SERVER_NS"
#define LINK_SESSION_ENV_SERVER           "PUSHLAB_LINK_SERVER"
#define LINK_SESSION_ENV_CLIENT           "PUSHLAB_LINK_CLIENT"

/* Run it. *status gets the client command's exit code (128 + signal if it was killed).
 * 0, or a negative pl_err with the line in e: PL_EINVAL for a wrong spec. */
int link_session_run(const struct link_session_config *c, int *status, struct err_text *e);
