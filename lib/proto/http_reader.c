#include "lib/proto/http_reader.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"

/* Ends the reader; the first reason is kept. -1 is what llhttp's callbacks return to stop. */
static int reader_fail(struct http_reader *r, int error, int status)
{
    if (r->error < 0)
        return -1;
    r->error = error;
    r->error_status = status;
    r->msg.nfields = 0; /* half a head would not be terminated */
    r->msg.text.len = 0;
    return -1;
}

static int text_add(struct http_reader *r, const char *at, size_t len)
{
    if (buf_add(&r->msg.text, at, len) < 0)
        return reader_fail(r, PL_ENOMEM, 500);
    return 0;
}

static int text_end(struct http_reader *r)
{
    return text_add(r, "", 1);
}

static int on_message_begin(llhttp_t *parser)
{
    struct http_reader *r = parser->data;
    struct http_message *m = &r->msg;

    m->text.len = 0;
    m->nfields = 0;
    m->target = 0;
    m->status = 0;
    r->in_head = true;
    r->name_open = false;
    r->body_bytes = 0;
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct http_reader *r = parser->data;

    if (r->msg.text.len + len > r->limits.target_bytes)
        return reader_fail(r, PL_ELIMIT, 414);
    r->target_open = true;
    return text_add(r, at, len);
}

static int on_url_complete(llhttp_t *parser)
{
    struct http_reader *r = parser->data;

    /* A request line without a version is HTTP/0.9 to llhttp, which would now wait for
     * fields that never come. With a version, that is still unread here. */
    if (parser->http_minor == 9)
        return reader_fail(r, PL_EPROTO, 400);
    r->target_open = false;
    return text_end(r);
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
    struct http_reader *r = parser->data;
    struct http_message *m = &r->msg;

    if (!r->in_head) /* a trailer section: allowed, of no use here (RFC 9110 §6.5.1) */
        return 0;
    if (!r->name_open) {
        if (m->nfields == HTTP_FIELDS_MAX)
            return reader_fail(r, PL_ELIMIT, 431);
        m->fields[m->nfields].name = (uint32_t)m->text.len;
        r->name_open = true;
    }
    return text_add(r, at, len);
}

static int on_header_field_complete(llhttp_t *parser)
{
    struct http_reader *r = parser->data;

    if (!r->in_head)
        return 0;
    if (!r->name_open || r->msg.fields[r->msg.nfields].name == r->msg.text.len)
        return reader_fail(r, PL_EPROTO, 400); /* ": value", which llhttp takes */
    if (text_end(r) < 0)
        return -1;
    r->msg.fields[r->msg.nfields].value = (uint32_t)r->msg.text.len;
    r->name_open = false;
    r->value_ended = false;
    return 0;
}

/* Whether the last byte before at that is no blank ends a line: then what begins at at is folded.
 */
static bool begins_a_line(const struct http_reader *r, const char *at)
{
    const char *p = at;

    while ((const uint8_t *)p > r->feed_start && (p[-1] == ' ' || p[-1] == '\t'))
        p--;
    return (const uint8_t *)p > r->feed_start ? p[-1] == '\n' : r->line_began;
}

/* A value comes in several pieces when it is split over feeds, or folded over lines. Only
 * in the first case does a piece run to the very end of what was fed. A folded piece begins
 * with its white space, so appending it is what a client must do (RFC 9112 §5.2). */
static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
    struct http_reader *r = parser->data;

    if (!r->in_head)
        return 0;
    if (r->role == HTTP_REQUESTS && (r->value_ended || (len > 0 && begins_a_line(r, at))))
        return reader_fail(r, PL_EPROTO, 400);
    r->value_ended = (const uint8_t *)at + len != r->feed_end;
    return text_add(r, at, len);
}

static int on_header_value_complete(llhttp_t *parser)
{
    struct http_reader *r = parser->data;
    struct http_message *m = &r->msg;
    size_t start;

    if (!r->in_head)
        return 0;
    start = m->fields[m->nfields].value;
    while (m->text.len > start &&
           (m->text.data[m->text.len - 1] == ' ' || m->text.data[m->text.len - 1] == '\t'))
        m->text.len--;
    m->nfields++;
    return text_end(r);
}

