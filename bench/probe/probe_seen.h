/* What one connection of a probe saw. Plain facts: probe_judge.h says what they mean. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROBE_ARRIVALS_MAX = 1024, PROBE_TEXT_BYTES = 160 };

/* An update, or another message, and when it was read. */
struct probe_arrival {
    int64_t at_ns;
    int64_t t_ns; /* when it was published, by the server's clock; 0: it does not say */
};

/* All times are CLOCK_MONOTONIC here, 0: it did not happen. Texts are cut, and not cleaned. */
struct probe_seen {
    int64_t begun_ns, asked_ns; /* connect(2); the request was sent */
    int64_t head_ns, first_ns;  /* the response's header fields; its first content */
    int64_t last_ns;            /* the newest bytes */
    int64_t ended_ns;           /* the other side ended it, or it failed */
    bool failed;                /* no connection, or it was reset, or what came was no HTTP */
    bool complete;              /* the response is complete */
    bool upgraded;              /* 101 with the right Sec-WebSocket-Accept */
    int status, minor;          /* of the response; status 0: there was none */
    uint64_t cursor;            /* Pushlab-Cursor */
    bool has_cursor;
    bool is_http2;              /* it answered in HTTP/2 */
    int close_code;             /* of a WebSocket's close frame; 0: there was none */
    char why[PROBE_TEXT_BYTES]; /* how it ended */
    char server[64], via[64], encoding[32], type[64]; /* fields of the response */
    char text[PROBE_TEXT_BYTES];                      /* the beginning of its content */
    struct probe_arrival arrivals[PROBE_ARRIVALS_MAX];
    size_t n;     /* of arrivals, and further ones that did not fit */
    size_t reads; /* that brought content */
    uint64_t content_bytes;
};
