/* The server's context: everything with a life of its own, owned in one place. */
#ifndef PUSHLAB_SERVER_H
#define PUSHLAB_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "buf.h"
#include "conn.h"
#include "err.h"
#include "hub.h"
#include "janitor.h"
#include "listener.h"
#include "poll_cache.h"
#include "server_options.h"
#include "source.h"
#include "stats.h"
#include "ticker.h"
#include "tls.h"

struct demo;

struct server {
    const struct server_options *options; /* borrowed */
    struct event_base *base;
    struct conn_loop loop;
    struct hub hub;
    struct ticker release; /* for hub delays; armed only under --test-delay */
    struct tls *tls;       /* NULL: in the clear */
    struct listener listener;
    struct janitor janitor;
    struct source *source;
    struct poll_cache poll_cache;
    struct demo *demo; /* NULL without --demo */
    struct connection_stats connections;
    struct transport_stats *accounts; /* one per transport, then "publish" and "other" */
    struct buf scratch;               /* for building one answer; empty between uses */
    struct event sigterm, sigint, stop_deadline;
    int64_t started_ns;
    int64_t date_unix_s;
    char date[30]; /* IMF-fixdate of date_unix_s */
    bool stopping;
};

/* Build everything and start listening. 0, or negative with the line in e. */
int server_start(struct server *s, const struct server_options *options, struct err_text *e);
/* Serve until stopped. 0 or LAB_ESYS. */
int server_run(struct server *s);
/* Orderly end: no new connections, WebSockets closed with 1001, streams finished; the loop
 * ends when all peers are gone or the deadline passes. */
void server_stop(struct server *s);
void server_free(struct server *s);

/* Publish one compact JSON value now. Returns its sequence number or 0 (no memory). */
uint64_t server_publish(struct server *s, const char *data, size_t len);
/* The same as of t_ns, which is not before that of anything published yet. */
uint64_t server_publish_at(struct server *s, const char *data, size_t len, int64_t t_ns);
/* Publish a post now. 0 and its sequence number; 1: its sender has published it before, and *seq
 * is the number of that sender's newest in this channel; LAB_ELIMIT (--max-channels, --max-keys,
 * --max-senders), LAB_ENOMEM. */
int server_publish_post(struct server *s, const struct post *p, uint64_t *seq);

/* The accounts: of each transport in the table's order, of publishing, of all other requests. */
size_t server_naccounts(void);
const char *server_account_name(size_t i);
struct transport_stats *server_account(struct server *s,
                                       const struct transport *t); /* NULL: other */
struct transport_stats *server_publish_account(struct server *s);

/* The Date field's value for now, formatted once a second. */
const char *server_date(struct server *s);

#endif
