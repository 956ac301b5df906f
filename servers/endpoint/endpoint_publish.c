/* POST /publish: the body, one JSON value, becomes an update, or several (post.h). */
#include "servers/endpoint/endpoints.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"
#include "lib/base/json_line.h"
#include "servers/http/intake.h"
#include "servers/http/origin.h"
#include "servers/http/reply.h"
#include "lib/proto/url.h"

/* {"seq":N}, of a list {"seq":LAST,"published":COUNT}, and the number of duplicates. */
static void reply_published(struct peer *p, const struct intake_result *r)
{
    char body[120];
    int len = snprintf(body, sizeof body, "{\"seq\":%llu", (unsigned long long)r->seq);

    if (r->list)
        len += snprintf(body + len, sizeof body - (size_t)len, ",\"published\":%llu",
                        (unsigned long long)r->published);
    if (r->duplicates > 0)
        len += snprintf(body + len, sizeof body - (size_t)len, ",\"duplicates\":%llu",
                        (unsigned long long)r->duplicates);
    len += snprintf(body + len, sizeof body - (size_t)len, "}\n");
    reply_json(p, body, (size_t)len);
}

/* A list that fails at some post is published up to there. It can be sent again as a whole, since
 * posts with from_n are not published twice. */
static void reply_refused(struct peer *p, int err, const struct intake_result *r)
{
    char why[200];

    if (r->too_deep) {
        snprintf(why, sizeof why, "the content is nested deeper than %d levels",
                 JSON_LINE_MAX_DEPTH);
        reply_error(p, 400, NULL, why);
    } else if (err == PL_EINVAL) {
        reply_error(p, 400, NULL,
                    "a post is {'publish':{'channel','key','from','from_n','from_t'},'data'}, its "
                    "members in this order; or a list of posts");
    } else if (err == PL_EAWAY) {
        reply_later(p, "the update can't be kept now; send this again: a post with "
                       "from and from_n is published once");
    } else if (err == PL_ELIMIT || err == PL_ENOMEM) {
        snprintf(why, sizeof why, "%s; %llu published",
                 err == PL_ENOMEM ? pl_strerror(err)
                                  : "too many channels, keys or senders: --max-channels, "
                                    "--max-keys, --max-senders",
                 (unsigned long long)r->published);
        reply_later(p, why);
    } else {
        reply_error(p, 400, NULL, "the content must be one JSON value (RFC 8259) in UTF-8");
    }
}

static void publish_done(struct peer *p, int err, const struct intake_result *r)
{
    if (err < 0)
        reply_refused(p, err, r);
    else
        reply_published(p, r);
}

/* A name in the query; text has room for it and one byte more than it may have. False: 400. */
static bool query_name(struct peer *p, const struct http_request *req, const char *name,
                       char text[NAME_MAX_BYTES + 2], struct name *out)
{
    int found = url_query_get(req->query, name, text, NAME_MAX_BYTES + 2);
    char why[96];

    if (found == 0)
        return true;
    *out = (struct name){text, found > 0 ? strlen(text) : 0};
    if (name_valid(out->text, out->len))
        return true;
    snprintf(why, sizeof why, "%s takes a name: %s", name, NAME_ACCEPTED);
    reply_error(p, 400, NULL, why);
    return false;
}

void endpoint_publish(struct peer *p, const struct http_request *req)
{
    char *text = (char *)p->http->body.data; /* changed in place: the session is done with it */
    char channel[NAME_MAX_BYTES + 2], key[NAME_MAX_BYTES + 2];
    struct intake_place place = {0};

    if (!post_allowed(p, req, TO_PUBLISH) ||
        !query_name(p, req, "channel", channel, &place.channel) ||
        !query_name(p, req, "key", key, &place.key))
        return;
    p->account->in_payload_bytes += req->body_len;
    if (req->body_len > 0)
        intake_publish(p, text, req->body_len, &place, publish_done);
    else
        publish_done(p, PL_EPROTO, &(struct intake_result){0});
}
