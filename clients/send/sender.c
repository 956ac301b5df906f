#include "clients/send/sender.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "clients/send/upstream.h"

static uint64_t *said_by(const struct sender *s)
{
    return s->upstream->said[workload_sender(&s->upstream->plan, s->client->index)];
}

/* ---- up the transport's own connection ---- */

/* Only what comes back down to its sender is known to have arrived without asking. */
static bool awaits_mark(const struct sender *s)
{
    const struct audience *a = &s->upstream->audience;

    for (size_t i = 0; i < s->uplink.under_way; i++) {
        if (audience_hears(a, s->client->index, s->uplink.items[i].channel) == ORDER_NOT_HEARD)
            return true;
    }
    return false;
}

/* One question at a time, as an HTTP request has one answer. */
static void ask_how_far(struct sender *s)
{
    uint64_t mark = s->uplink.acknowledged + s->uplink.under_way;
    ssize_t sent;

    if (s->marked != 0 || !awaits_mark(s))
        return;
    sent = s->client->driver->post_mark(s->client, mark);
    if (sent <= 0)
        return;
    s->marked = mark;
    UPSTREAM_COUNT(&s->upstream->account, s->uplink.items[s->uplink.under_way - 1].due_ns,
                   framing_bytes_out, (uint64_t)sent);
}

static void post_all(struct sender *s)
{
    const struct uplink_item *item;
    const char *text;

    while ((item = uplink_next(&s->uplink, &text)) != NULL) {
        ssize_t sent = s->client->driver->post(s->client, text, item->len);

        if (sent <= 0)
            return; /* sender_opened() goes on */
        upstream_account_sent(&s->upstream->account, item->due_ns, item->len,
                              (size_t)sent - item->len, item->left, clock_now_ns());
        uplink_depart(&s->uplink);
    }
    ask_how_far(s);
}

static void flush(struct sender *s, int64_t now_ns)
{
    if (s->http != NULL)
        uplink_http_flush(s->http, now_ns);
    else
        post_all(s);
}

void sender_opened(struct sender *s)
{
    s->marked = 0;
    uplink_rewind(&s->uplink);
    post_all(s);
}

void sender_read_up_to(struct sender *s, uint64_t mark)
{
    if (s->marked == 0 || mark != s->marked)
        return;
    s->marked = 0;
    if (mark > s->uplink.acknowledged)
        uplink_acknowledge(&s->uplink, (size_t)(mark - s->uplink.acknowledged));
    ask_how_far(s);
}

void sender_heard_back(struct sender *s, unsigned channel, uint64_t n)
{
    if (s->http == NULL)
        uplink_acknowledge_through(&s->uplink, channel, n);
}

/* ---- saying ---- */

struct outbox {
    struct workload_outbox box; /* first */
    struct sender *sender;
    int64_t due_ns;
};

static uint64_t say(struct workload_outbox *box, unsigned channel, const char *data, size_t len)
{
    const struct outbox *o = (const struct outbox *)box;
    struct sender *s = o->sender;
    struct upstream *up = s->upstream;
    uint64_t *said = &said_by(s)[channel];
    struct uplink_item item = {.n = *said + 1, .due_ns = o->due_ns, .channel = (uint16_t)channel};
    struct name from = {s->from, strlen(s->from)};
    struct post post = {
        .channel = audience_channel(&up->audience, s->client->index, channel),
        .key = up->workload->channels[channel].keyed ? from : (struct name){0},
        .from = from,
        .from_n = up->base + item.n,
        .from_t_ns = o->due_ns,
        .data = data,
        .data_len = len,
    };

    if (uplink_push(&s->uplink, &post, &item) < 0)
        return 0;
    return ++*said;
}

/* Open loop: whatever became of the messages before, each is said; if we are late, several. */
static void on_due(struct deadline *d, int64_t now_ns)
{
    struct sender *s = (struct sender *)((char *)d - offsetof(struct sender, timer));
    struct upstream *up = s->upstream;
    const struct recorder *recorder = &up->env->recorder;

    while (s->next_due_ns <= now_ns && s->next_due_ns < recorder->window_end_ns) {
        int64_t due_ns = s->next_due_ns;
        struct outbox o = {
            .box = {.say = say, .in_window = recorder_in_window(recorder, due_ns)},
            .sender = s,
            .due_ns = due_ns,
        };

        if (up->workload->write(up->load, s->client->index, due_ns, &o.box, &s->next_due_ns) < 0) {
            upstream_note_failure(up, pl_strerror(PL_ENOMEM));
            s->next_due_ns = INT64_MAX;
        }
    }
    if (s->next_due_ns < recorder->window_end_ns)
        schedule_set(&up->env->schedule, &s->timer, s->next_due_ns);
    flush(s, now_ns);
}

/* ---- life ---- */

int sender_init(struct sender *s, struct upstream *up, struct client *c)
{
    s->upstream = up;
    s->client = c;
    s->timer.on_due = on_due;
    s->next_due_ns = INT64_MAX;
    snprintf(s->from, sizeof s->from, "%u", (unsigned)c->index);
    if (!upstream_dials(up->env->opt))
        return PL_OK;
    s->http = calloc(1, sizeof *s->http);
    if (s->http == NULL)
        return PL_ENOMEM;
    uplink_http_init(s->http, up->env, &up->account, &s->uplink, c->index);
    return PL_OK;
}

void sender_begin(struct sender *s, int64_t now_ns)
{
    struct upstream *up = s->upstream;

    s->next_due_ns = up->workload->first_due_ns(up->load, s->client->index, now_ns);
    schedule_set(&up->env->schedule, &s->timer, s->next_due_ns);
}

bool sender_gave_up(const struct sender *s)
{
    return s->client->state == CLIENT_ENDED || (s->http != NULL && uplink_http_gave_up(s->http));
}

bool sender_done(const struct sender *s)
{
    if (sender_gave_up(s))
        return true;
    return s->next_due_ns >= s->upstream->env->recorder.window_end_ns && s->uplink.nitems == 0;
}

void sender_leave(struct sender *s)
{
    schedule_cancel(&s->upstream->env->schedule, &s->timer);
    if (s->http != NULL)
        uplink_http_leave(s->http);
}

void sender_free(struct sender *s)
{
    if (s->http != NULL)
        uplink_http_free(s->http);
    free(s->http);
    uplink_free(&s->uplink);
}
