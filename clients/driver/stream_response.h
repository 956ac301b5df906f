/* HTTP streaming (RFC 6202 §2.2): a GET whose response does not end. What stream and SSE share;
 * they differ in how they read the content. */
#ifndef PUSHLAB_STREAM_RESPONSE_H
#define PUSHLAB_STREAM_RESPONSE_H

#include "clients/client/client.h"

/* First member of the drivers' clients. */
struct stream_response {
    struct client client;
    struct http_reader reader;
    int64_t asked_ns; /* when the request was due */
    bool answered;    /* its 200 has come */
};

/* No update is larger; a line or an event beyond it is a broken stream. */
enum { STREAM_RESPONSE_MESSAGE_MAX_BYTES = 64 << 20 };

/* Bytes of content: call client_took() for each and client_message() for what they say.
 * 0, or negative when the stream is broken. */
typedef int stream_response_content_fn(struct client *c, const uint8_t *data, size_t len,
                                       int64_t recv_ns);

/* Send the request; now_ns is when it was due. */
void stream_response_ask(struct client *c, const struct client_request *r, int64_t now_ns);
/* Hand the content to on_content. The answer must be of media_type, unless that is NULL. */
void stream_response_on_data(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns,
                             stream_response_content_fn *on_content, const char *media_type);
/* The connection is gone: forget the response, and try again. */
void stream_response_on_lost(struct client *c, enum conn_end why, int64_t now_ns);
void stream_response_leave(struct client *c, int64_t now_ns);
void stream_response_free(struct client *c);

#endif
