/* --source notifications: to everyone, at --rate and in --pattern (inbox.h). */
#include "servers/model/inbox.h"
#include "servers/source/player.h"
#include "servers/server.h"

static struct source *notifications_start(struct server *s, const char *arg, struct err_text *e)
{
    const struct server_options *o = s->options;
    struct arrivals arrivals;

    (void)arg;
    arrivals_init(&arrivals, o->pattern, o->rate_hz, o->burst_on_ns, o->burst_off_ns);
    return player_start(&source_notifications, s, inbox_new((uint64_t)o->seed, &arrivals), 1, e);
}

const struct source_kind source_notifications = {
    .name = "notifications", .start = notifications_start, .stop = player_stop};
