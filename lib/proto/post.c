#include "lib/proto/post.h"

#include "lib/base/err.h"
#include "lib/base/fields.h"
#include "lib/base/json_line.h"

#define PUBLISH_KEY "{\"publish\":{"
#define CHANNEL_KEY "\"channel\":\""
#define KEY_KEY     "\"key\":\""
#define FROM_KEY    "\"from\":\""
#define FROM_N_KEY  "\"from_n\":"
#define FROM_T_KEY  "\"from_t\":"
#define DATA_KEY    "},\"data\":"

_Static_assert(POST_OVERHEAD_BYTES >=
                   sizeof PUBLISH_KEY CHANNEL_KEY KEY_KEY FROM_KEY FROM_N_KEY FROM_T_KEY DATA_KEY
                       "\"\"\",,,,}" +
                       2 * FIELD_U64_DIGITS,
               "the post around any names and data must fit");

enum post_form post_form_of(const char *text, size_t len)
{
    const char *end = text + len;

    if (field_skip(text, end, FIELD_KEY(PUBLISH_KEY)) != NULL)
        return POST_ONE;
    if (field_skip(text, end, FIELD_KEY("[" PUBLISH_KEY)) != NULL)
        return POST_LIST;
    return POST_PLAIN;
}

/* Is this member next? *at moves past the comma before it and its key. */
static bool take_key(const char **at, const char *end, const char *key, size_t key_len)
{
    const char *from = *at, *after;

    if (from == NULL)
        return false;
    if (from[-1] != '{')
        from = field_skip(from, end, FIELD_KEY(","));
    after = field_skip(from, end, key, key_len);
    if (after != NULL)
        *at = after;
    return after != NULL;
}

int post_scan(struct post *out, const char *text, size_t len)
{
    const char *end = text + len;
    const char *at = field_skip(text, end, FIELD_KEY(PUBLISH_KEY));
    uint64_t from_t = 0;

    *out = (struct post){0};
    if (take_key(&at, end, FIELD_KEY(CHANNEL_KEY)))
        at = field_name(at, end, &out->channel);
    if (take_key(&at, end, FIELD_KEY(KEY_KEY)))
        at = field_name(at, end, &out->key);
    if (take_key(&at, end, FIELD_KEY(FROM_KEY)))
        at = field_name(at, end, &out->from);
    if (take_key(&at, end, FIELD_KEY(FROM_N_KEY)))
        at = field_u64(at, end, &out->from_n, UINT64_MAX);
    if (take_key(&at, end, FIELD_KEY(FROM_T_KEY)))
        at = field_u64(at, end, &from_t, INT64_MAX);
    at = field_skip(at, end, FIELD_KEY(DATA_KEY));
    if (at == NULL || json_skip_value(at, end) != end - 1 || end[-1] != '}')
        return PL_EPROTO;
    if (out->from_n != 0 && out->from.len == 0)
        return PL_EPROTO;
    out->from_t_ns = (int64_t)from_t;
    out->data = at;
    out->data_len = (size_t)(end - at) - 1;
    return PL_OK;
}

static char *put_key(char *at, const char *key, size_t key_len)
{
    if (at[-1] != '{')
        *at++ = ',';
    return field_put(at, key, key_len);
}

static char *put_name(char *at, const char *key, size_t key_len, struct name name)
{
    if (name.len == 0)
        return at;
    at = field_put(put_key(at, key, key_len), name.text, name.len);
    *at++ = '"';
    return at;
}

static char *put_number(char *at, const char *key, size_t key_len, uint64_t value)
{
    return value == 0 ? at : field_put_u64(put_key(at, key, key_len), value);
}

size_t post_encode(char *dst, const struct post *p)
{
    char *at = field_put(dst, FIELD_KEY(PUBLISH_KEY));

    at = put_name(at, FIELD_KEY(CHANNEL_KEY), p->channel);
    at = put_name(at, FIELD_KEY(KEY_KEY), p->key);
    at = put_name(at, FIELD_KEY(FROM_KEY), p->from);
    at = put_number(at, FIELD_KEY(FROM_N_KEY), p->from_n);
    at = put_number(at, FIELD_KEY(FROM_T_KEY), (uint64_t)p->from_t_ns);
    at = field_put(at, FIELD_KEY(DATA_KEY));
    at = field_put(at, p->data, p->data_len);
    *at++ = '}';
    return (size_t)(at - dst);
}
