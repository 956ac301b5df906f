#include "envelope.h"

#include <string.h>

#include "err.h"

#define SEQ_KEY  "{\"seq\":"
#define T_KEY    ",\"t\":"
#define DATA_KEY ",\"data\":"

/* Length of a string constant, without its NUL. */
#define LEN(text) (sizeof(text) - 1)

enum { U64_DIGITS = 20 };

_Static_assert(ENVELOPE_OVERHEAD_BYTES >=
                   LEN(SEQ_KEY) + LEN(T_KEY) + LEN(DATA_KEY) + 2 * U64_DIGITS + 1,
               "the envelope around any data must fit");

static char *put(char *at, const void *data, size_t len)
{
    memcpy(at, data, len);
    return at + len;
}

static char *put_u64(char *at, uint64_t value)
{
    char digits[U64_DIGITS];
    size_t n = sizeof digits;

    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return put(at, digits + n, sizeof digits - n);
}

size_t envelope_encode(char *dst, uint64_t seq, int64_t t_ns, const char *data, size_t data_len)
{
    char *at = put(dst, SEQ_KEY, LEN(SEQ_KEY));

    at = put_u64(at, seq);
    at = put(at, T_KEY, LEN(T_KEY));
    at = put_u64(at, (uint64_t)t_ns);
    at = put(at, DATA_KEY, LEN(DATA_KEY));
    at = put(at, data, data_len);
    *at++ = '}';
    return (size_t)(at - dst);
}

/* What follows the key at the front of at, or NULL. Inlined with its constant length, the
 * comparison is one or two words. NULL goes in and comes out, so that steps can be chained. */
static inline const char *skip(const char *at, const char *end, const char *key, size_t key_len)
{
    if (at == NULL || (size_t)(end - at) < key_len || memcmp(at, key, key_len) != 0)
        return NULL;
    return at + key_len;
}

/* The same for a JSON number that is a whole one, 0..max: no sign, no leading zero. */
static inline const char *scan_u64(const char *at, const char *end, uint64_t *out, uint64_t max)
{
    const char *start = at;
    uint64_t value = 0;

    if (at == NULL)
        return NULL;
    for (; at < end; at++) {
        unsigned digit = (unsigned)*at - '0';

        if (digit > 9)
            break;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return NULL;
    }
    if (at == start || value > max || (*start == '0' && at > start + 1))
        return NULL;
    *out = value;
    return at;
}

int envelope_scan(struct envelope *out, const char *text, size_t len)
{
    const char *end = text + len;
    const char *at = skip(text, end, SEQ_KEY, LEN(SEQ_KEY));
    uint64_t t_ns = 0;

    at = scan_u64(at, end, &out->seq, UINT64_MAX);
    at = skip(at, end, T_KEY, LEN(T_KEY));
    at = scan_u64(at, end, &t_ns, INT64_MAX);
    at = skip(at, end, DATA_KEY, LEN(DATA_KEY));
    if (at == NULL || end - at < 2 || end[-1] != '}')
        return LAB_EPROTO;
    out->t_ns = (int64_t)t_ns;
    out->data = at;
    out->data_len = (size_t)(end - at) - 1;
    return LAB_OK;
}

/* at stands behind a string's opening quote: what follows the closing one, or NULL. */
static const char *skip_string(const char *at, const char *end)
{
    const char *start = at;

    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        const char *backslashes = at;

        while (backslashes > start && backslashes[-1] == '\\')
            backslashes--;
        at++;
        if ((at - 1 - backslashes) % 2 == 0)
            return at;
        start = at; /* an escaped quote: no need to count across it again */
    }
    return NULL;
}

/* at stands on an opening brace: what follows its closing one, or NULL. */
static const char *skip_object(const char *at, const char *end)
{
    size_t depth = 0;

    while (at != NULL && at < end) {
        char c = *at++;

        if (c == '"') {
            at = skip_string(at, end);
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (--depth == 0)
                return c == '}' ? at : NULL;
        }
    }
    return NULL;
}

ssize_t envelope_array_next(const char *body, size_t len, size_t *at, const char **item)
{
    const char *end = body + len;
    const char *after;

    if (*at >= len)
        return LAB_EPROTO;
    if (body[*at] == ']')
        return *at > 0 && *at + 1 == len ? 0 : LAB_EPROTO;
    if (body[*at] != (*at == 0 ? '[' : ','))
        return LAB_EPROTO;
    ++*at;
    if (*at == 1 && len == 2 && body[1] == ']')
        return 0;
    if (*at == len || body[*at] != '{')
        return LAB_EPROTO;
    *item = body + *at;
    after = skip_object(*item, end);
    if (after == NULL)
        return LAB_EPROTO;
    *at = (size_t)(after - body);
    return after - *item;
}
