#include "servers/http/origin.h"

#include <arpa/inet.h>
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
    const char *authority;

    if (origin == NULL || http_context_allows(c, m))
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

/* Authorization: Bearer TOKEN (RFC 6750), with one blank or more between (RFC 9110 §11.4). */
static bool has_token(const struct peer *p, const struct http_message *m)
{
    const char *token = peer_context(p)->settings->publish_token;
    const char *given = http_message_field(m, "Authorization");

    if (token == NULL || given == NULL || strncasecmp(given, "Bearer ", 7) != 0)
        return false;
    return same_secret(token, given + 7 + strspn(given + 7, " "));
}

/* Is Host an address, with or without a port, or localhost? Any other name may have been made to
 * point here by somebody else (DNS rebinding). */
static bool host_is_address(const struct http_message *m)
{
    const char *host = http_message_field(m, "Host");
    char name[64];
    size_t len;

    if (host == NULL)
        return true; /* HTTP/1.0: no browser's */
    if (*host == '[')
        return true; /* only IPv6 addresses stand in brackets */
    len = strcspn(host, ":");
    if (len >= sizeof name)
        return false;
    memcpy(name, host, len);
    name[len] = '\0';
    return strcasecmp(name, "localhost") == 0 ||
           inet_pton(AF_INET, name, &(struct in_addr){0}) == 1;
}

/* The one judgement of all that changes state. */
static enum verdict {
    ALLOWED,
    WRONG_ORIGIN,
    WRONG_HOST,
    NO_TOKEN
} judge(const struct peer *p, const struct http_request *req, enum post_purpose purpose)
{
    const struct http_context *c = peer_context(p);
    const char *origin = http_message_field(req->msg, "Origin");

    if (!origin_allowed(c, req->msg))
        return WRONG_ORIGIN;
    if ((purpose == TO_PUBLISH && c->settings->publish_open) || has_token(p, req->msg))
        return ALLOWED;
    if (!is_loopback(p))
        return NO_TOKEN;
    /* A browser says of which page a request is; other clients need not be guarded. */
    if (purpose == TO_PUBLISH && (origin == NULL || http_context_allows(c, req->msg)))
        return ALLOWED;
    return host_is_address(req->msg) ? ALLOWED : WRONG_HOST;
}

bool publisher_allowed(const struct peer *p, const struct http_request *req)
{
    return judge(p, req, TO_PUBLISH) == ALLOWED;
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
    const char *what = purpose == TO_CONTROL ? "control" : "publishing";
    enum verdict verdict = judge(p, req, purpose);
    char why[120];

    if (verdict == WRONG_ORIGIN) {
        snprintf(why, sizeof why, "%s is not allowed from this Origin; --allow-origin adds one",
                 what);
        reply_error(p, 403, NULL, why);
    } else if (verdict == WRONG_HOST) {
        snprintf(why, sizeof why,
                 "without the token, %s needs a Host that is localhost or an address", what);
        reply_error(p, 403, NULL, why);
    } else if (verdict == NO_TOKEN) {
        snprintf(why, sizeof why, "%s from another machine needs the token of --publish-token",
                 what);
        reply_error(p, 401, "WWW-Authenticate: Bearer\r\n", why);
    } else if (!media_type_allowed(req->msg, purpose)) {
        reply_error(p, 415, NULL, "the content must be application/json");
    } else {
        return true;
    }
    return false;
}
