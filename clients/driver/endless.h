/* HTTP streaming (RFC 6202 §2.2): a GET whose response never ends. What stream and SSE
 * share; they differ in how they read the content. */
#ifndef PUSHLAB_ENDLESS_H
#define PUSHLAB_ENDLESS_H

#include "clients/client/client.h"
#include "clients/client/http_exchange.h"

struct endless {
    struct client client;
    struct http_reader reader;
    int64_t asked_ns; /* when the request was due */
    bool answered;    /* its 200 has come */
};

/* No update is larger; a line or an event beyond it is a broken stream. */
enum { ENDLESS_MESSAGE_MAX_BYTES = 64 << 20 };

/* Bytes of content: call client_took() for each and client_message() for what they say.
 * 0, or negative when the stream is broken. */
typedef int endless_content_fn(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns);

/* Send the request; now_ns is when it was due. */
void endless_ask(struct endless *e, const char *query, const char *accept, const char *fields,
                 int64_t now_ns);
/* Hand the content to on_content. The answer must be of media_type, unless that is NULL. */
void endless_on_data(struct endless *e, const uint8_t *data, size_t len, int64_t recv_ns,
                     endless_content_fn *on_content, const char *media_type);
/* The connection is gone: forget the response, and try again. */
void endless_lost(struct endless *e, enum conn_end why, int64_t now_ns);
void endless_leave(struct endless *e);
void endless_free(struct endless *e);

#endif
