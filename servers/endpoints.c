#include "endpoints.h"

#include "server.h"

static bool echo_enabled(const struct server *s)
{
    return s->options->ws_echo;
}

const struct route endpoints[] = {
    {"/publish", ROUTE_POST, endpoint_publish, NULL},
    {"/stats", ROUTE_GET, endpoint_stats, NULL},
    {"/metrics", ROUTE_GET, endpoint_metrics, NULL},
    {"/time", ROUTE_GET, endpoint_time, NULL},
    {"/healthz", ROUTE_GET, endpoint_healthz, NULL},
    {"/echo", ROUTE_GET, endpoint_echo, echo_enabled},
    {NULL, 0, NULL, NULL},
};
