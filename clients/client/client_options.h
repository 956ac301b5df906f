/* What pushlab-client was asked to do: its command line as data. clients/options.c parses, checks
 * and documents it; all rooms below read it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/proto/url.h"
#include "lib/proto/transport_info.h"

struct driver;

enum { CONTROL_AUTO, CONTROL_NONE };
enum { TLS_RESUME_YES, TLS_RESUME_NO };
enum { SEND_NONE, SEND_INPUTS, SEND_EDITS };

struct client_options {
    int transport;  /* enum transport_id */
    int connection; /* enum connection_mode */
    int heads;      /* enum request_heads */
    int control;    /* CONTROL_AUTO or CONTROL_NONE */
    const char *url_text;
    const char *resolve; /* literal addresses, separated by commas; NULL: look the host up */
    int64_t clients, seed, source_addresses;
    bool unguessable; /* masking keys: no seed was given */
    int poll;         /* enum poll_mode */
    int64_t interval_ns, interval_max_ns, hold_ns, poll_jitter_ns;
    double backoff_factor;
    int64_t warmup_ns, duration_ns, drain_ns, setup_timeout_ns;
    double ramp_per_s;
    int64_t connect_timeout_ns, reconnect_min_ns, reconnect_max_ns;
    int64_t reconnect_window_ns; /* negative: as back-off says */
    int64_t sndbuf_bytes, rcvbuf_bytes;
    const char *tls_ca; /* NULL: what the system trusts */
    int tls_version;    /* enum tls_version */
    int tls_resume;     /* TLS_RESUME_YES or TLS_RESUME_NO */
    bool json, watch;
    const char *hlog_path, *timeline_path, *recovery_path; /* NULL: not wanted */
    const char *hlog_tag;                                  /* NULL: none */
    int64_t timeline_clients;
    int64_t progress_fd, control_fd, transcript_fd, core; /* -1: none */
    bool gate;     /* wait for a line on stdin before the clients start */
    int64_t count; /* --watch: stop after this many updates; 0: never */

    const char *channel, *latest; /* lists of channels.h; NULL: none; both: the default one */
    int64_t room_size;            /* clients of one room; 0: all are in room 0 */
    int64_t pick;                 /* how many of the latest list each client takes; 0: all */
    int64_t deadline_ns;          /* an update is on time within it; 0: not counted */
    int send;                     /* SEND_NONE, SEND_INPUTS or SEND_EDITS */
    double send_rate_hz;          /* of each sender; never 0 */
    int64_t send_bytes;           /* data of one input */
    int64_t senders;              /* the first N of each room send; 0: all */
    const char *send_channel;     /* a name of channels.h; NULL: the default channel */

    /* Derived. */
    const struct driver *driver;
    struct url url;
};
