/* POST /publish: the body, one JSON value, becomes an update. */
#include "endpoints.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "json_line.h"
#include "origin.h"
#include "reply.h"
#include "server.h"

/* Is that the media type, whatever its parameters (RFC 9110 §8.3.1)? */
static bool media_type_is(const char *field, const char *type)
{
    size_t len = strlen(type);

    return strncasecmp(field, type, len) == 0 && strchr("; \t", field[len]) != NULL;
}

static bool is_json(const struct http_message *m)
{
    const char *type = http_message_field(m, "Content-Type");

    /* curl -d's default is let through: on a stage nobody types -H. Anything else that a page
     * could send across origins without asking is stopped by the Origin check. */
    return type == NULL || media_type_is(type, "application/json") ||
           media_type_is(type, "application/x-www-form-urlencoded") ||
           media_type_is(type, "text/plain");
}

/* NULL when the client may publish; else why not, and the status. */
static const char *refuse(struct peer *p, const struct http_request *req, int *status,
                          const char **fields)
{
    *fields = NULL;
    *status = 403;
    if (!origin_allowed(p->server, req->msg))
        return "this Origin may not publish; --allow-origin adds one";
    *status = 401;
    *fields = "WWW-Authenticate: Bearer\r\n";
    if (!publisher_allowed(p, req))
        return "publishing from another machine needs the token of --publish-token";
    *fields = NULL;
    *status = 415;
    return is_json(req->msg) ? NULL : "the content must be application/json";
}

static void reply_published(struct peer *p, uint64_t seq)
{
    char body[48];
    int len = snprintf(body, sizeof body, "{\"seq\":%llu}\n", (unsigned long long)seq);

    reply_json(p, body, (size_t)len);
}

void endpoint_publish(struct peer *p, const struct http_request *req)
{
    char *text = (char *)p->http->body.data; /* compacted in place: the body is ours by now */
    const char *fields, *why;
    uint64_t seq;
    ssize_t len;
    int status;

    why = refuse(p, req, &status, &fields);
    if (why != NULL) {
        reply_error(p, status, fields, why);
        return;
    }
    p->account->in_payload_bytes += req->body_len;
    len = req->body_len > 0 ? json_line_compact(text, text, req->body_len) : LAB_EPROTO;
    if (len < 0) {
        reply_error(p, 400, NULL, "the content must be one JSON value (RFC 8259) in UTF-8");
        return;
    }
    seq = server_publish(p->server, text, (size_t)len);
    if (seq == 0)
        reply_error(p, 503, "Retry-After: 1\r\n", "out of memory");
    else
        reply_published(p, seq);
}
