/* --source trace:FILE: replay a recorded sequence, at speed xK, looped or not. */
#include "servers/source/source.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "servers/source/pacer.h"
#include "servers/server.h"
#include "servers/source/trace.h"

struct trace_source {
    struct source source; /* first */
    struct pacer pacer;
    struct trace trace;
    size_t next;
    int64_t round_ns; /* trace time at which this round began */
};

/* Step to the next item. False at the end of a trace that is not looped. */
static bool trace_advance(struct trace_source *ts)
{
    if (++ts->next < ts->trace.nitems)
        return true;
    ts->next = 0;
    ts->round_ns += trace_period_ns(&ts->trace);
    return ts->source.server->options->trace_loop;
}

static int64_t trace_play(void *arg)
{
    struct trace_source *ts = arg;
    const struct trace_item *item = &ts->trace.items[ts->next];

    server_publish(ts->source.server, (const char *)ts->trace.text.data + item->data,
                   item->data_len);
    ts->source.done = !trace_advance(ts);
    return ts->source.done ? INT64_MAX : ts->round_ns + ts->trace.items[ts->next].at_ns;
}

static void trace_stop(struct source *src)
{
    struct trace_source *ts = (struct trace_source *)src;

    pacer_free(&ts->pacer);
    trace_free(&ts->trace);
    free(ts);
}

static struct source *trace_start(struct server *s, const char *path, struct err_text *e)
{
    struct trace_source *ts = calloc(1, sizeof *ts);
    struct err_text reason = {"out of memory"};

    if (ts == NULL || trace_load(&ts->trace, path, &reason) < 0)
        goto fail;
    ts->source = (struct source){.kind = &source_trace, .server = s, .pacer = &ts->pacer};
    if (pacer_init(&ts->pacer, s->base, trace_play, ts, s->options->trace_speed) < 0)
        goto fail;
    pacer_start(&ts->pacer, ts->trace.items[0].at_ns, clock_now_ns());
    return &ts->source;
fail:
    err_set(e, PL_EINVAL, "--source: trace:%.280s", reason.text);
    if (ts != NULL)
        trace_free(&ts->trace);
    free(ts);
    return NULL;
}

const struct source_kind source_trace = {
    .name = "trace", .prefix = "trace:", .start = trace_start, .stop = trace_stop};
