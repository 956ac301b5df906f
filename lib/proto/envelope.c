#include "lib/proto/envelope.h"

#include "lib/base/err.h"
#include "lib/base/fields.h"
#include "lib/base/json_line.h"

#define SEQ_KEY     "{\"seq\":"
#define T_KEY       ",\"t\":"
#define CHANNEL_KEY ",\"channel\":\""
#define N_KEY       ",\"n\":"
#define KEY_KEY     ",\"key\":\""
#define FROM_KEY    ",\"from\":\""
#define FROM_N_KEY  ",\"from_n\":"
#define FROM_T_KEY  ",\"from_t\":"
#define DATA_KEY    ",\"data\":"

_Static_assert(ENVELOPE_OVERHEAD_BYTES >= sizeof SEQ_KEY T_KEY CHANNEL_KEY N_KEY KEY_KEY FROM_KEY
                                                  FROM_N_KEY FROM_T_KEY DATA_KEY "\"\"\"}" +
                                              5 * FIELD_U64_DIGITS,
               "the envelope around any names and data must fit");

static char *put_name(char *at, const char *key, size_t key_len, struct name name)
{
    if (name.len == 0)
        return at;
    at = field_put(at, key, key_len);
    at = field_put(at, name.text, name.len);
    *at++ = '"';
    return at;
}

static char *put_number(char *at, const char *key, size_t key_len, uint64_t value)
{
    return field_put_u64(field_put(at, key, key_len), value);
}

size_t envelope_encode(char *dst, const struct envelope *e)
{
    char *at = put_number(dst, FIELD_KEY(SEQ_KEY), e->seq);

    at = put_number(at, FIELD_KEY(T_KEY), (uint64_t)e->t_ns);
    at = put_name(at, FIELD_KEY(CHANNEL_KEY), e->channel);
    if (e->n != e->seq)
        at = put_number(at, FIELD_KEY(N_KEY), e->n);
    at = put_name(at, FIELD_KEY(KEY_KEY), e->key);
    at = put_name(at, FIELD_KEY(FROM_KEY), e->from);
    if (e->from_n != 0)
        at = put_number(at, FIELD_KEY(FROM_N_KEY), e->from_n);
    if (e->from_t_ns != 0)
        at = put_number(at, FIELD_KEY(FROM_T_KEY), (uint64_t)e->from_t_ns);
    at = field_put(at, FIELD_KEY(DATA_KEY));
    at = field_put(at, e->data, e->data_len);
    *at++ = '}';
    return (size_t)(at - dst);
}

/* The optional members. at stands behind t; what follows them, or NULL. */
static const char *scan_optional(struct envelope *out, const char *at, const char *end)
{
    const char *after;
    uint64_t from_t = 0;

    if ((after = field_skip(at, end, FIELD_KEY(CHANNEL_KEY))) != NULL)
        at = field_name(after, end, &out->channel);
    if ((after = field_skip(at, end, FIELD_KEY(N_KEY))) != NULL)
        at = field_u64(after, end, &out->n, UINT64_MAX);
    if ((after = field_skip(at, end, FIELD_KEY(KEY_KEY))) != NULL)
        at = field_name(after, end, &out->key);
    if ((after = field_skip(at, end, FIELD_KEY(FROM_KEY))) != NULL)
        at = field_name(after, end, &out->from);
    if ((after = field_skip(at, end, FIELD_KEY(FROM_N_KEY))) != NULL)
        at = field_u64(after, end, &out->from_n, UINT64_MAX);
    if ((after = field_skip(at, end, FIELD_KEY(FROM_T_KEY))) != NULL)
        at = field_u64(after, end, &from_t, INT64_MAX);
    out->from_t_ns = (int64_t)from_t;
    return field_skip(at, end, FIELD_KEY(DATA_KEY));
}

int envelope_scan(struct envelope *out, const char *text, size_t len)
{
    const char *end = text + len, *data;
    const char *at = field_skip(text, end, FIELD_KEY(SEQ_KEY));
    uint64_t t_ns = 0;

    *out = (struct envelope){0};
    at = field_u64(at, end, &out->seq, UINT64_MAX);
    at = field_skip(at, end, FIELD_KEY(T_KEY));
    at = field_u64(at, end, &t_ns, INT64_MAX);
    out->t_ns = (int64_t)t_ns;
    out->n = out->seq;
    data = field_skip(at, end, FIELD_KEY(DATA_KEY));
    if (data == NULL)
        data = scan_optional(out, at, end);
    if (data == NULL || end - data < 2 || end[-1] != '}')
        return PL_EPROTO;
    out->data = data;
    out->data_len = (size_t)(end - data) - 1;
    return PL_OK;
}

ssize_t envelope_array_next(const char *body, size_t len, size_t *at, const char **item)
{
    const char *end = body + len;
    const char *after;

    if (*at >= len)
        return PL_EPROTO;
    if (body[*at] == ']')
        return *at > 0 && *at + 1 == len ? 0 : PL_EPROTO;
    if (body[*at] != (*at == 0 ? '[' : ','))
        return PL_EPROTO;
    ++*at;
    if (*at == 1 && len == 2 && body[1] == ']')
        return 0;
    if (*at == len || body[*at] != '{')
        return PL_EPROTO;
    *item = body + *at;
    after = json_skip_nested(*item, end);
    if (after == NULL)
        return PL_EPROTO;
    *at = (size_t)(after - body);
    return after - *item;
}
