/* pushlab-server's options: every limit has a default, an option, and a counter in /stats. */
#ifndef PUSHLAB_SERVER_OPTIONS_H
#define PUSHLAB_SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/opt/opt.h"
#include "servers/source/source.h"

struct server_options {
    const char *listen;
    /* source */
    const char *source_spec;
    const char *feed_spec; /* NULL: none */
    struct source_options source;
    int64_t history;
    /* transports */
    int64_t max_hold_ns;
    int64_t heartbeat_ns;
    int64_t retry_ns;
    int64_t ws_ping_ns, ws_ping_timeout_ns;
    int64_t ws_max_message_bytes;
    bool ws_echo;
    /* limits */
    int64_t max_connections;
    int64_t backlog_bytes;
    int64_t max_channels;
    int64_t max_keys, max_senders; /* of each channel */
    int64_t max_head_bytes, max_target_bytes, max_body_bytes;
    int64_t request_timeout_ns, idle_timeout_ns;
    /* who may publish */
    const char *publish_token;
    bool publish_open;
    const char *allow_origin;
    /* the socket, the same for all transports */
    int64_t sndbuf_bytes, rcvbuf_bytes;
    /* TLS */
    bool tls;
    const char *tls_cert, *tls_key, *tls_write_cert; /* NULL: not given */
    int tls_version;                                 /* enum tls_version */
    /* laboratory */
    bool demo;
    int64_t test_delay_ns;
    int64_t core;
};

extern const struct opt_program server_program;

#endif
