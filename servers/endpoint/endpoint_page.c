/* GET / and /web/...: the live page. It uses nothing from other servers: the policy
 * below lets a browser load and connect to this server only. */
#include "servers/endpoint/endpoints.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/proto/http_encode.h"
#include "servers/http/reply.h"
#include "servers/web/web_assets.h"

static const struct web_asset *find_asset(const char *path)
{
    for (const struct web_asset *a = web_assets; a->path != NULL; a++) {
        if (strcmp(a->path, path) == 0)
            return a;
    }
    return NULL;
}

/* The ws: form of this server's origin for the policy, since older browsers do not count it as
 * 'self' (CSP 3 §6.7.2.8). From the Host field, so only if that is a plain name or IPv4 address. */
static void socket_sources(char *out, size_t cap, const struct http_message *m)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-";
    const char *host = http_message_field(m, "Host");

    out[0] = '\0';
    if (host == NULL || host[0] == '\0' || strlen(host) > 255 || host[strspn(host, plain)] != '\0')
        return;
    snprintf(out, cap, " ws://%s wss://%s", host, host);
}

static void page_fields(char *out, size_t cap, const struct web_asset *a,
                        const struct http_message *m)
{
    char sockets[600];

    socket_sources(sockets, sizeof sockets, m);
    snprintf(out, cap,
             HTTP_CACHE_FIELD
             "no-cache\r\nETag: %s\r\n"
             "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
             "connect-src 'self'%s; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
             "frame-ancestors 'none'\r\n"
             "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
             "Cross-Origin-Resource-Policy: same-origin\r\n",
             a->etag, sockets);
}

/* RFC 9110 §13.1.2. Our tags contain no comma, so that a text search for one is exact. */
static bool is_current(const struct http_message *m, const char *etag)
{
    const char *known = http_message_field(m, "If-None-Match");

    return known != NULL && (strcmp(known, "*") == 0 || strstr(known, etag) != NULL);
}

void endpoint_page(struct peer *p, const struct http_request *req)
{
    const struct web_asset *a = find_asset(req->path);
    char fields[1400];

    if (a == NULL) {
        reply_error(p, 404, NULL, "the live page has no such file");
        return;
    }
    page_fields(fields, sizeof fields, a, req->msg);
    if (is_current(req->msg, a->etag))
        reply_send(p, &(struct reply){.status = 304, .fields = fields});
    else
        reply_send(p, &(struct reply){.status = 200,
                                      .content_type = a->type,
                                      .fields = fields,
                                      .body = a->data,
                                      .body_len = a->len});
}
