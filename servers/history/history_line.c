#include "servers/history/history_line.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "lib/base/err.h"
#include "lib/base/fields.h"

enum { CRC_CHARS = 8, HEAD_MAX_CHARS = 40 };

/* Of "TYPE CONTENT". */
static unsigned long checksum(char type, const void *content, size_t len)
{
    const char head[] = {type, ' '};
    unsigned long crc = crc32(0, (const unsigned char *)head, sizeof head);

    return len > 0 ? crc32_z(crc, content, len) : crc;
}

int history_line_put(struct buf *out, char type, const void *content, size_t len)
{
    size_t before = out->len;
    int err = buf_printf(out, "%08lx %zu %c ", checksum(type, content, len), len, type);

    if (err == PL_OK)
        err = buf_add(out, content, len);
    if (err == PL_OK)
        err = buf_add(out, "\n", 1);
    if (err < 0)
        out->len = before;
    return err < 0 ? err : PL_OK;
}

/* False: it is no number of 8 lower-case digits. */
static bool read_crc(unsigned long *crc, const char *text)
{
    *crc = 0;
    for (int i = 0; i < CRC_CHARS; i++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, text[i]);

        if (text[i] == '\0' || at == NULL)
            return false;
        *crc = *crc << 4 | (unsigned long)(at - digits);
    }
    return true;
}

ssize_t history_line_read(struct history_line *out, const char *text, size_t len)
{
    const char *end = text + len, *at;
    unsigned long crc;
    uint64_t content;

    if (len < CRC_CHARS + 1 || !read_crc(&crc, text))
        return PL_EPROTO;
    at = field_skip(text + CRC_CHARS, end, FIELD_KEY(" "));
    at = field_skip(field_u64(at, end, &content, len), end, FIELD_KEY(" "));
    if (at == NULL || (size_t)(end - at) < content + 3 || at[1] != ' ' || at[2 + content] != '\n')
        return PL_EPROTO;
    *out = (struct history_line){at[0], at + 2, (size_t)content};
    return checksum(out->type, out->content, out->len) == crc ? at + 3 + content - text : PL_EPROTO;
}
