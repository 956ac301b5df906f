#include "servers/route.h"

#include <stdio.h>
#include <string.h>

#include "servers/http/cursor_wait.h"
#include "servers/demo/demo.h"
#include "servers/endpoints.h"
#include "servers/http/reply.h"
#include "servers/server.h"

const struct transport *route_transport(const char *path)
{
    for (const struct transport *const *t = transports; *t != NULL; t++) {
        if (strcmp((*t)->info->path, path) == 0)
            return *t;
    }
    return NULL;
}

static bool path_matches(const char *pattern, const char *path)
{
    size_t len = strlen(pattern) - 1;

    return pattern[len] == '*' ? strncmp(pattern, path, len) == 0 : strcmp(pattern, path) == 0;
}

static const struct route *find_endpoint(const struct server *s, const char *path)
{
    for (const struct route *r = endpoints; r->path != NULL; r++) {
        if (path_matches(r->path, path) && (r->enabled == NULL || r->enabled(s)))
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
    char allow[64];

    snprintf(allow, sizeof allow, "Allow: %s%sOPTIONS\r\n",
             methods & ROUTE_GET ? "GET, HEAD, " : "", methods & ROUTE_POST ? "POST, " : "");
    if (method == HTTP_OPTIONS)
        reply_send(p, &(struct reply){.status = 204, .fields = allow});
    else
        reply_error(p, 405, allow, "this method is not allowed here; Allow names those that are");
}

/* What the last transport kept on this connection goes before another one moves in. */
static void switch_transport(struct peer *p, const struct transport *t)
{
    if (p->transport != NULL && p->transport != t && p->transport->release != NULL)
        p->transport->release(p);
    p->transport = t;
}

void route_request(struct peer *p, const struct http_request *req)
{
    const struct transport *t = route_transport(req->path);
    const struct route *r = t == NULL ? find_endpoint(p->server, req->path) : NULL;
    unsigned methods = t != NULL ? ROUTE_GET : r != NULL ? r->methods : ROUTE_GET | ROUTE_POST;
    uint8_t method = req->msg->method;

    if (t != NULL && cursor_wait_hold(p, req))
        return;
    peer_charge(p, r != NULL && r->publishes ? server_publish_account(p->server)
                                             : server_account(p->server, t));
    p->account->requests++;
    p->account->in_bytes += p->http->request_bytes;
    if (p->demo != NULL)
        demo_count_request(p, req, t);
    switch_transport(p, t);
    if (t == NULL && r == NULL && strcmp(req->path, "*") != 0)
        reply_error(p, 404, NULL, "there is nothing at this path");
    else if (!method_allowed(method, methods) || strcmp(req->path, "*") == 0)
        reply_allowed(p, method, methods);
    else if (p->server->stopping)
        reply_error(p, 503, "Retry-After: 1\r\n", "the server is stopping");
    else if (t != NULL)
        t->open(p, req);
    else
        r->handle(p, req);
}