/* uri-host [ ":" port ], loosely: the characters that may occur there at all (RFC 9110 §7.2). */
static bool host_is_plausible(const char *host)
{
    for (; *host != '\0'; host++) {
        if (!isalnum((unsigned char)*host) && strchr("-._~!$&'()*+,;=:[]%", *host) == NULL)
            return false;
    }
    return true;
}

/* RFC 9112 §3.2: an HTTP/1.1 request has exactly one Host, and any request at most one. */
static int check_host(struct http_reader *r)
{
    size_t count = http_message_count(&r->msg, "host");

    if (count > 1 || (count == 0 && r->msg.minor >= 1))
        return reader_fail(r, PL_EPROTO, 400);
    if (count == 1 && !host_is_plausible(http_message_field(&r->msg, "host")))
        return reader_fail(r, PL_EPROTO, 400);
    return 0;
}

/* RFC 9112 §6.1: chunked, once, alone, or the framing is unknown or not implemented here. */
static int check_transfer_encoding(struct http_reader *r)
{
    const char *coding = http_message_field(&r->msg, "transfer-encoding");

    if (coding == NULL)
        return 0;
    if (r->msg.minor == 0 || coding[0] == '\0')
        return reader_fail(r, PL_EPROTO, 400);
    if (http_message_count(&r->msg, "transfer-encoding") != 1 || strcasecmp(coding, "chunked") != 0)
        return reader_fail(r, PL_EPROTO, 501);
    return 0;
}

/* RFC 9112 §6.3 rule 1. llhttp would read the content that a Content-Length beside announces. */
static bool response_has_no_body(const struct http_reader *r)
{
    int status = r->parser.status_code;

    return r->role == HTTP_RESPONSES &&
           (status / 100 == 1 || status == 204 || status == 304 || r->head_answer);
}

static void message_from_parser(struct http_reader *r)
{
    llhttp_t *p = &r->parser;
    struct http_message *m = &r->msg;

    if (response_has_no_body(r))
        p->flags |= F_SKIPBODY;
    m->minor = p->http_minor;
    if (r->role == HTTP_REQUESTS)
        m->method = p->method;
    else
        m->status = p->status_code;
    m->keep_alive = llhttp_should_keep_alive(p) && !(p->flags & F_CONNECTION_CLOSE);
    m->upgrade = p->upgrade && !(r->role == HTTP_REQUESTS && p->method == HTTP_CONNECT);
    m->has_body = !(p->flags & F_SKIPBODY) && (p->content_length > 0 || (p->flags & F_CHUNKED));
}

static int on_headers_complete(llhttp_t *parser)
{
    struct http_reader *r = parser->data;

    r->in_head = false;
    if (parser->http_major != 1)
        return reader_fail(r, PL_EPROTO, 505);
    message_from_parser(r);
    if (r->role == HTTP_REQUESTS && check_host(r) < 0)
        return -1;
    if (r->role == HTTP_RESPONSES && (r->msg.status < 100 || r->msg.status > 999))
        return reader_fail(r, PL_EPROTO, 400);
    if (check_transfer_encoding(r) < 0)
        return -1;
    if (r->msg.has_body && parser->content_length > r->limits.body_bytes)
        return reader_fail(r, PL_ELIMIT, 413);
    r->pending = HTTP_HEAD_DONE;
    return HPE_PAUSED;
}

/* A chunk is refused by its size line, before its content: the same for every split. */
static int on_chunk_header(llhttp_t *parser)
{
    struct http_reader *r = parser->data;

    if (parser->content_length > r->limits.body_bytes - r->body_bytes)
        return reader_fail(r, PL_ELIMIT, 413);
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct http_reader *r = parser->data;

    if (len == 0)
        return 0;
    if (len > r->limits.body_bytes - r->body_bytes)
        return reader_fail(r, PL_ELIMIT, 413);
    r->body = (const uint8_t *)at;
    r->body_len = len;
    r->body_bytes += len;
    r->pending = HTTP_BODY;
    return HPE_PAUSED;
}

static int on_message_complete(llhttp_t *parser)
{
    struct http_reader *r = parser->data;

    r->pending = HTTP_MESSAGE;
    return HPE_PAUSED;
}

static const llhttp_settings_t reader_settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_url_complete = on_url_complete,
    .on_header_field = on_header_field,
    .on_header_field_complete = on_header_field_complete,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_chunk_header = on_chunk_header,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

