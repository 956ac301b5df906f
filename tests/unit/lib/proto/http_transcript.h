/* What an http_reader made of some bytes, as text that two runs can be compared by:
 * "GET /a keep body Host=x {abc} end\n". Pieces of a body are joined. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/proto/http_reader.h"

struct transcript {
    struct http_reader reader;
    struct buf text;
    bool in_body;
};

static inline void transcript_head(struct transcript *t)
{
    const struct http_message *m = &t->reader.msg;

    if (t->reader.role == HTTP_REQUESTS)
        buf_printf(&t->text, "%s %s", llhttp_method_name(m->method), http_message_target(m));
    else
        buf_printf(&t->text, "%d", m->status);
    buf_printf(&t->text, "%s%s%s", m->keep_alive ? " keep" : " close", m->upgrade ? " upgrade" : "",
               m->has_body ? " body" : "");
    for (uint32_t i = 0; i < m->nfields; i++)
        buf_printf(&t->text, " %s=%s", (const char *)m->text.data + m->fields[i].name,
                   (const char *)m->text.data + m->fields[i].value);
}

static inline void transcript_event(struct transcript *t, enum http_event ev)
{
    if (ev == HTTP_NEED_MORE)
        return;
    if (ev == HTTP_BODY) {
        buf_printf(&t->text, t->in_body ? "" : " {");
        buf_add(&t->text, t->reader.body, t->reader.body_len);
        t->in_body = true;
        return;
    }
    if (t->in_body)
        buf_printf(&t->text, "}");
    t->in_body = false;
    if (ev == HTTP_HEAD_DONE)
        transcript_head(t);
    if (ev == HTTP_MESSAGE)
        buf_printf(&t->text, " end\n");
}

static inline void transcript_error(struct transcript *t, ssize_t err)
{
    if (t->in_body)
        buf_printf(&t->text, "}");
    buf_printf(&t->text, err == PL_EOF ? "cut short" : "refused");
}

/* Feed one piece, from memory of exactly its size so that the sanitizer sees every overrun. */
static inline ssize_t transcript_feed(struct transcript *t, const char *data, size_t len)
{
    uint8_t *copy = malloc(len + !len);
    size_t done = 0;
    enum http_event ev;
    ssize_t n;

    memcpy(copy, data, len);
    do {
        n = http_reader_feed(&t->reader, copy + done, len - done, &ev);
        if (n < 0)
            break;
        done += (size_t)n;
        transcript_event(t, ev);
    } while (ev != HTTP_NEED_MORE);
    free(copy);
    return n;
}

static inline void transcript_eof(struct transcript *t)
{
    enum http_event ev;
    int err = http_reader_eof(&t->reader, &ev);

    transcript_event(t, ev);
    if (err < 0)
        transcript_error(t, err);
}

static inline void transcript_begin(struct transcript *t, enum http_role role,
                                    const struct http_limits *limits)
{
    memset(t, 0, sizeof *t);
    http_reader_init(&t->reader, role, limits);
}

/* NUL-terminated; valid until transcript_free(). */
static inline const char *transcript_text(struct transcript *t)
{
    buf_add(&t->text, "", 1);
    return (const char *)t->text.data;
}

static inline void transcript_free(struct transcript *t)
{
    http_reader_free(&t->reader);
    buf_free(&t->text);
}
