#include "clients/send/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/proto/url.h"

/* In the order of SEND_INPUTS, SEND_EDITS: the only list of workloads. */
static const struct workload *const workloads[] = {&workload_inputs, &workload_edits};

/* NULL when the client does not send. */
static struct upstream_sender *sender_of(struct upstream *up, const struct client *c)
{
    if (!workload_sends(&up->plan, c->index))
        return NULL;
    return &up->senders[workload_sender(&up->plan, c->index)];
}

/* The first is kept. */
static void note_failure(struct upstream *up, const char *text)
{
    if (up->failure.text[0] == '\0')
        err_set(&up->failure, PL_ESYS, "--send: %s", text);
}

/* ---- the drivers' hooks ---- */

void upstream_opened(void *arg, struct client *c)
{
    struct upstream_sender *s = sender_of(arg, c);

    if (s != NULL)
        sender_opened(&s->sender);
}

void upstream_read_up_to(void *arg, struct client *c, uint64_t mark)
{
    struct upstream_sender *s = sender_of(arg, c);

    if (s != NULL)
        sender_read_up_to(&s->sender, mark);
}

/* ---- sending ---- */

struct outbox {
    struct workload_outbox box; /* first */
    struct upstream_sender *sender;
    int64_t due_ns;
};

static uint64_t send_message(struct workload_outbox *box, unsigned channel, const char *data,
                             size_t len)
{
    const struct outbox *o = (const struct outbox *)box;
    struct upstream_sender *s = o->sender;
    struct upstream *up = s->upstream;
    uint32_t client = s->sender.client->index;
    uint64_t *sent = &up->sent[workload_sender(&up->plan, client)][channel];
    struct uplink_item item = {.n = *sent + 1, .due_ns = o->due_ns, .channel = (uint16_t)channel};
    struct name from = {s->from, strlen(s->from)};
    struct post post = {
        .channel = audience_channel(&up->audience, client, channel),
        .key = up->workload->channels[channel].keyed ? from : (struct name){0},
        .from = from,
        .from_n = up->base + item.n,
        .from_t_ns = o->due_ns,
        .data = data,
        .data_len = len,
    };

    if (uplink_push(&s->sender.uplink, &post, &item) < 0)
        return 0;
    return ++*sent;
}

/* Open loop: each message is sent, whatever became of those before; if we are late, several. */
static void on_due(struct deadline *d, int64_t now_ns)
{
    struct upstream_sender *s =
        (struct upstream_sender *)((char *)d - offsetof(struct upstream_sender, timer));
    struct upstream *up = s->upstream;
    int64_t end_ns = up->env->recorder.window_end_ns;

    while (s->next_due_ns <= now_ns && s->next_due_ns < end_ns) {
        struct outbox o = {.box = {.send = send_message}, .sender = s, .due_ns = s->next_due_ns};

        if (up->workload->write(up->load, s->sender.client->index, &o.box, &s->next_due_ns) < 0) {
            note_failure(up, pl_strerror(PL_ENOMEM));
            s->next_due_ns = INT64_MAX;
        }
    }
    if (s->next_due_ns < end_ns)
        schedule_set(&up->env->schedule, &s->timer, s->next_due_ns);
    sender_flush(&s->sender, now_ns);
}

void upstream_begin(struct upstream *up, int64_t now_ns)
{
    up->base = (uint64_t)(now_ns / NS_PER_US);
    for (uint32_t i = 0; i < up->nsenders; i++) {
        struct upstream_sender *s = &up->senders[i];

        s->next_due_ns = up->workload->first_due_ns(up->load, s->sender.client->index, now_ns);
        schedule_set(&up->env->schedule, &s->timer, s->next_due_ns);
    }
}

/* ---- receiving ---- */

/* Which of our clients sent it, NULL: none; *n: as which of its messages. What is left from an
 * earlier run has smaller numbers, another process's may have larger ones. */
static struct sender *find_sender(struct upstream *up, const struct envelope *e, unsigned *channel,
                                  uint64_t *n)
{
    char text[UPSTREAM_FROM_BYTES];
    uint64_t index;
    uint32_t number;
    int found;

    if (e->from.len == 0 || e->from.len >= sizeof text || e->from_n <= up->base)
        return NULL;
    memcpy(text, e->from.text, e->from.len);
    text[e->from.len] = '\0';
    if (url_parse_u64(&index, text, up->plan.nclients - 1) < 0 ||
        !workload_sends(&up->plan, (uint32_t)index))
        return NULL;
    found = audience_find_channel(&up->audience, (uint32_t)index, e->channel);
    if (found < 0)
        return NULL;
    number = workload_sender(&up->plan, (uint32_t)index);
    *channel = (unsigned)found;
    *n = e->from_n - up->base;
    return *n <= up->sent[number][found] ? &up->senders[number].sender : NULL;
}

