#include "servers/http/origin.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <openssl/crypto.h>

#include "servers/http/reply.h"

static const char *skip_scheme(const char *origin)
{
    if (strncasecmp(origin, "http://", 7) == 0)
        return origin + 7;
    if (strncasecmp(origin, "https://", 8) == 0)
        return origin + 8;
    return NULL;
}

bool origin_allowed(const struct http_context *c, const struct http_message *m)
{
    const char *origin = http_message_field(m, "Origin");
    const char *host = http_message_field(m, "Host");
    const char *allowed = c->settings->allow_origin;
    const char *authority;

    if (origin == NULL)
        return true;
    if (allowed != NULL && (strcmp(allowed, "*") == 0 || strcasecmp(allowed, origin) == 0))
        return true;
    authority = skip_scheme(origin);
    return authority != NULL && host != NULL && strcasecmp(authority, host) == 0;
}

static bool same_secret(const char *a, const char *b)
{
    return strlen(a) == strlen(b) && CRYPTO_memcmp(a, b, strlen(a)) == 0;
}

/* Does the connection come from this machine? */
static bool is_loopback(const struct peer *p)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } addr;
    socklen_t len = sizeof addr;

    if (getpeername(conn_fd(&p->conn), &addr.any, &len) < 0)
        return false;
    if (addr.any.sa_family == AF_INET)
        return ntohl(addr.v4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    if (addr.any.sa_family != AF_INET6)
        return false;
    if (IN6_IS_ADDR_V4MAPPED(&addr.v6.sin6_addr))
        return addr.v6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&addr.v6.sin6_addr);
}

/* From loopback, or with the token (Authorization: Bearer TOKEN, RFC 6750). */
static bool operator_allowed(const struct peer *p, const struct http_request *req)
{
    const char *token = peer_context(p)->settings->publish_token;
    const char *given = http_message_field(req->msg, "Authorization");

    if (is_loopback(p))
        return true;
    if (token == NULL || given == NULL || strncasecmp(given, "Bearer ", 7) != 0)
        return false;
    return same_secret(token, given + 7);
}

bool publisher_allowed(const struct peer *p, const struct http_request *req)
{
    return peer_context(p)->settings->publish_open || operator_allowed(p, req);
}

/* The address part of Host, with or without a port: is it this machine's own? */
static bool host_is_local(const struct http_message *m)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = http_message_field(m, "Host");

    for (size_t i = 0; host != NULL && i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);

        if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':'))
            return true;
    }
    return false;
}

/* Is that the media type, whatever its parameters (RFC 9110 §8.3.1)? */
static bool media_type_is(const char *field, const char *type)
{
    size_t len = strlen(type);

    return strncasecmp(field, type, len) == 0 && strchr("; \t", field[len]) != NULL;
}

static bool media_type_allowed(const struct http_message *m, enum post_purpose purpose)
{
    const char *type = http_message_field(m, "Content-Type");

    if (type == NULL)
        return purpose == TO_PUBLISH;
    if (media_type_is(type, "application/json"))
        return true;
    /* curl -d's default, too, since it is often typed by hand. What a page of another origin could
     * send without a preflight has been refused by its Origin. */
    return purpose == TO_PUBLISH && (media_type_is(type, "application/x-www-form-urlencoded") ||
                                     media_type_is(type, "text/plain"));
}

bool post_allowed(struct peer *p, const struct http_request *req, enum post_purpose purpose)
{
    bool control = purpose == TO_CONTROL, has_token = http_message_field(req->msg, "Authorization");
    char why[120];

    if (!origin_allowed(peer_context(p), req->msg)) {
        snprintf(why, sizeof why, "this Origin may not %s; --allow-origin adds one",
                 control ? "control" : "publish");
        reply_error(p, 403, NULL, why);
    } else if (control && !has_token && is_loopback(p) && !host_is_local(req->msg)) {
        reply_error(p, 403, NULL,
                    "without a token, control is for http://localhost and 127.0.0.1 only");
    } else if (control ? !operator_allowed(p, req) : !publisher_allowed(p, req)) {
        snprintf(why, sizeof why, "%s from another machine needs the token of --publish-token",
                 control ? "control" : "publishing");
        reply_error(p, 401, "WWW-Authenticate: Bearer\r\n", why);
    } else if (!media_type_allowed(req->msg, purpose)) {
        reply_error(p, 415, NULL, "the content must be application/json");
    } else {
        return true;
    }
    return false;
}
