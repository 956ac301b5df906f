#include "servers/http/origin.h"

#include <string.h>
#include <strings.h>
#include <openssl/crypto.h>

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

bool operator_allowed(const struct peer *p, const struct http_request *req)
{
    const char *token = peer_context(p)->settings->publish_token;
    const char *given = http_message_field(req->msg, "Authorization");

    if (peer_is_loopback(p))
        return true;
    if (token == NULL || given == NULL || strncasecmp(given, "Bearer ", 7) != 0)
        return false;
    return same_secret(token, given + 7);
}

bool publisher_allowed(const struct peer *p, const struct http_request *req)
{
    return peer_context(p)->settings->publish_open || operator_allowed(p, req);
}