static void tell_workload(struct upstream *up, const struct client *c, const struct sender *s,
                          unsigned channel, uint64_t n, const struct envelope *e, int64_t recv_ns)
{
    struct workload_message heard = {
        .client = c->index,
        .sender = s->client->index,
        .channel = channel,
        .n = n,
        .sent_ns = e->from_t_ns,
        .recv_ns = recv_ns,
        .in_window = recorder_in_window(&up->env->recorder, e->from_t_ns),
        .data = e->data,
        .len = e->data_len,
    };

    if (up->workload->received != NULL)
        up->workload->received(up->load, &heard);
}

/* False when it does not count as received: a repetition or an outdated value. */
static bool check_order(struct upstream *up, struct order_track *track, enum order_kind kind,
                        uint64_t n)
{
    enum order_receipt receipt = order_take(track, kind, n);

    up->account.reordered += receipt == ORDER_REORDERED;
    up->account.doubled += receipt == ORDER_DOUBLED;
    return receipt == ORDER_NEW || (receipt == ORDER_REORDERED && kind == ORDER_EVERY);
}

void upstream_update(void *arg, struct client *c, const struct envelope *e, size_t text_len,
                     int64_t recv_ns)
{
    struct upstream *up = arg;
    unsigned channel;
    uint64_t n;
    struct sender *s = find_sender(up, e, &channel, &n);
    struct order_track *track;

    (void)text_len;
    if (s == NULL)
        return;
    if (s->client == c)
        sender_echoed(s, channel, n);
    track = audience_track(&up->audience, c->index, s->client->index, channel);
    if (track == NULL ||
        !check_order(up, track, audience_subscription(&up->audience, c->index, channel), n))
        return;
    upstream_account_received(&up->account, e->from_t_ns, s->client == c, recv_ns);
    tell_workload(up, c, s, channel, n, e, recv_ns);
}

/* ---- the end ---- */

static bool client_done(const struct upstream *up, uint32_t client)
{
    return client_has_ended(client_at(up->clients, client)) ||
           audience_missing(&up->audience, client, up->sent) == 0;
}

/* Gave up; or stopped, and the server has all of it. */
static bool sender_done(const struct upstream *up, const struct upstream_sender *s)
{
    return sender_gave_up(&s->sender) ||
           (s->next_due_ns >= up->env->recorder.window_end_ns && s->sender.uplink.nitems == 0);
}

/* Those that are done stay so, hence one walk over senders and clients for the whole drain. */
bool upstream_done(struct upstream *up)
{
    while (up->done_senders < up->nsenders && sender_done(up, &up->senders[up->done_senders]))
        up->done_senders++;
    if (up->done_senders < up->nsenders)
        return false;
    while (up->done_clients < up->plan.nclients && client_done(up, up->done_clients))
        up->done_clients++;
    return up->done_clients == up->plan.nclients;
}

void upstream_leave(struct upstream *up)
{
    for (uint32_t i = 0; i < up->nsenders; i++) {
        struct upstream_sender *s = &up->senders[i];

        if (sender_gave_up(&s->sender))
            note_failure(up, up->env->last_failure.text);
        schedule_cancel(&up->env->schedule, &s->timer);
        sender_leave(&s->sender);
    }
}

static void find_fault(struct upstream *up)
{
    const struct upstream_account *a = &up->account;
    const char *fault = up->workload->fault != NULL ? up->workload->fault(up->load) : NULL;
    uint64_t unanswered = 0;

    for (uint32_t i = 0; i < up->nsenders; i++)
        unanswered += up->senders[i].sender.uplink.nitems;
    if (a->lost > 0 || a->doubled > 0 || a->reordered > 0)
        err_set(&up->failure, PL_EPROTO,
                "messages that clients sent: %llu lost, %llu doubled, %llu reordered",
                (unsigned long long)a->lost, (unsigned long long)a->doubled,
                (unsigned long long)a->reordered);
    else if (unanswered > 0)
        err_set(&up->failure, PL_EPROTO,
                "messages that clients sent: %llu not acknowledged when the drain ended",
                (unsigned long long)unanswered);
    else if (fault != NULL)
        err_set(&up->failure, PL_EPROTO, "%s", fault);
}

