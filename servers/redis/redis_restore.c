#include "servers/redis/redis_restore.h"

#include <stdlib.h>
#include <hiredis/hiredis.h>

#include "lib/base/err.h"
#include "lib/base/fields.h"

struct redis_text redis_text_of(const struct redisReply *r)
{
    if (r->type != REDIS_REPLY_STRING)
        return (struct redis_text){NULL, 0};
    return (struct redis_text){r->str, r->len};
}

static int restore_channel(struct hub *h, struct redis_text name, struct redis_text count)
{
    const char *end = count.text + count.len;
    uint64_t n = 0;

    if (name.len > 0 && !name_valid(name.text, name.len))
        return PL_EPROTO;
    if (field_u64(count.text, end, &n, INT64_MAX) != end || n == 0)
        return PL_EPROTO;
    return hub_restore_channel(h, (struct name){name.text, name.len}, n);
}

static int restore_channels(struct hub *h, const struct redisReply *counts)
{
    int err = counts->type == REDIS_REPLY_ARRAY ? PL_OK : PL_EPROTO;

    for (size_t i = 0; err == 0 && i + 1 < counts->elements; i += 2)
        err = restore_channel(h, redis_text_of(counts->element[i]),
                              redis_text_of(counts->element[i + 1]));
    return err;
}

static int by_seq(const void *a, const void *b)
{
    const struct redis_entry *one = a, *other = b;

    return (one->as.seq > other->as.seq) - (one->as.seq < other->as.seq);
}

/* Those whose entries are gone; the others come out of the log. */
static int restore_values(struct hub *h, uint64_t seq, struct redis_entry *values,
                          const struct redisReply *latest)
{
    size_t n = 0;
    int err = PL_OK;

    for (size_t i = 0; i + 1 < latest->elements; i += 2, n += values[n].as.seq <= seq) {
        if (redis_entry_read_latest(&values[n], redis_text_of(latest->element[i]),
                                    redis_text_of(latest->element[i + 1])) < 0)
            return PL_EPROTO;
    }
    qsort(values, n, sizeof *values, by_seq);
    for (size_t i = 0; i < n && err == 0; i++)
        err = hub_restore_latest(h, &values[i].post, &values[i].as);
    return err;
}

int redis_restore(struct hub *h, uint64_t seq, const struct redisReply *counts,
                  const struct redisReply *latest)
{
    struct redis_entry *values;
    int err;

    hub_begin_after(h, seq);
    err = restore_channels(h, counts);
    if (err < 0 || latest->type != REDIS_REPLY_ARRAY)
        return err < 0 ? err : PL_EPROTO;
    values = calloc(latest->elements / 2 + 1, sizeof *values);
    if (values == NULL)
        return PL_ENOMEM;
    err = restore_values(h, seq, values, latest);
    free(values);
    return err;
}
