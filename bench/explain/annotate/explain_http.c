/* HTTP messages: where heads, chunks and content begin and end (RFC 9112). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/proto/chunk.h"
#include "bench/explain/annotate/explain_inner.h"

/* ---- content in chunks ---- */

/* The size line is the last of what stood before the chunk: "\r\n2c;name=value\r\n". */
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

static void say_chunk_size(struct explain *x, struct explain_connection *c, struct explain_side *s,
                           int64_t at_ns)
{
    char meaning[80];
    size_t len;
    const char *line = size_line(s, &len);

    explain_say(x, c, s, EXPLAIN_WIRE, 0, at_ns);
    if (x->options.mask)
        explain_set_wire(x->notes, "%llx\r\n", (unsigned long long)s->chunk_bytes);
    else
        explain_set_wire(x->notes, "%.*s\r\n", (int)len, line);
    snprintf(meaning, sizeof meaning, "a chunk's size, in hexadecimal: %llu byte%s and CRLF follow",
             (unsigned long long)s->chunk_bytes, s->chunk_bytes == 1 ? "" : "s");
    explain_set_usual(x, s, EXPLAIN_CHUNK, meaning, "RFC 9112 \u00a77.1");
    c->tally.framing_bytes[s->up] += chunk_overhead_bytes((size_t)s->chunk_bytes);
    s->framing.len = 0;
}

static void say_chunk(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      int64_t at_ns)
{
    s->unseen_bytes = s->chunk_bytes - s->body.len;
    explain_mask_times(x, &s->body);
    s->chunk_bytes = s->body.len + s->unseen_bytes;
    say_chunk_size(x, c, s, at_ns);
    explain_content(x, c, s, s->body.data, s->body.len, 1, at_ns);
}

/* Of lines every byte is looked at, lest their ends be missed. */
static bool is_looked_at_in_pieces(const struct explain_side *s)
{
    return s->content != EXPLAIN_OTHER && s->chunk_bytes > EXPLAIN_KEPT_BYTES;
}

static void say_last_chunk(struct explain *x, struct explain_connection *c, struct explain_side *s,
                           int64_t at_ns)
{
    explain_say(x, c, s, EXPLAIN_WIRE, 0, at_ns);
    explain_set_wire(x->notes, "%s", "0\r\n\r\n");
    explain_set_meaning(x->notes, "the last chunk: the content is over%s",
                        s->http.msg.keep_alive && !c->asked_close ? ", the connection stays" : "");
    explain_set_ref(x->notes, "RFC 9112 \u00a77.1");
    c->tally.framing_bytes[s->up] += CHUNK_LAST_LEN;
}

static void take_chunk_bytes(struct explain *x, struct explain_connection *c,
                             struct explain_side *s, int64_t at_ns)
{
    uint64_t len = s->http.body_len;

    if (s->chunk_left == 0) {
        begin_chunk(s);
        if (is_looked_at_in_pieces(s))
            say_chunk_size(x, c, s, at_ns);
    }
    s->chunk_left = len < s->chunk_left ? s->chunk_left - len : 0;
    if (is_looked_at_in_pieces(s)) {
        explain_content(x, c, s, s->http.body, (size_t)len, 1, at_ns);
        return;
    }
    if (explain_keep(x, &s->body, s->http.body, (size_t)len) == PL_OK && s->chunk_left == 0)
        say_chunk(x, c, s, at_ns);
}

/* ---- content as it is ---- */

static void take_body_bytes(struct explain *x, struct explain_connection *c, struct explain_side *s,
                            int64_t at_ns)
{
    s->body_bytes += s->http.body_len;
    if (s->content != EXPLAIN_OTHER)
        explain_content(x, c, s, s->http.body, s->http.body_len, 1, at_ns);
    else
        explain_keep(x, &s->body, s->http.body, s->http.body_len);
}

static void say_body(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     int64_t at_ns)
{
    if (s->body_bytes == 0 || s->content != EXPLAIN_OTHER)
        return;
    s->unseen_bytes = s->body_bytes - s->body.len;
    explain_mask_times(x, &s->body);
    explain_content(x, c, s, s->body.data, s->body.len, 1, at_ns);
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

static void end_message(struct explain *x, struct explain_connection *c, struct explain_side *s,
                        int64_t at_ns)
{
    if (s->chunked)
        say_last_chunk(x, c, s, at_ns);
    else
        say_body(x, c, s, at_ns);
    if (!s->up && s->http.msg.status == 101)
        c->websocket = true;
    s->head_open = true;
}

static void take_http_event(struct explain *x, struct explain_connection *c, struct explain_side *s,
                            const uint8_t *data, size_t len, enum http_event ev, int64_t at_ns)
{
    size_t around = ev == HTTP_BODY ? (size_t)(s->http.body - data) : len;

    if (explain_keep(x, s->head_open ? &s->head : &s->framing, data, around) < 0)
        return;
    if (ev == HTTP_HEAD_DONE) {
        explain_head(x, c, s, at_ns);
        begin_content(s);
    } else if (ev == HTTP_BODY && s->chunked) {
        take_chunk_bytes(x, c, s, at_ns);
    } else if (ev == HTTP_BODY) {
        take_body_bytes(x, c, s, at_ns);
    } else if (ev == HTTP_MESSAGE) {
        end_message(x, c, s, at_ns);
    }
}

size_t explain_http(struct explain *x, struct explain_connection *c, struct explain_side *s,
                    const uint8_t *data, size_t len, int64_t at_ns)
{
    enum http_event ev = HTTP_NEED_MORE;
    size_t used = 0;

    do {
        ssize_t n = http_reader_feed(&s->http, data + used, len - used, &ev);

        if (n < 0) {
            explain_give_up(x, c, s, at_ns, "these bytes are not HTTP/1.1", "RFC 9112 \u00a72.2");
            return len;
        }
        take_http_event(x, c, s, data + used, (size_t)n, ev, at_ns);
        used += (size_t)n;
    } while (ev != HTTP_NEED_MORE && !c->websocket && x->notes->rc == PL_OK);
    return used;
}

void explain_http_eof(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      int64_t at_ns)
{
    enum http_event ev = HTTP_NEED_MORE;
    int rc;

    if (c->websocket || s->opaque)
        return;
    rc = http_reader_eof(&s->http, &ev);
    if (rc == PL_OK && ev == HTTP_MESSAGE)
        end_message(x, c, s, at_ns);
    if (rc != PL_EOF)
        return;
    explain_say(x, c, s, EXPLAIN_INSIDE, 0, at_ns);
    explain_set_wire(x->notes, "(the response was not over)");
    explain_set_meaning(x->notes, "it has no end of its own: it ends with its connection");
    explain_set_ref(x->notes, "RFC 9112 \u00a78");
}
