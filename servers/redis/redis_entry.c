#include "servers/redis/redis_entry.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/fields.h"
#include "lib/base/json_line.h"

static bool text_is(struct redis_text t, const char *word)
{
    return t.len == strlen(word) && memcmp(t.text, word, t.len) == 0;
}

bool redis_text_u64(struct redis_text t, uint64_t max, uint64_t *out)
{
    const char *end = t.text + t.len;

    return t.len > 0 && field_u64(t.text, end, out, max) == end;
}

static bool text_name(struct redis_text t, struct name *out)
{
    *out = (struct name){t.text, t.len};
    return name_valid(t.text, t.len);
}

static bool text_time(struct redis_text t, int64_t *out)
{
    return redis_text_u64(t, INT64_MAX, (uint64_t *)out);
}

static bool text_data(struct redis_text t, struct post *p)
{
    p->data = t.text;
    p->data_len = t.len;
    return t.len > 0 && json_line_compact(t.text, t.text, t.len) == (ssize_t)t.len;
}

/* Numbers begin at 1, and a numbered message has a sender. */
static bool entry_is_sound(const struct redis_entry *e)
{
    return e->as.seq > 0 && e->as.n > 0 && e->as.n <= e->as.seq &&
           (e->post.from_n == 0 || e->post.from.len > 0);
}

/* "0-17" */
static bool text_id(struct redis_text t, uint64_t *seq)
{
    return t.len > 2 && memcmp(t.text, "0-", 2) == 0 &&
           redis_text_u64((struct redis_text){t.text + 2, t.len - 2}, INT64_MAX, seq);
}

/* The value of the field of that name, if it comes next. */
static bool fields_take(const struct redis_text **at, const struct redis_text *end,
                        const char *name, struct redis_text *value)
{
    if (*at == end || !text_is((*at)[0], name))
        return false;
    *value = (*at)[1];
    *at += 2;
    return true;
}

int redis_entry_read(struct redis_entry *out, struct redis_text id, const struct redis_text *fields,
                     size_t nfields)
{
    const struct redis_text *at = fields, *end = fields + nfields;
    struct post *p = &out->post;
    struct redis_text v;
    bool sound;

    *out = (struct redis_entry){0};
    sound = nfields % 2 == 0 && text_id(id, &out->as.seq);
    sound = sound && fields_take(&at, end, "n", &v) && redis_text_u64(v, INT64_MAX, &out->as.n);
    sound = sound && fields_take(&at, end, "t", &v) && text_time(v, &out->as.t_ns);
    if (sound && fields_take(&at, end, "channel", &v))
        sound = text_name(v, &p->channel);
    if (sound && fields_take(&at, end, "key", &v))
        sound = text_name(v, &p->key);
    if (sound && fields_take(&at, end, "from", &v))
        sound = text_name(v, &p->from);
    if (sound && fields_take(&at, end, "from_n", &v))
        sound = redis_text_u64(v, UINT64_MAX, &p->from_n);
    if (sound && fields_take(&at, end, "from_t", &v))
        sound = text_time(v, &p->from_t_ns);
    sound = sound && fields_take(&at, end, "data", &v) && text_data(v, p) && at == end;
    return sound && entry_is_sound(out) ? PL_OK : PL_EPROTO;
}

/* Cut off the part before the separator. False: there is none. */
static bool text_cut(struct redis_text *rest, char separator, struct redis_text *before)
{
    char *at = rest->len > 0 ? memchr(rest->text, separator, rest->len) : NULL;

    if (at == NULL)
        return false;
    *before = (struct redis_text){rest->text, (size_t)(at - rest->text)};
    *rest = (struct redis_text){at + 1, rest->len - before->len - 1};
    return true;
}

static bool text_name_or_none(struct redis_text t, struct name *out)
{
    *out = (struct name){t.text, 0};
    return t.len == 0 || text_name(t, out);
}

int redis_entry_read_latest(struct redis_entry *out, struct redis_text field,
                            struct redis_text value)
{
    struct post *p = &out->post;
    struct redis_text v;
    bool sound;

    *out = (struct redis_entry){0};
    sound = text_cut(&field, ' ', &v) && text_name_or_none(v, &p->channel) &&
            text_name_or_none(field, &p->key);
    sound = sound && text_cut(&value, ' ', &v) && redis_text_u64(v, INT64_MAX, &out->as.seq);
    sound = sound && text_cut(&value, ' ', &v) && redis_text_u64(v, INT64_MAX, &out->as.n);
    sound = sound && text_cut(&value, ' ', &v) && text_time(v, &out->as.t_ns);
    sound = sound && text_cut(&value, ' ', &v) && redis_text_u64(v, UINT64_MAX, &p->from_n);
    sound = sound && text_cut(&value, ' ', &v) && text_time(v, &p->from_t_ns);
    sound = sound && text_cut(&value, '\n', &v) && text_name_or_none(v, &p->from);
    sound = sound && text_data(value, p);
    return sound && entry_is_sound(out) ? PL_OK : PL_EPROTO;
}

/* Format an argument at at. Returns what follows it. */
__attribute__((format(printf, 3, 4))) static char *put(struct redis_text *arg, char *at,
                                                       const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    *arg = (struct redis_text){at, (size_t)vsprintf(at, fmt, ap)};
    va_end(ap);
    return at + arg->len;
}

#define NAME(name) (int)(name).len, (name).text

void redis_post_args(struct redis_text args[REDIS_POST_ARGS], char *text, const struct post *p,
                     int64_t t_ns, const char *feed, uint64_t feed_n)
{
    unsigned long long sender_n = p->from_n > 0 ? p->from_n : feed != NULL ? feed_n : 0;
    char *at = put(&args[0], text, "%.*s", NAME(p->channel));

    at = put(&args[1], at, "%.*s", NAME(p->key));
    at = put(&args[2], at, "%.*s", NAME(p->from));
    at = put(&args[3], at, "%llu", (unsigned long long)p->from_n);
    at = put(&args[4], at, "%lld", (long long)p->from_t_ns);
    at = put(&args[5], at, "%lld", (long long)t_ns);
    if (p->from_n > 0) /* one space, which neither names nor a feed's sender have */
        at = put(&args[6], at, "%.*s %.*s", NAME(p->channel), NAME(p->from));
    else
        at = put(&args[6], at, "%s", feed != NULL ? feed : "");
    at = put(&args[7], at, "%llu", sender_n);
    args[8] = (struct redis_text){at, p->data_len};
    memcpy(at, p->data, p->data_len);
}
