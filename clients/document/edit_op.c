#include "clients/document/edit_op.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/fields.h"
#include "lib/base/utf8.h"

#define INS_KEY    "{\"ins\":\""
#define AT_KEY     "\",\"at\":["
#define ID_KEY     "],\"id\":["
#define DEL_KEY    "{\"del\":[["
#define CURSOR_KEY "{\"cursor\":["

_Static_assert(EDIT_JSON_BYTES_MAX >= 6 * EDIT_TEXT_BYTES_MAX +
                                          sizeof INS_KEY AT_KEY ID_KEY ",,]}" +
                                          4 * FIELD_U64_DIGITS,
               "every insertion must fit");
_Static_assert(EDIT_JSON_BYTES_MAX >=
                   sizeof DEL_KEY "]]}" + EDIT_RANGES_MAX * (sizeof ",,],[" + 3 * FIELD_U64_DIGITS),
               "every deletion must fit");

/* ---- writing ---- */

static char *put_id(char *at, struct text_id id)
{
    at = field_put_u64(at, id.clock);
    *at++ = ',';
    return field_put_u64(at, id.editor);
}

/* One byte of a string: quote, backslash and controls must be escaped (RFC 8259 §7). */
static char *put_char(char *at, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";

    if (c >= 0x20) {
        if (c == '"' || c == '\\')
            *at++ = '\\';
        *at++ = (char)c;
        return at;
    }
    if (c == '\n')
        return field_put(at, "\\n", 2);
    at = field_put(at, "\\u00", 4);
    *at++ = hex[c >> 4];
    *at++ = hex[c & 15];
    return at;
}

static char *put_insert(char *at, const struct edit_op *op)
{
    at = field_put(at, FIELD_KEY(INS_KEY));
    for (size_t i = 0; i < op->text_len; i++)
        at = put_char(at, (unsigned char)op->text[i]);
    at = put_id(field_put(at, FIELD_KEY(AT_KEY)), op->at);
    at = put_id(field_put(at, FIELD_KEY(ID_KEY)), op->id);
    return field_put(at, "]}", 2);
}

static char *put_delete(char *at, const struct edit_op *op)
{
    at = field_put(at, FIELD_KEY(DEL_KEY));
    for (size_t i = 0; i < op->nranges; i++) {
        if (i > 0)
            at = field_put(at, "],[", 3);
        at = put_id(at, op->ranges[i].first);
        *at++ = ',';
        at = field_put_u64(at, op->ranges[i].len);
    }
    return field_put(at, "]]}", 3);
}

size_t edit_op_encode(char json[EDIT_JSON_BYTES_MAX], const struct edit_op *op)
{
    char *at = json;

    if (op->kind == EDIT_INSERT) {
        at = put_insert(at, op);
    } else if (op->kind == EDIT_DELETE) {
        at = put_delete(at, op);
    } else {
        at = put_id(field_put(at, FIELD_KEY(CURSOR_KEY)), op->at);
        at = field_put(at, "]}", 2);
    }
    return (size_t)(at - json);
}

/* ---- reading: steps can be chained, as those of fields.h ---- */

