#include "lib/proto/sse.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "lib/base/err.h"

/* --- writing --- */

/* Add data and the blank line after fields already written from mark on. On failure remove all of
 * it, since half an event would become part of the next one. */
static int event_finish(struct buf *out, size_t mark, const char *data, size_t len)
{
    assert(len == 0 || (!memchr(data, '\n', len) && !memchr(data, '\r', len)));
    if (buf_add(out, data, len) == 0 && buf_add(out, "\n\n", 2) == 0)
        return PL_OK;
    out->len = mark;
    return PL_ENOMEM;
}

int sse_encode(struct buf *out, uint64_t seq, const char *epoch, const char *data, size_t len)
{
    size_t mark = out->len;
    char id[CURSOR_TEXT_BYTES];

    cursor_encode(id, seq, epoch);
    if (buf_printf(out, "id: %s\ndata: ", id) < 0)
        return PL_ENOMEM;
    return event_finish(out, mark, data, len);
}

int sse_encode_data(struct buf *out, const char *data, size_t len)
{
    size_t mark = out->len;

    if (buf_add(out, "data: ", 6) < 0)
        return PL_ENOMEM;
    return event_finish(out, mark, data, len);
}

int sse_encode_event(struct buf *out, const char *name, const struct cursor *id, const char *data,
                     size_t len)
{
    size_t mark = out->len;
    char text[CURSOR_TEXT_BYTES];

    cursor_encode(text, id->seq, id->epoch);
    if (buf_printf(out, "event: %s\nid: %s\ndata: ", name, text) < 0)
        return PL_ENOMEM;
    return event_finish(out, mark, data, len);
}

int sse_encode_retry(struct buf *out, int64_t retry_ms)
{
    return buf_printf(out, "retry: %" PRId64 "\n\n", retry_ms);
}

int sse_encode_comment(struct buf *out, const char *text)
{
    return buf_printf(out, ": %s\n\n", text);
}

/* --- reading --- */

enum { SCAN_WINDOW_BYTES = 512 };

struct span {
    const char *at;
    size_t len;
};

void sse_parser_init(struct sse_parser *p, size_t max_event_bytes)
{
    *p = (struct sse_parser){.max_event_bytes = max_event_bytes, .retry_ms = -1};
}

void sse_parser_free(struct sse_parser *p)
{
    buf_free(&p->line);
    buf_free(&p->type);
    buf_free(&p->data);
    buf_free(&p->id);
    buf_free(&p->last_event_id);
}

/* Bytes before the first CR or LF, or len. Windows keep a stream without any LF from being
 * searched to its end once per line. */
static size_t line_length(const uint8_t *data, size_t len)
{
    for (size_t at = 0; at < len; at += SCAN_WINDOW_BYTES) {
        size_t window = len - at < SCAN_WINDOW_BYTES ? len - at : SCAN_WINDOW_BYTES;
        const uint8_t *lf = memchr(data + at, '\n', window);
        const uint8_t *cr = memchr(data + at, '\r', lf != NULL ? (size_t)(lf - data) - at : window);

        if (cr != NULL)
            return (size_t)(cr - data);
        if (lf != NULL)
            return (size_t)(lf - data);
    }
    return len;
}

/* Take one line, without its end, from the input (len > 0); line->at is NULL while it is
 * unfinished. The span lies in the input where it can, else in p->line.
 * Returns bytes consumed or an error. */
static ssize_t line_take(struct sse_parser *p, const uint8_t *data, size_t len, struct span *line)
{
    size_t skip = p->skip_lf && data[0] == '\n' ? 1 : 0;
    size_t n = line_length(data + skip, len - skip);
    bool ended = skip + n < len;

    *line = (struct span){NULL, 0};
    p->skip_lf = false;
    data += skip;
    if (n > p->max_event_bytes - p->line.len)
        return PL_ELIMIT;
    if ((!ended || p->line.len > 0) && buf_add(&p->line, data, n) < 0)
        return PL_ENOMEM;
    if (!ended)
        return (ssize_t)(skip + n);

    p->skip_lf = data[n] == '\r';
    *line = (struct span){(const char *)data, n};
    if (p->line.len > 0)
        *line = (struct span){(const char *)p->line.data, p->line.len};
    p->line.len = 0; /* the bytes stay where they are until the next line */
    return (ssize_t)(skip + n + 1);
}

