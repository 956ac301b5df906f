/* HTTP messages: where heads, chunks and content begin and end (RFC 9112). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/proto/chunk.h"
#include "bench/explain/annotate/explain_parts.h"

/* ---- content in chunks ---- */

/* The size line is the last line before the chunk: "\r\n2c;name=value\r\n". */
static const char *size_line(const struct explain_side *s, size_t *len)
{
    const char *text = (const char *)s->framing.data;
    size_t end = s->framing.len, from;

    while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r'))
        end--;
    for (from = end; from > 0 && text[from - 1] != '\n'; from--)
        ;
    *len = end - from;
    return *len > 0 ? text + from : "";
}

static void begin_chunk(struct explain_side *s)
{
    char digits[20];
    size_t len;
    const char *line = size_line(s, &len);

    snprintf(digits, sizeof digits, "%.*s", (int)len, line);
    s->chunk_bytes = s->chunk_left = strtoull(digits, NULL, 16);
    s->body.len = 0;
}

static void say_chunk_size(struct explain_side *s)
{
    struct explain_word word = explain_word("chunk size");
    unsigned long long bytes = s->chunk_bytes;
    char meaning[80];
    size_t len;
    const char *line = size_line(s, &len);

    snprintf(meaning, sizeof meaning, "%s: %llu byte%s and CRLF follow", word.meaning, bytes,
             bytes == 1 ? "" : "s");
    word.meaning = meaning;
    word = explain_usual(s, EXPLAIN_CHUNK, word);
    if (s->c->x->options.mask)
        explain_say(s, EXPLAIN_WIRE, 0, word, "%llx\r\n", bytes);
    else
        explain_say(s, EXPLAIN_WIRE, 0, word, "%.*s\r\n", (int)len, line);
    s->c->tally.framing_bytes[s->up] += chunk_overhead_bytes((size_t)bytes);
    s->framing.len = 0;
}

static void say_chunk(struct explain_side *s)
{
    s->unseen_bytes = s->chunk_bytes - s->body.len;
    explain_mask_times(s, &s->body);
    s->chunk_bytes = s->body.len + s->unseen_bytes;
    say_chunk_size(s);
    explain_content(s, s->body.data, s->body.len);
}

/* Lines are read byte by byte, whatever the chunk's size, to find their ends. */
static bool is_read_in_pieces(const struct explain_side *s)
{
    return s->content != EXPLAIN_OTHER && s->chunk_bytes > EXPLAIN_KEPT_BYTES;
}

static void say_last_chunk(struct explain_side *s)
{
    bool stays = s->http.msg.keep_alive && !s->c->asked_close;

    explain_say(s, EXPLAIN_WIRE, 0, explain_word(stays ? "last chunk: stays" : "last chunk"), "%s",
                "0\r\n\r\n");
    s->c->tally.framing_bytes[s->up] += CHUNK_LAST_LEN;
}

static void take_chunk_bytes(struct explain_side *s)
{
    uint64_t len = s->http.body_len;

    if (s->chunk_left == 0) {
        begin_chunk(s);
        if (is_read_in_pieces(s))
            say_chunk_size(s);
    }
    s->chunk_left = len < s->chunk_left ? s->chunk_left - len : 0;
    if (is_read_in_pieces(s))
        explain_content(s, s->http.body, (size_t)len);
    else if (explain_keep(s, &s->body, s->http.body, (size_t)len) == PL_OK && s->chunk_left == 0)
        say_chunk(s);
}

/* ---- content as it is ---- */

static void take_body_bytes(struct explain_side *s)
{
    s->body_bytes += s->http.body_len;
    if (s->content != EXPLAIN_OTHER)
        explain_content(s, s->http.body, s->http.body_len);
    else
        explain_keep(s, &s->body, s->http.body, s->http.body_len);
}

static void say_body(struct explain_side *s)
{
    if (s->body_bytes == 0 || s->content != EXPLAIN_OTHER)
        return;
    s->unseen_bytes = s->body_bytes - s->body.len;
    explain_mask_times(s, &s->body);
    explain_content(s, s->body.data, s->body.len);
}

/* ---- messages ---- */

static enum explain_content content_of(const struct http_message *m)
{
    const char *type = http_message_field(m, "Content-Type");

    if (type != NULL && strncasecmp(type, "text/event-stream", 17) == 0)
        return EXPLAIN_EVENTS;
    if (type != NULL && strncasecmp(type, "application/x-ndjson", 20) == 0)
        return EXPLAIN_LINES;
    return EXPLAIN_OTHER;
}

static void begin_content(struct explain_side *s)
{
    const struct http_message *m = &s->http.msg;

    s->head.len = s->framing.len = s->body.len = s->line.len = 0;
    s->line_bytes = s->unseen_bytes = s->body_bytes = s->chunk_bytes = s->chunk_left = 0;
    s->head_open = s->line_after_cr = s->line_seen = false;
    s->chunked = http_message_has_token(m, "Transfer-Encoding", "chunked");
    s->content = content_of(m);
    sse_parser_free(&s->events);
    sse_parser_init(&s->events, EXPLAIN_KEPT_BYTES);
}

static void end_message(struct explain_side *s)
{
    if (s->chunked)
        say_last_chunk(s);
    else
        say_body(s);
    if (!s->up && s->http.msg.status == 101)
        s->c->websocket = true;
    s->head_open = true;
}

static void take_http_event(struct explain_side *s, const uint8_t *data, size_t len,
                            enum http_event ev)
{
    size_t around = ev == HTTP_BODY ? (size_t)(s->http.body - data) : len;

    if (explain_keep(s, s->head_open ? &s->head : &s->framing, data, around) < 0)
        return;
    if (ev == HTTP_HEAD_DONE) {
        explain_head(s);
        begin_content(s);
    } else if (ev == HTTP_BODY && s->chunked) {
        take_chunk_bytes(s);
    } else if (ev == HTTP_BODY) {
        take_body_bytes(s);
    } else if (ev == HTTP_MESSAGE) {
        end_message(s);
    }
}

size_t explain_http(struct explain_side *s, const uint8_t *data, size_t len)
{
    enum http_event ev = HTTP_NEED_MORE;
    size_t used = 0;

    do {
        ssize_t n = http_reader_feed(&s->http, data + used, len - used, &ev);

        if (n < 0) {
            explain_give_up(s, "not HTTP");
            return len;
        }
        take_http_event(s, data + used, (size_t)n, ev);
        used += (size_t)n;
    } while (ev != HTTP_NEED_MORE && !s->c->websocket && s->c->x->notes->rc == PL_OK);
    return used;
}

void explain_http_eof(struct explain_side *s)
{
    enum http_event ev = HTTP_NEED_MORE;
    int rc;

    if (s->c->websocket || s->opaque)
        return;
    rc = http_reader_eof(&s->http, &ev);
    if (rc == PL_OK && ev == HTTP_MESSAGE)
        end_message(s);
    if (rc == PL_EOF)
        explain_say(s, EXPLAIN_INSIDE, 0, explain_word("cut response"), "(incomplete response)");
}
