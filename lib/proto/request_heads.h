/* The header fields that a client sends with each request, as sets: few, as the drivers need them,
 * or those of a browser. Host, cookie and what a request needs of its own (a WebSocket's handshake,
 * Content-Length) are not in them. Pure.
 *
 * No set asks for permessage-deflate (RFC 7692), which a browser does once per WebSocket in
 * another 70 bytes: the drivers do not decompress, and a server that does compress would send
 * other bytes than on the other transports. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum request_heads { HEADS_MINIMAL, HEADS_CHROME, HEADS_2009 };
/* Their names in options and scenarios, in that order; last: NULL. */
extern const char *const request_heads_names[];

enum { REQUEST_HEADS_MAX_BYTES = 1024 };

/* What is asked for, and so how a page would ask. */
enum request_kind {
    REQUEST_JSON,    /* fetch(), or XMLHttpRequest: a poll, /stats */
    REQUEST_LINES,   /* fetch() of a stream of lines */
    REQUEST_EVENTS,  /* EventSource */
    REQUEST_UPGRADE, /* WebSocket */
    REQUEST_POST,    /* fetch() with content */
};

/* Write the field lines, each with its CRLF, and NUL to out; with an origin of up to 300 bytes they
 * fit into REQUEST_HEADS_MAX_BYTES. origin: of the page that asks, which is
 * the server's ("http://127.0.0.1:8080"). kept: the connection is to stay open after the response.
 * Returns their length; cap or more when they do not fit. */
size_t request_heads_write(char *out, size_t cap, enum request_heads heads, enum request_kind kind,
                           const char *origin, bool kept);
