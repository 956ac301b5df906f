/* HTTP/1.x on a peer (RFC 9112): reads requests in order, one at a time, and hands each to the
 * context's handle(); pipelined ones wait for the answer to the one before (§9.3.2). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/buf.h"
#include "lib/proto/http_reader.h"
#include "servers/http/peer.h"

struct http_request {
    const struct http_message *msg;
    const char *path;  /* decoded, without the query */
    const char *query; /* "" when there is none */
    const uint8_t *body;
    size_t body_len;
    bool head;      /* HEAD: answer without content */
    int64_t now_ns; /* when its last byte arrived */
};

struct http_session {
    struct http_reader reader;
    struct buf body;
    struct buf pending;       /* pipelined bytes behind a held request */
    struct event resume;      /* active once they may be read */
    size_t request_bytes;     /* of the request being read, for its account */
    int64_t request_since_ns; /* when the unfinished request began; 0: none */
    bool busy;                /* a request waits for its answer */
    bool in_loop;             /* http_session_input() is on the stack */
    bool detached;
    bool head_only;      /* the request being answered is HEAD */
    bool cors;           /* it is from a page of --allow-origin */
    bool persist;        /* the connection outlives the answer */
    bool say_keep_alive; /* HTTP/1.0: persistence must be stated */
};

int http_session_start(struct peer *p, struct http_context *c); /* 0 or PL_ENOMEM */
void http_session_free(struct peer *p);

/* No more will come. False: nothing is left to be answered or sent. */
bool http_session_on_eof(struct peer *p);

void http_session_input(struct peer *p, const uint8_t *data, size_t len, int64_t now_ns);

/* The request has been answered completely: close, or go on with the next one. Every request that
 * is not detached ends here (through reply.h), now or later. */
void http_session_done(struct peer *p);

/* The connection belongs to p->transport from now on; what the client sent after the
 * request goes to transport->input(). */
void http_session_detach(struct peer *p);

/* A request that was held (delay_line.h, cursor_wait.h) goes on to handle(). */
void http_session_arrive(struct peer *p, const struct http_request *req);

/* Idle and slow-request limits. */
void http_session_tick(struct peer *p, int64_t now_ns);
