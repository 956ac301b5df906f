/* What all clients of a process share: the event loop, the schedule of deadlines, the recorder, the
 * target. Read-mostly; one per process, owned by the fleet or by --watch. */
#pragma once

#include "clients/client/client_options.h"
#include "clients/client/dial.h"
#include "clients/client/http_exchange.h"
#include "clients/client/schedule.h"
#include "clients/record/channels.h"
#include "clients/record/recorder.h"
#include "clients/record/recovery.h"
#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/net/conn.h"
#include "lib/net/tls.h"
#include "lib/proto/transcript.h"

struct client;

/* Callbacks of the owner; any of them may be NULL. */
struct client_hooks {
    void (*joined)(void *arg, struct client *c); /* its cursor is known */
    /* It has met another server than the one its cursor was of, of this epoch ("": not told). */
    void (*restarted)(void *arg, struct client *c, const char *epoch);
    /* The server no longer has so many updates after its cursor. */
    void (*missed)(void *arg, struct client *c, uint64_t count);
    void (*gave_up)(void *arg, struct client *c); /* it failed for good; last_failure says why */
    void (*ended)(void *arg, struct client *c);   /* after client_leave(): all is closed */
    /* Every update; text_len: bytes of its envelope. Costs time: for --watch and clients that send.
     */
    void (*update)(void *arg, struct client *c, const struct envelope *e, size_t text_len,
                   int64_t recv_ns);
    /* Events and bytes of its connections: see lib/proto/transcript.h. */
    void (*noted)(void *arg, struct client *c, enum transcript_what what, const void *data,
                  size_t len, int64_t at_ns);
    void (*answered)(void *arg, struct client *c); /* a poll's answer has been counted */
    void (*lost)(void *arg, struct client *c, int64_t retry_in_ns);
    /* Of drivers that can post: a connection is open, and nothing has been posted on it. */
    void (*opened)(void *arg, struct client *c);
    void (*read_up_to)(void *arg, struct client *c, uint64_t mark); /* answer to post_mark */
};

struct client_env {
    const struct client_options *opt; /* borrowed */
    struct event_base *base;
    struct conn_loop loop;
    struct schedule schedule;
    struct recorder recorder;
    struct recovery recovery;
    struct channels channels; /* nitems 0: clients receive the default channel */
    struct rng rng;
    struct dial_target target;
    struct tls *tls;              /* NULL: in the clear */
    char host[288];               /* value of Host: */
    char origin[300];             /* of the server's pages */
    int64_t begin_ns;             /* when the first client may begin; 0: any time */
    struct err_text last_failure; /* the newest thing that went wrong on any connection */
    const struct client_hooks *hooks;
    void *hooks_arg;
    struct event sigint, sigterm;
};

/* Build all of it for opt->clients clients. opt and hooks are borrowed. 0, or negative with the
 * line in e. */
int client_env_init(struct client_env *env, const struct client_options *opt,
                    const struct client_hooks *hooks, void *hooks_arg, struct err_text *e);
/* Call on_signal in the loop on SIGINT and SIGTERM. 0, or PL_ENOMEM with the line in e. */
int client_env_on_signals(struct client_env *env, event_callback_fn on_signal, void *arg,
                          struct err_text *e);
/* No hook is called any more, so that ending what is left starts nothing new. */
void client_env_silence(struct client_env *env);
/* When all connections have ended; reaps them. */
void client_env_free(struct client_env *env);

/* A GET of path on the server that the URL names, for JSON, with the heads that the options ask
 * for: without query, further fields or cookie. It borrows from env. */
struct http_request_head client_env_request(const struct client_env *env, const char *path);

/* 64 bits of a masking key or a nonce (RFC 6455 §4.1, §5.3): nobody can guess them, or the next of
 * --seed. */
uint64_t client_env_draw(struct client_env *env);

/* Note what went wrong on a connection; the newest is kept. */
void client_env_note(struct client_env *env, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
