/* What tests ask of an explanation. */
#pragma once

#include <check.h>

#include "tests/unit/bench/explain/annotate/explain_fixture.h"

static const struct explain_options plain = {.mask = false};

#define SENT(x, text)     explained_bytes(x, TRANSCRIPT_SENT, text, sizeof(text) - 1, 0)
#define RECEIVED(x, text) explained_bytes(x, TRANSCRIPT_RECEIVED, text, sizeof(text) - 1, 0)

static inline void assert_says(struct explained *x, const char *what)
{
    const char *text = explained_text(x);

    if (strstr(text, what) == NULL)
        ck_abort_msg("'%s' is not in:\n%s", what, text);
}

static inline void assert_silent(struct explained *x, const char *what)
{
    const char *text = explained_text(x);

    if (strstr(text, what) != NULL)
        ck_abort_msg("'%s' is in:\n%s", what, text);
}

static inline size_t count_of(struct explained *x, const char *what)
{
    size_t n = 0;

    for (const char *at = explained_text(x); (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

/* ---- the opening handshake, RFC 6455 §1.2, §1.3 ---- */

#define WS_REQUEST                                                                                 \
    "GET /chat HTTP/1.1\r\n"                                                                       \
    "Host: server.example.com\r\n"                                                                 \
    "Upgrade: websocket\r\n"                                                                       \
    "Connection: Upgrade\r\n"                                                                      \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"                                              \
    "Origin: http://example.com\r\n"                                                               \
    "Sec-WebSocket-Protocol: chat, superchat\r\n"                                                  \
    "Sec-WebSocket-Version: 13\r\n\r\n"
#define WS_ANSWER                                                                                  \
    "HTTP/1.1 101 Switching Protocols\r\n"                                                         \
    "Upgrade: websocket\r\n"                                                                       \
    "Connection: Upgrade\r\n"                                                                      \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"                                       \
    "Sec-WebSocket-Protocol: chat\r\n\r\n"