void http_reader_init(struct http_reader *r, enum http_role role, const struct http_limits *limits)
{
    memset(r, 0, sizeof *r);
    r->role = role;
    r->limits = *limits;
    llhttp_init(&r->parser, role == HTTP_REQUESTS ? HTTP_REQUEST : HTTP_RESPONSE, &reader_settings);
}

/* RFC 9110 §9.1: 501 for an unknown method; but bytes that cannot be a method (a TLS handshake,
 * a lower-case word) are a bad request. */
static int status_of_parser_error(const struct http_reader *r, llhttp_errno_t err)
{
    const char *at = llhttp_get_error_pos(&r->parser);

    if (err == HPE_INVALID_VERSION || err == HPE_PAUSED_H2_UPGRADE)
        return 505;
    if (err == HPE_INVALID_METHOD && (const uint8_t *)at < r->feed_end && *at >= 'A' && *at <= 'Z')
        return 501;
    return 400;
}

static llhttp_errno_t parser_execute(struct http_reader *r, const uint8_t *data, size_t len)
{
    llhttp_errno_t err;

    r->parser.data = r; /* here and not in init: the owner may have moved the struct */
    r->feed_start = data;
    r->feed_end = data + len;
    r->pending = HTTP_NEED_MORE;
    llhttp_resume(&r->parser);
    err = llhttp_execute(&r->parser, (const char *)data, len);
    if (err != HPE_PAUSED_UPGRADE)
        return err;
    /* Fed on after a message with Upgrade: the caller ignores it. Nothing was consumed yet. */
    llhttp_resume_after_upgrade(&r->parser);
    return llhttp_execute(&r->parser, (const char *)data, len);
}

/* Bound what carries no content: heads, empty lines before them, chunk extensions, trailers. */
static int count_overhead(struct http_reader *r, size_t consumed)
{
    r->head_bytes += r->pending == HTTP_BODY ? consumed - r->body_len : consumed;
    return r->head_bytes > r->limits.head_bytes ? reader_fail(r, PL_ELIMIT, 431) : PL_OK;
}

static void message_end(struct http_reader *r)
{
    r->done = !r->msg.keep_alive;
    if (r->msg.status / 100 != 1)
        r->head_answer = false;
}

ssize_t http_reader_feed(struct http_reader *r, const uint8_t *data, size_t len,
                         enum http_event *ev)
{
    llhttp_errno_t err;
    size_t consumed = len;

    *ev = HTTP_NEED_MORE;
    if (r->error < 0)
        return r->error;
    if (r->done)
        return (ssize_t)len;
    if (len == 0)
        data = (const uint8_t *)""; /* NULL has no place among parser positions */
    err = parser_execute(r, data, len);
    if (err == HPE_PAUSED)
        consumed = (size_t)(llhttp_get_error_pos(&r->parser) - (const char *)data);
    else if (err != HPE_OK)
        reader_fail(r, PL_EPROTO, status_of_parser_error(r, err));
    else if (r->target_open && len > 0 && data[len - 1] == '\n')
        reader_fail(r, PL_EPROTO, 400); /* no version: llhttp waits for what follows the line */
    if (r->error < 0 || count_overhead(r, consumed) < 0)
        return r->error;
    r->line_began = begins_a_line(r, (const char *)data + consumed);
    if (r->pending == HTTP_MESSAGE)
        message_end(r);
    if (r->pending != HTTP_NEED_MORE)
        r->head_bytes = 0;
    *ev = r->pending;
    return (ssize_t)consumed;
}

int http_reader_eof(struct http_reader *r, enum http_event *ev)
{
    /* An event may still be waiting behind a pause. */
    ssize_t n = http_reader_feed(r, NULL, 0, ev);

    if (n < 0 || r->done || *ev != HTTP_NEED_MORE)
        return (int)n;
    if (llhttp_finish(&r->parser) == HPE_INVALID_EOF_STATE) {
        r->error = PL_EOF;
        return PL_EOF;
    }
    if (r->pending != HTTP_MESSAGE)
        return PL_OK;
    message_end(r);
    *ev = HTTP_MESSAGE;
    return PL_OK;
}

void http_reader_free(struct http_reader *r)
{
    buf_free(&r->msg.text);
    r->msg.nfields = 0;
    r->done = true;
}
