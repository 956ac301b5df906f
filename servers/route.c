#include "servers/route.h"

#include <stdio.h>
#include <string.h>

#include "servers/endpoint/endpoints.h"
#include "servers/http/cursor_wait.h"
#include "servers/http/reply.h"
#include "servers/transport/transports.h"

enum { ROUTE_GET = 1, ROUTE_POST = 2 }; /* GET includes HEAD; OPTIONS is always allowed */

const struct transport *const transports[TRANSPORT_COUNT + 1] = {
    [TRANSPORT_SHORT_POLL] = &transport_short_poll, [TRANSPORT_LONG_POLL] = &transport_long_poll,
    [TRANSPORT_STREAM] = &transport_stream,         [TRANSPORT_SSE] = &transport_sse,
    [TRANSPORT_WEBSOCKET] = &transport_websocket,
};

static bool echo_enabled(const struct http_context *c)
{
    return c->settings->ws_echo;
}

static bool demo_enabled(const struct http_context *c)
{
    return c->tap != NULL;
}

static const struct route {
    const char *path; /* exact; or, ending in an asterisk, whatever begins so */
    unsigned methods;
    void (*handle)(struct peer *p, const struct http_request *req);
    bool (*enabled)(const struct http_context *c); /* NULL: always */
    bool publishes;                                /* on the account of that name, not on "other" */
} endpoints[] = {
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

static const struct transport *find_transport(const char *path)
{
    const struct transport_info *t = transport_info_at(path);

    return t != NULL ? transports[t->id] : NULL;
}

static bool path_matches(const char *pattern, const char *path)
{
    size_t len = strlen(pattern) - 1;

    return pattern[len] == '*' ? strncmp(pattern, path, len) == 0 : strcmp(pattern, path) == 0;
}

static const struct route *find_endpoint(const struct http_context *c, const char *path)
{
    for (const struct route *r = endpoints; r->path != NULL; r++) {
        if (path_matches(r->path, path) && (r->enabled == NULL || r->enabled(c)))
            return r;
    }
    return NULL;
}

static bool method_allowed(uint8_t method, unsigned methods)
{
    if (method == HTTP_GET || method == HTTP_HEAD)
        return methods & ROUTE_GET;
    return method == HTTP_POST && (methods & ROUTE_POST);
}

/* OPTIONS (RFC 9110 §9.3.7) and 405 (§15.5.6) both name what is allowed. */
static void reply_allowed(struct peer *p, uint8_t method, unsigned methods)
{
    static const char preflight[] = /* of a page of --allow-origin (Fetch §4.8) */
        "Access-Control-Allow-Methods: GET, POST\r\n"
        "Access-Control-Allow-Headers: Authorization, Content-Type, Last-Event-ID, Prefer\r\n"
        "Access-Control-Max-Age: 600\r\n";
    bool is_preflight = method == HTTP_OPTIONS && p->http->cors;
    char allow[64 + sizeof preflight];

    snprintf(allow, sizeof allow, "Allow: %s%sOPTIONS\r\n%s",
             methods & ROUTE_GET ? "GET, HEAD, " : "", methods & ROUTE_POST ? "POST, " : "",
             is_preflight ? preflight : "");
    if (method == HTTP_OPTIONS)
        reply_send(p, &(struct reply){.status = 204, .fields = allow});
    else
        reply_error(p, 405, allow, "this method is not allowed here; Allow names those that are");
}

/* What the last transport kept on this connection is released before another one uses it. */
static void switch_transport(struct peer *p, const struct transport *t)
{
    if (p->transport != NULL && p->transport != t && p->transport->release != NULL)
        p->transport->release(p);
    p->transport = t;
}

void route_request(struct peer *p, const struct http_request *req)
{
    const struct http_context *c = peer_context(p);
    const struct transport *t = find_transport(req->path);
    const struct route *r = t == NULL ? find_endpoint(c, req->path) : NULL;
    unsigned methods = t != NULL ? ROUTE_GET : r != NULL ? r->methods : ROUTE_GET | ROUTE_POST;
    uint8_t method = req->msg->method;

    if (t != NULL && cursor_wait_hold(p, req))
        return;
    peer_charge(p, t != NULL                   ? t->info->id
                   : r != NULL && r->publishes ? ACCOUNT_PUBLISH
                                               : ACCOUNT_OTHER);
    p->account->requests++;
    p->account->in_bytes += p->http->request_bytes;
    if (p->tapped != NULL)
        c->tap->count_request(p, req, t);
    switch_transport(p, t);
    if (t == NULL && r == NULL && strcmp(req->path, "*") != 0)
        reply_error(p, 404, NULL, "there is nothing at this path");
    else if (!method_allowed(method, methods) || strcmp(req->path, "*") == 0)
        reply_allowed(p, method, methods);
    else if (c->stopping)
        reply_later(p, "the server is stopping");
    else if (t != NULL)
        t->open(p, req);
    else
        r->handle(p, req);
}