void upstream_finish(struct upstream *up)
{
    if (up->workload == NULL)
        return;
    for (uint32_t client = 0; client < up->plan.nclients; client++)
        up->account.lost += audience_missing(&up->audience, client, up->sent);
    if (up->failure.text[0] == '\0')
        find_fault(up);
}

/* ---- life ---- */

bool upstream_dials(const struct client_options *opt)
{
    return opt->send != SEND_NONE && opt->driver->post == NULL;
}

static struct workload_plan make_plan(const struct client_options *opt)
{
    uint32_t nclients = (uint32_t)opt->clients, room_size = (uint32_t)opt->room_size;
    uint32_t senders = (uint32_t)opt->senders;

    if (room_size == 0 || room_size > nclients)
        room_size = nclients;
    return (struct workload_plan){
        .nclients = nclients,
        .room_size = room_size,
        .senders = senders == 0 || senders > room_size ? room_size : senders,
        .rate_hz = opt->send_rate_hz,
        .data_bytes = (size_t)opt->send_bytes,
        .seed = (uint64_t)opt->seed,
    };
}

static enum order_kind subscription_of(const struct client *c, struct name channel)
{
    const struct channel_track *track;

    if (c->channels == NULL) /* the default channel */
        return channel.len == 0 ? ORDER_EVERY : ORDER_NOT_SUBSCRIBED;
    track = channel_tracks_find(c->channels, channel);
    if (track == NULL)
        return ORDER_NOT_SUBSCRIBED;
    return track->channel->latest ? ORDER_LATEST : ORDER_EVERY;
}

static void subscribe_all(struct upstream *up)
{
    for (uint32_t i = 0; i < up->plan.nclients; i++) {
        for (unsigned c = 0; c < up->workload->nchannels; c++) {
            struct client *client = client_at(up->clients, i);
            enum order_kind kind = subscription_of(client, audience_channel(&up->audience, i, c));
            struct upstream_sender *s = sender_of(up, client);

            audience_subscribe(&up->audience, i, c, kind);
            if (s != NULL && kind != ORDER_NOT_SUBSCRIBED)
                s->sender.echoed |= UINT32_C(1) << c;
        }
    }
}

static int make_senders(struct upstream *up)
{
    uint32_t nsenders = workload_senders(&up->plan);

    up->senders = calloc(nsenders, sizeof *up->senders);
    up->sent = calloc(nsenders, sizeof *up->sent);
    up->load = up->workload->make(&up->plan);
    if (up->senders == NULL || up->sent == NULL || up->load == NULL)
        return PL_ENOMEM;
    for (uint32_t i = 0; i < up->plan.nclients; i++) {
        struct client *c = client_at(up->clients, i);
        struct upstream_sender *s = sender_of(up, c);

        if (s == NULL)
            continue;
        s->upstream = up;
        s->timer.on_due = on_due;
        s->next_due_ns = INT64_MAX;
        snprintf(s->from, sizeof s->from, "%u", (unsigned)c->index);
        up->nsenders++;
        if (sender_init(&s->sender, c, &up->account, upstream_dials(up->env->opt)) < 0)
            return PL_ENOMEM;
    }
    return PL_OK;
}

int upstream_init(struct upstream *up, struct client_env *env, const struct client_array *clients,
                  struct err_text *e)
{
    const struct client_options *opt = env->opt;
    int err;

    *up = (struct upstream){
        .env = env, .clients = clients, .plan = make_plan(opt), .base = UINT64_MAX};
    up->workload = workloads[opt->send - SEND_INPUTS];
    err = audience_init(&up->audience, up->workload, &up->plan, opt->send_channel);
    if (err == PL_EINVAL)
        return err_set(e, err, "--send-channel: '%s' is not a valid name for all that %s sends",
                       opt->send_channel == NULL ? "" : opt->send_channel, up->workload->name);
    if (err == PL_OK)
        err = upstream_account_init(&up->account, &env->recorder);
    if (err == PL_OK)
        err = make_senders(up);
    if (err < 0)
        return err_set(e, err, "--send: %s", pl_strerror(err));
    subscribe_all(up);
    return PL_OK;
}

void upstream_free(struct upstream *up)
{
    for (uint32_t i = 0; up->senders != NULL && i < up->nsenders; i++)
        sender_free(&up->senders[i].sender);
    free(up->senders);
    free(up->sent);
    if (up->load != NULL)
        up->workload->free(up->load);
    audience_free(&up->audience);
    upstream_account_free(&up->account);
    *up = (struct upstream){0};
}