static bool span_is(struct span s, const char *name)
{
    return s.len == strlen(name) && memcmp(s.at, name, s.len) == 0;
}

static int buf_set(struct buf *b, struct span value)
{
    b->len = 0;
    return buf_add(b, value.at, value.len);
}

static int data_append(struct sse_parser *p, struct span value)
{
    if (p->data.len > p->max_event_bytes || value.len > p->max_event_bytes - p->data.len)
        return PL_ELIMIT;
    if (buf_add(&p->data, value.at, value.len) < 0)
        return PL_ENOMEM;
    return buf_add(&p->data, "\n", 1);
}

/* Digits only, or the field is ignored; a number beyond int64_t becomes the largest. */
static void retry_set(struct sse_parser *p, struct span value)
{
    int64_t ms = 0;

    for (size_t i = 0; i < value.len; i++) {
        int digit = value.at[i] - '0';

        if (digit < 0 || digit > 9)
            return;
        ms = ms > (INT64_MAX - digit) / 10 ? INT64_MAX : ms * 10 + digit;
    }
    if (value.len > 0)
        p->retry_ms = ms;
}

static int field_apply(struct sse_parser *p, struct span name, struct span value)
{
    if (span_is(name, "data"))
        return data_append(p, value);
    if (span_is(name, "event"))
        return buf_set(&p->type, value);
    if (span_is(name, "id") && (value.len == 0 || memchr(value.at, '\0', value.len) == NULL))
        return buf_set(&p->id, value);
    if (span_is(name, "retry"))
        retry_set(p, value);
    return PL_OK;
}

static int line_apply(struct sse_parser *p, struct span line)
{
    const char *colon = memchr(line.at, ':', line.len);
    struct span name = line, value = {"", 0};

    if (colon == line.at)
        return PL_OK; /* a comment */
    if (colon != NULL) {
        name.len = (size_t)(colon - line.at);
        value = (struct span){colon + 1, line.len - name.len - 1};
    }
    if (value.len > 0 && value.at[0] == ' ') {
        value.at++;
        value.len--;
    }
    return field_apply(p, name, value);
}

/* The blank line: hand out what was collected, if there is data at all. */
static int event_dispatch(struct sse_parser *p, struct sse_event *ev, bool *got)
{
    bool typed = p->type.len > 0;
    struct span id = {(const char *)p->id.data, p->id.len};

    if (buf_set(&p->last_event_id, id) < 0 || buf_add(&p->last_event_id, "", 1) < 0)
        return PL_ENOMEM;
    if (typed && buf_add(&p->type, "", 1) < 0)
        return PL_ENOMEM;
    *got = p->data.len > 0;
    if (*got) {
        ev->data_len = p->data.len - 1;
        p->data.data[ev->data_len] = '\0'; /* in place of the last line's \n */
        ev->data = (const char *)p->data.data;
        ev->type = typed ? (const char *)p->type.data : "message";
        ev->last_event_id = (const char *)p->last_event_id.data;
    }
    p->data.len = 0; /* the bytes stay where they are until the next line */
    p->type.len = 0;
    return PL_OK;
}

static void bom_strip(struct span *line)
{
    if (line->len >= 3 && memcmp(line->at, "\xef\xbb\xbf", 3) == 0)
        *line = (struct span){line->at + 3, line->len - 3};
}

ssize_t sse_parser_feed(struct sse_parser *p, const uint8_t *data, size_t len, struct sse_event *ev,
                        bool *got)
{
    size_t at = 0;

    *got = false;
    while (at < len && !*got) {
        struct span line;
        ssize_t n = line_take(p, data + at, len - at, &line);
        int err;

        if (n < 0)
            return n;
        at += (size_t)n;
        if (line.at == NULL)
            break;
        if (!p->started)
            bom_strip(&line);
        p->started = true;
        err = line.len > 0 ? line_apply(p, line) : event_dispatch(p, ev, got);
        if (err < 0)
            return err;
    }
    return (ssize_t)at;
}
