/* The parts of the annotator, one for each protocol. Private to this folder. Each takes what one
 * side of a connection has sent, and makes notes of it (explain_state.h). */
#pragma once

#include "bench/explain/annotate/explain_state.h"

/* ---- explain_mask.c ---- */

/* Where masked output is wanted: the same text with a fixed time in each update
 * ("t":81234567890123). It replaces text's content. 0 or PL_ENOMEM. */
int explain_mask_times(const struct explain_side *s, struct buf *text);
/* Append what to show of a field's value: where masked output is wanted, a fixed text for what
 * differs each time. 0 or PL_ENOMEM. */
int explain_put_value(const struct explain_side *s, struct buf *out, const char *name,
                      const char *value);

/* ---- explain_http.c ---- */

/* Take all of data, or up to where WebSocket begins. Returns bytes consumed. */
size_t explain_http(struct explain_side *s, const uint8_t *data, size_t len);
void explain_http_eof(struct explain_side *s);
/* explain_head.c: the head in s->head, of the message s->http.msg. */
void explain_head(struct explain_side *s);

/* ---- explain_content.c ---- */

/* Content (masked already), as notes at depth 1. */
void explain_content(struct explain_side *s, const uint8_t *data, size_t len);
/* If it is a message that pushlab defines: what it is, at depth 2. */
void explain_message(struct explain_side *s, const char *text, size_t len);

/* ---- explain_websocket.c ---- */

/* Explain Sec-WebSocket-Accept as the answer to the connection's key. */
void explain_accept(struct explain_side *s, const char *accept);
void explain_websocket(struct explain_side *s, const uint8_t *data, size_t len);

/* ---- explain_tls.c ---- */

void explain_records(struct explain_side *s, const uint8_t *data, size_t len);
/* A handshake message or alert as it was before encryption. */
void explain_tls_message(struct explain_side *s, const uint8_t *data, size_t len);
void explain_secured(struct explain_connection *c, const char *text, size_t len);

/* ---- explain_tcp.c ---- */

void explain_tcp_packet(struct explain_connection *c, const struct wire_segment *p);
/* The stream has been read to its end: note the server's FIN. False: it was not seen. */
bool explain_tcp_fin(struct explain_connection *c);
void explain_kernel(struct explain_connection *c, const char *text, size_t len);
