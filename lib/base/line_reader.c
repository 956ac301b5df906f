#include "lib/base/line_reader.h"

#include <string.h>

#include "lib/base/err.h"

void line_reader_init(struct line_reader *r, size_t max_line_bytes)
{
    /* One less than everything, so that a CR can be added to it. */
    *r = (struct line_reader){.max_line_bytes =
                                  max_line_bytes < SIZE_MAX ? max_line_bytes : SIZE_MAX - 1};
}

/* The line at text, len bytes before its LF; the CR of a CRLF is not part of it. */
static int line_found(struct line_reader *r, const uint8_t *text, size_t len, const char **line,
                      size_t *line_len)
{
    if (len > 0 && text[len - 1] == '\r')
        len--;
    if (len > r->max_line_bytes)
        return PL_ELIMIT;
    *line = (const char *)text;
    *line_len = len;
    return PL_OK;
}

/* Keep the beginning of a line until the rest arrives; one byte more for a CR. */
static int line_keep(struct line_reader *r, const uint8_t *data, size_t len)
{
    if (len > r->max_line_bytes + 1 - r->partial.len)
        return PL_ELIMIT;
    return buf_add(&r->partial, data, len);
}

ssize_t line_reader_feed(struct line_reader *r, const uint8_t *data, size_t len, const char **line,
                         size_t *line_len)
{
    const uint8_t *lf = len > 0 ? memchr(data, '\n', len) : NULL;
    size_t piece = lf != NULL ? (size_t)(lf - data) : len;
    int err;

    *line = NULL;
    *line_len = 0;
    if (r->release) {
        r->partial.len = 0;
        r->release = false;
    }
    if (lf != NULL && r->partial.len == 0) {
        err = line_found(r, data, piece, line, line_len);
        return err < 0 ? err : (ssize_t)piece + 1;
    }
    err = line_keep(r, data, piece);
    if (err < 0)
        return err;
    if (lf == NULL)
        return (ssize_t)len;
    r->release = true;
    err = line_found(r, r->partial.data, r->partial.len, line, line_len);
    return err < 0 ? err : (ssize_t)piece + 1;
}

int line_reader_eof(struct line_reader *r, const char **line, size_t *line_len)
{
    int err;

    *line = NULL;
    *line_len = 0;
    if (r->release || r->partial.len == 0)
        return 0;
    r->release = true;
    err = line_found(r, r->partial.data, r->partial.len, line, line_len);
    return err < 0 ? err : 1;
}

void line_reader_free(struct line_reader *r)
{
    buf_free(&r->partial);
    r->release = false;
}
