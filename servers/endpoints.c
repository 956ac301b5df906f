#include "servers/endpoints.h"

#include "servers/server.h"

static bool echo_enabled(const struct server *s)
{
    return s->options->ws_echo;
}

static bool demo_enabled(const struct server *s)
{
    return s->options->demo;
}

const struct route endpoints[] = {
    {"/", ROUTE_GET, endpoint_page, NULL, false},
    {"/web/*", ROUTE_GET, endpoint_page, NULL, false},
    {"/publish", ROUTE_POST, endpoint_publish, NULL, true},
    {"/stats", ROUTE_GET, endpoint_stats, NULL, false},
    {"/metrics", ROUTE_GET, endpoint_metrics, NULL, false},
    {"/time", ROUTE_GET, endpoint_time, NULL, false},
    {"/healthz", ROUTE_GET, endpoint_healthz, NULL, false},
    {"/echo", ROUTE_GET, endpoint_echo, echo_enabled, false},
    {"/control", ROUTE_GET | ROUTE_POST, endpoint_control, demo_enabled, false},
    {"/pages", ROUTE_GET, endpoint_pages, demo_enabled, false},
    {NULL, 0, NULL, NULL, false},
};