static const char *take_id(const char *at, const char *end, struct text_id *out)
{
    uint64_t editor = 0;

    at = field_u64(at, end, &out->clock, TEXT_CLOCK_MAX);
    at = field_skip(at, end, FIELD_KEY(","));
    at = field_u64(at, end, &editor, UINT32_MAX);
    out->editor = (uint32_t)editor;
    return at;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* at stands behind \u: the four digits' value, or -1. */
static int32_t hex4(const char *at, const char *end)
{
    int32_t value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);

        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static size_t put_utf8(char out[4], uint32_t c)
{
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    return n;
}

/* *at stands behind \u: to UTF-8, two of them if they are a surrogate pair. Returns how many
 * bytes, or what is wrong. */
static int take_unicode(const char **at, const char *end, char out[4])
{
    int32_t c = hex4(*at, end), low;

    if (c < 0)
        return PL_EPROTO;
    *at += 4;
    if (c < 0xd800 || c > 0xdfff)
        return (int)put_utf8(out, (uint32_t)c);
    if (c >= 0xdc00 || end - *at < 2 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return PL_EUTF8;
    low = hex4(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff)
        return PL_EUTF8;
    *at += 6;
    return (int)put_utf8(out, 0x10000 + ((uint32_t)(c - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
}

/* *at stands behind a backslash. */
static int take_escape(const char **at, const char *end, char out[4])
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    const char *found;
    char c;

    if (*at == end)
        return PL_EPROTO;
    c = *(*at)++;
    if (c == 'u')
        return take_unicode(at, end, out);
    found = memchr(names, c, sizeof names - 1);
    if (found == NULL)
        return PL_EPROTO;
    out[0] = values[found - names];
    return 1;
}

/* *at stands behind the opening quote: the string's bytes to op, *at to its closing quote. */
static int take_text(struct edit_op *op, const char **at, const char *end)
{
    struct utf8 check = {0};

    op->text_len = 0;
    while (*at < end && **at != '"') {
        char bytes[4] = {**at};
        int n = 1;

        if ((unsigned char)**at < 0x20)
            return PL_EPROTO;
        if (*(*at)++ == '\\')
            n = take_escape(at, end, bytes);
        if (n < 0)
            return n;
        if (op->text_len + (size_t)n > EDIT_TEXT_BYTES_MAX)
            return PL_ELIMIT;
        memcpy(op->text + op->text_len, bytes, (size_t)n);
        op->text_len += (size_t)n;
    }
    if (*at == end || op->text_len == 0)
        return PL_EPROTO;
    if (!utf8_feed(&check, (const uint8_t *)op->text, op->text_len) || !utf8_done(&check))
        return PL_EUTF8;
    return PL_OK;
}

static int decode_insert(struct edit_op *op, const char *at, const char *end)
{
    int err = take_text(op, &at, end);

    if (err < 0)
        return err;
    op->kind = EDIT_INSERT;
    at = take_id(field_skip(at, end, FIELD_KEY(AT_KEY)), end, &op->at);
    at = take_id(field_skip(at, end, FIELD_KEY(ID_KEY)), end, &op->id);
    return field_skip(at, end, FIELD_KEY("]}")) == end ? PL_OK : PL_EPROTO;
}

static int decode_delete(struct edit_op *op, const char *at, const char *end)
{
    op->kind = EDIT_DELETE;
    for (op->nranges = 0; op->nranges < EDIT_RANGES_MAX; at += strlen("],[")) {
        struct text_range *range = &op->ranges[op->nranges++];
        uint64_t len = 0;

        at = field_skip(take_id(at, end, &range->first), end, FIELD_KEY(","));
        at = field_u64(at, end, &len, UINT32_MAX);
        if (at == NULL || len == 0)
            return PL_EPROTO;
        range->len = (uint32_t)len;
        if (field_skip(at, end, FIELD_KEY("]]}")) == end)
            return PL_OK;
        if (field_skip(at, end, FIELD_KEY("],[")) == NULL)
            return PL_EPROTO;
    }
    return PL_ELIMIT;
}

static int decode_cursor(struct edit_op *op, const char *at, const char *end)
{
    op->kind = EDIT_CURSOR;
    at = take_id(at, end, &op->at);
    return field_skip(at, end, FIELD_KEY("]}")) == end ? PL_OK : PL_EPROTO;
}

int edit_op_decode(struct edit_op *op, const char *json, size_t len)
{
    const char *end = json + len, *at;

    if ((at = field_skip(json, end, FIELD_KEY(INS_KEY))) != NULL)
        return decode_insert(op, at, end);
    if ((at = field_skip(json, end, FIELD_KEY(DEL_KEY))) != NULL)
        return decode_delete(op, at, end);
    if ((at = field_skip(json, end, FIELD_KEY(CURSOR_KEY))) != NULL)
        return decode_cursor(op, at, end);
    return PL_EPROTO;
}

/* ---- applying ---- */

int edit_op_apply(const struct edit_op *op, struct text_doc *d)
{
    int err = PL_OK;

    if (op->kind == EDIT_INSERT)
        err = text_doc_insert(d, op->at, op->id, op->text, op->text_len);
    for (size_t i = 0; op->kind == EDIT_DELETE && i < op->nranges && err >= 0; i++)
        err = text_doc_delete(d, op->ranges[i]);
    return err < 0 ? err : PL_OK;
}
