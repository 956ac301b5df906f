/* client.h, the account: what a client has sent and received. */
#include "clients/client/client.h"

#include <stdio.h>

#include "clients/client/notice.h"

void client_count_request(struct client *c, int64_t due_ns)
{
    CLIENT_COUNT(c, due_ns, requests, 1);
}

void client_sort_bytes(struct client *c, int64_t recv_ns)
{
    if (c->unsorted_bytes == 0)
        return;
    CLIENT_COUNT(c, recv_ns, framing_bytes_in, c->unsorted_bytes);
    c->unsorted_bytes = 0;
}

static void tell_joined(struct client *c)
{
    const struct client_hooks *hooks = c->env->hooks;

    if (hooks->joined != NULL)
        hooks->joined(c->env->hooks_arg, c);
}

/* With lanes, completeness is theirs to say, and the cursor only where to go on. */
static void move_cursor(struct client *c, uint64_t cursor)
{
    if (c->track.joined && cursor < c->track.cursor) {
        c->env->recorder.restarts++;
        c->track.cursor = 0;
        channel_tracks_restart(c->lanes);
    }
    c->track.joined = true;
    c->track.cursor = cursor;
}

void client_joined(struct client *c, uint64_t cursor, int64_t now_ns)
{
    bool first = !c->track.joined;

    if (c->lanes != NULL)
        move_cursor(c, cursor);
    else
        recorder_join(&c->env->recorder, &c->track, cursor, now_ns);
    if (first)
        tell_joined(c);
}

void client_missed(struct client *c, uint64_t count)
{
    if (c->lanes == NULL) /* a lane knows by its own numbers */
        recorder_missed(&c->env->recorder, &c->track, count);
}

/* What a run without a control connection knows about the window's sequence numbers. */
static void note_seen(struct client_env *env, const struct envelope *e)
{
    if (!recorder_in_window(&env->recorder, e->t_ns))
        return;
    if (e->seq > env->seen_last)
        env->seen_last = e->seq;
    if (e->seq < env->seen_first || env->seen_first == 0)
        env->seen_first = e->seq;
}

static void take_in_lane(struct client *c, const struct envelope *e, int64_t recv_ns)
{
    struct channel_track *lane = channel_tracks_find(c->lanes, e->channel);

    if (lane != NULL)
        channel_track_update(lane, &c->env->recorder, c->index, e, recv_ns);
    else
        c->env->recorder.strays++;
    /* Among latest values that were held back may be older ones. */
    if (e->seq > c->track.cursor || !c->track.joined)
        move_cursor(c, e->seq);
}

void client_update(struct client *c, const struct envelope *e, size_t text_len, int64_t recv_ns)
{
    struct client_env *env = c->env;
    bool first = !c->track.joined;

    if (c->lanes != NULL)
        take_in_lane(c, e, recv_ns);
    else
        recorder_update(&env->recorder, &c->track, c->index, e, recv_ns);
    note_seen(env, e);
    c->unsorted_bytes -= text_len;
    /* Payload goes where its update goes, so that payload ÷ updates is exact. */
    CLIENT_COUNT(c, e->t_ns, payload_bytes_in, text_len);
    client_sort_bytes(c, recv_ns);
    if (first)
        tell_joined(c);
    if (env->hooks->update != NULL)
        env->hooks->update(env->hooks_arg, c, e, text_len, recv_ns);
}

static void other_message(struct client *c, const char *text, size_t len, int64_t recv_ns)
{
    struct notice notice = notice_scan(text, len);

    client_sort_bytes(c, recv_ns);
    switch (notice.kind) {
    case NOTICE_HELLO:
        if (c->lanes != NULL)
            channel_tracks_opened(c->lanes);
        client_joined(c, notice.value, recv_ns);
        break;
    case NOTICE_MISSED:
        client_missed(c, notice.value);
        break;
    case NOTICE_NONE:
        client_env_note(c->env, "%s: not an update: %.*s", c->driver->info->path,
                        (int)(len < 80 ? len : 80), text);
        break;
    }
}

void client_message(struct client *c, const char *text, size_t len, int64_t recv_ns)
{
    struct envelope e;

    if (envelope_scan(&e, text, len) == PL_OK)
        client_update(c, &e, len, recv_ns);
    else
        other_message(c, text, len, recv_ns);
}
