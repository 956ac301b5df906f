/* `pushlab probe`: what stands between this machine and a server? Tries the ways in which updates
 * are pushed, all at once, and watches silent connections. All that it does is ask: nothing is
 * published, no more than 32 connections are open, and it ends by itself. */
#pragma once

#include <stdint.h>

#include "bench/probe/probe_judge.h"
#include "lib/base/err.h"
#include "lib/proto/url.h"

struct probe_setting {
    struct url url;
    const char *ca_path; /* trusted with https; NULL: what the system trusts */
    int64_t idle_ns;     /* how long silent connections are watched */
    bool websocket;      /* the URL is ws or wss: another server's path is a WebSocket's */
};

struct probe_result {
    struct probe_facts facts;
    struct probe_seen *seen; /* PROBE_ROLES of them, owned; what facts.seen points at */
};

/* 0, or negative with the line in e: the server can't be reached. To be freed in any case. */
int probe_run(struct probe_result *out, const struct probe_setting *s, struct err_text *e);
void probe_result_free(struct probe_result *r);
