#include "servers/redis/redis_source.h"

#include <stdlib.h>

#include "servers/redis/redis_reader.h"

struct redis_source {
    struct source source; /* first */
    struct redis_log log;
    struct redis_reader reader;
    struct redis_writer writer;
};

static void redis_stop(struct source *src)
{
    struct redis_source *rs = (struct redis_source *)src;

    redis_reader_stop(&rs->reader);
    redis_writer_stop(&rs->writer);
    free(rs);
}

static bool redis_ready(const struct source *src)
{
    return ((const struct redis_source *)src)->reader.caught_up;
}

static int redis_submit(struct source *src, const struct post *p, int64_t t_ns, struct receipt *r)
{
    return redis_writer_submit(&((struct redis_source *)src)->writer, p, t_ns, r);
}

struct source *redis_source_start(struct publisher *pub, const char *spec, int64_t keep,
                                  struct err_text *e)
{
    static const struct source_ops ops = {
        .stop = redis_stop, .ready = redis_ready, .submit = redis_submit};
    struct redis_source *rs = calloc(1, sizeof *rs);

    if (rs != NULL && redis_log_init(&rs->log, pub, spec, (uint64_t)keep, e) < 0) {
        free(rs);
        return NULL;
    }
    err_set(e, PL_ENOMEM, "--source: %s", pl_strerror(PL_ENOMEM));
    if (rs == NULL)
        return NULL;
    rs->source = (struct source){.ops = &ops, .publisher = pub, .log = &rs->log.state};
    if (redis_writer_start(&rs->writer, &rs->log) == 0 &&
        redis_reader_start(&rs->reader, &rs->log, &rs->writer) == 0)
        return &rs->source;
    redis_stop(&rs->source);
    return NULL;
}
