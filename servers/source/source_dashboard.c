/* --source dashboard: twelve gauges, each at its own rate (gauges.h). */
#include "servers/model/gauges.h"
#include "servers/source/player.h"
#include "servers/server.h"

static struct source *dashboard_start(struct server *s, const char *arg, struct err_text *e)
{
    const struct server_options *o = s->options;

    (void)arg;
    return player_start(&source_dashboard, s, gauges_new((uint64_t)o->seed), o->source_speed, e);
}

const struct source_kind source_dashboard = {
    .name = "dashboard", .start = dashboard_start, .stop = player_stop};
