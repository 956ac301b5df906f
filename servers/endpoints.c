#include "endpoints.h"

#include "server.h"

static bool echo_enabled(const struct server *s)
{
    return s->options->ws_echo;
}

static bool demo_enabled(const struct server *s)
{
    return s->options->demo;
}

const struct route endpoints[] = {
    {"/", ROUTE_GET, endpoint_page, NULL},
    {"/web/*", ROUTE_GET, endpoint_page, NULL},
    {"/publish", ROUTE_POST, endpoint_publish, NULL},
    {"/stats", ROUTE_GET, endpoint_stats, NULL},
    {"/metrics", ROUTE_GET, endpoint_metrics, NULL},
    {"/time", ROUTE_GET, endpoint_time, NULL},
    {"/healthz", ROUTE_GET, endpoint_healthz, NULL},
    {"/echo", ROUTE_GET, endpoint_echo, echo_enabled},
    {"/control", ROUTE_GET | ROUTE_POST, endpoint_control, demo_enabled},
    {"/pages", ROUTE_GET, endpoint_pages, demo_enabled},
    {NULL, 0, NULL, NULL},
};
