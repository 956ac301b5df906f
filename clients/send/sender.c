#include "clients/send/sender.h"

#include <stdlib.h>

#include "lib/base/clock.h"

/* ---- up the transport's own connection ---- */

static bool awaits_mark(const struct sender *s)
{
    for (size_t i = 0; i < s->uplink.under_way; i++) {
        if (!(s->echoed >> s->uplink.items[i].channel & 1))
            return true;
    }
    return false;
}

/* One mark at a time, as an HTTP request has one answer. */
static void post_mark(struct sender *s)
{
    uint64_t mark = s->uplink.acknowledged + s->uplink.under_way;
    ssize_t sent;

    if (s->marked != 0 || !awaits_mark(s))
        return;
    sent = s->client->driver->post_mark(s->client, mark);
    if (sent <= 0)
        return;
    s->marked = mark;
    upstream_account_framing(s->account, s->uplink.items[s->uplink.under_way - 1].due_ns,
                             (size_t)sent);
}

static void post_all(struct sender *s)
{
    const struct uplink_item *item;
    const char *text;

    while ((item = uplink_next(&s->uplink, &text)) != NULL) {
        ssize_t sent = s->client->driver->post(s->client, text, item->len);

        if (sent <= 0)
            return; /* sender_opened() goes on */
        upstream_account_sent(s->account, item->due_ns, item->len, (size_t)sent - item->len,
                              item->left, clock_now_ns());
        uplink_depart(&s->uplink);
    }
    post_mark(s);
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
    post_mark(s);
}

void sender_echoed(struct sender *s, unsigned channel, uint64_t n)
{
    if (s->http == NULL)
        uplink_acknowledge_through(&s->uplink, channel, n);
}

/* ---- either way ---- */

void sender_flush(struct sender *s, int64_t now_ns)
{
    if (s->http != NULL)
        uplink_http_flush(s->http, now_ns);
    else
        post_all(s);
}

int sender_init(struct sender *s, struct client *c, struct upstream_account *account, bool dials)
{
    s->client = c;
    s->account = account;
    if (!dials)
        return PL_OK;
    s->http = calloc(1, sizeof *s->http);
    if (s->http == NULL)
        return PL_ENOMEM;
    uplink_http_init(s->http, c->net.env, account, &s->uplink, c->index);
    return PL_OK;
}

bool sender_gave_up(const struct sender *s)
{
    return client_has_ended(s->client) || (s->http != NULL && s->http->gave_up);
}

void sender_leave(struct sender *s)
{
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
