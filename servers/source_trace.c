/* --source trace:FILE: replay a recorded sequence, at speed xK, looped or not. */
#include "source.h"

#include <stdlib.h>

#include "clock.h"
#include "server.h"
#include "ticker.h"
#include "trace.h"

enum { CATCH_UP_MAX = 1000 };

struct trace_source {
    struct source source; /* first */
    struct ticker ticker;
    struct trace trace;
    size_t next;
    int64_t started_ns, round_ns; /* round_ns: trace time at which this round began */
};

static int64_t trace_due_ns(const struct trace_source *ts)
{
    double at_ns = (double)(ts->round_ns + ts->trace.items[ts->next].at_ns);

    return ts->started_ns + (int64_t)(at_ns / ts->source.server->options->trace_speed);
}

/* Step to the next item. False at the end of a trace that is not looped. */
static bool trace_advance(struct trace_source *ts)
{
    if (++ts->next < ts->trace.nitems)
        return true;
    ts->next = 0;
    ts->round_ns += trace_period_ns(&ts->trace);
    return ts->source.server->options->trace_loop;
}

static void trace_on_due(void *arg, int64_t now_ns)
{
    struct trace_source *ts = arg;

    for (int i = 0; i < CATCH_UP_MAX && trace_due_ns(ts) <= now_ns; i++) {
        const struct trace_item *item = &ts->trace.items[ts->next];

        server_publish(ts->source.server, (const char *)ts->trace.text.data + item->data,
                       item->data_len);
        if (!trace_advance(ts)) {
            ts->source.done = true;
            return;
        }
    }
    ticker_arm(&ts->ticker, trace_due_ns(ts));
}

static void trace_stop(struct source *src)
{
    struct trace_source *ts = (struct trace_source *)src;

    ticker_free(&ts->ticker);
    trace_free(&ts->trace);
    free(ts);
}

static struct source *trace_start(struct server *s, const char *path, struct err_text *e)
{
    struct trace_source *ts = calloc(1, sizeof *ts);
    struct err_text reason = {"out of memory"};

    if (ts == NULL || trace_load(&ts->trace, path, &reason) < 0)
        goto fail;
    ts->source = (struct source){.kind = &source_trace, .server = s};
    ts->started_ns = clock_now_ns();
    if (ticker_init(&ts->ticker, s->base, trace_on_due, ts) < 0)
        goto fail;
    ticker_arm(&ts->ticker, trace_due_ns(ts));
    return &ts->source;
fail:
    err_set(e, LAB_EINVAL, "--source: trace:%.280s", reason.text);
    if (ts != NULL)
        trace_free(&ts->trace);
    free(ts);
    return NULL;
}

const struct source_kind source_trace = {
    .name = "trace", .prefix = "trace:", .start = trace_start, .stop = trace_stop};
