/* The transports are a table: one file per transport, one row each in transports.c. Routes,
 * statistics, --help and the tests walk it. */
#ifndef PUSHLAB_TRANSPORT_H
#define PUSHLAB_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer;
struct http_request;

struct transport {
    const char *name;  /* "websocket": also the word on the command line and in every chart */
    const char *path;  /* "/ws" */
    const char *about; /* one line for --help and docs */
    /* A GET (or HEAD) for path has arrived. Answers at once (reply.h), or leaves the request
     * open to answer it later, or owns the connection from now on: http_session_detach(). */
    void (*open)(struct peer *p, const struct http_request *req);
    /* Bytes on a connection that open() took over. NULL: it never does. */
    void (*input)(struct peer *p, uint8_t *data, size_t len, int64_t now_ns);
    /* The socket of such a connection has taken all that was queued. May be NULL. */
    void (*flushed)(struct peer *p, int64_t now_ns);
    /* The janitor passes by, about once a second: heartbeats, time-outs. May be NULL. */
    void (*tick)(struct peer *p, int64_t now_ns);
    /* The server is stopping: say goodbye and conn_finish(). NULL: close at once. */
    void (*stop)(struct peer *p);
    /* The connection is over: release p->state. May be NULL. */
    void (*release)(struct peer *p);
};

extern const struct transport *const transports[]; /* NULL-terminated; the only list */

/* Number of transports; the index of t in the table. */
size_t transports_count(void);
size_t transports_index(const struct transport *t);

#endif
