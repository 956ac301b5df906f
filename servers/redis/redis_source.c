#include "servers/redis/redis_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "servers/redis/redis_writer.h"
#include "servers/redis/redis_reader.h"
#include "lib/proto/url.h"

struct redis_source {
    struct source source; /* first */
    struct redis_log log;
    struct redis_reader reader;
    struct redis_writer writer;
    bool was_connected; /* ever */
    bool said_why;      /* that it is away */
};

static void redis_on_greeted(void *arg)
{
    struct redis_source *rs = arg;

    if (!rs->log.state.connected && rs->was_connected)
        rs->log.state.reconnects++;
    if (rs->said_why)
        fprintf(stderr, "pushlab-server: --source %s: connected\n", rs->log.name);
    rs->log.state.connected = rs->was_connected = true;
    rs->said_why = false;
    redis_writer_go(&rs->writer);
}

static bool redis_on_adopted(void *arg)
{
    struct redis_source *rs = arg;

    redis_writer_adopted(&rs->writer);
    return publisher_advanced(rs->log.publisher);
}

static void redis_on_down(void *arg, const char *why)
{
    struct redis_source *rs = arg;

    rs->log.state.connected = false;
    redis_writer_adopted(&rs->writer);
    if (!rs->said_why && !rs->log.lost)
        fprintf(stderr, "pushlab-server: --source %s: %s; trying again until it is back\n",
                rs->log.name, why);
    rs->said_why = true;
}

static const struct redis_reader_ops reader_ops = {
    .greeted = redis_on_greeted,
    .adopted = redis_on_adopted,
    .down = redis_on_down,
};

/* HOST:PORT/KEY */
static int redis_parse(struct redis_log *log, const char *spec, struct err_text *e)
{
    static const char *const suffixes[REDIS_SCRIPT_KEYS] = {"", ":state", ":n", ":senders",
                                                            ":latest"};
    const char *key = strchr(spec, '/');
    struct err_text reason;
    char address[300];

    if (key == NULL || !name_valid(key + 1, strlen(key + 1)))
        return err_set(
            e, PL_EINVAL,
            "--source: redis://%.200s: accepted: redis://HOST:PORT/KEY; KEY is " NAME_ACCEPTED,
            spec);
    snprintf(address, sizeof address, "%.*s", (int)(key - spec), spec);
    if (url_parse_host_port(log->host, &log->port, address, &reason) < 0)
        return err_set(e, PL_EINVAL, "--source: redis://%.280s", reason.text);
    snprintf(log->name, sizeof log->name, "redis://%s", spec);
    for (int i = 0; i < REDIS_SCRIPT_KEYS; i++)
        snprintf(log->keys[i], sizeof log->keys[i], "%s%s", key + 1, suffixes[i]);
    return PL_OK;
}

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
    struct redis_source *rs = (struct redis_source *)src;

    return r != NULL ? redis_writer_submit(&rs->writer, p, t_ns, r)
                     : redis_writer_feed(&rs->writer, p, t_ns);
}

struct source *redis_source_start(struct publisher *pub, const char *spec, int64_t keep,
                                  struct err_text *e)
{
    static const struct source_ops ops = {
        .stop = redis_stop, .ready = redis_ready, .submit = redis_submit};
    struct redis_source *rs = calloc(1, sizeof *rs);

    if (rs == NULL) {
        err_set(e, PL_ENOMEM, "--source: %s", pl_strerror(PL_ENOMEM));
        return NULL;
    }
    rs->log.publisher = pub;
    rs->log.keep = keep;
    rs->source = (struct source){.ops = &ops, .publisher = pub, .log = &rs->log.state};
    if (redis_parse(&rs->log, spec, e) < 0) {
        free(rs);
        return NULL;
    }
    if (redis_writer_start(&rs->writer, &rs->log) == 0 &&
        redis_reader_start(&rs->reader, &rs->log, &reader_ops, rs) == 0)
        return &rs->source;
    err_set(e, PL_ENOMEM, "--source: %s", pl_strerror(PL_ENOMEM));
    redis_stop(&rs->source);
    return NULL;
}
