/* /control (--demo): the knobs of the live page. GET tells where they stand, POST turns those
 * that its JSON object names: rate_hz, pattern, payload_bytes, rtt_ms.
 *
 * Who may turn them: a client on this machine, or one with the publishing token. Other sites'
 * pages in a browser on this machine may not: their Origin gives them away, a plain form can't
 * send application/json, and a name that was made to point here (DNS rebinding) is not ours. */
#include "servers/endpoint/endpoints.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"
#include "servers/demo/demo.h"
#include "lib/base/json_line.h"
#include "servers/http/origin.h"
#include "servers/http/reply.h"
#include "servers/model/arrivals.h"

/* Tighter than the command line's: a page is for looking at. */
static const struct knob {
    const char *name;
    double min, max;
} rate_hz = {"rate_hz", 0.1, 1000}, payload_bytes = {"payload_bytes", 1, 65536},
  rtt_ms = {"rtt_ms", 0, 2000};

struct channel_filter {
    struct source_settings settings;
    double rtt_ms;
    bool tunes; /* anything but rtt_ms is asked for */
};

/* ---- who may ---- */

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

static bool is_json(const struct http_message *m)
{
    const char *type = http_message_field(m, "Content-Type");

    return type != NULL && strncasecmp(type, "application/json", 16) == 0 &&
           strchr("; \t", type[16]) != NULL;
}

/* NULL when the client may turn the knobs; else why not, and the status. */
static const char *refuse(struct peer *p, const struct http_request *req, int *status,
                          const char **fields)
{
    bool has_token = http_message_field(req->msg, "Authorization") != NULL;

    *fields = NULL;
    *status = 403;
    if (!origin_allowed(peer_context(p), req->msg))
        return "this Origin may not control; --allow-origin adds one";
    if (!has_token && peer_is_loopback(p) && !host_is_local(req->msg))
        return "without a token, control is for http://localhost and 127.0.0.1 only";
    *status = 401;
    *fields = "WWW-Authenticate: Bearer\r\n";
    if (!operator_allowed(p, req))
        return "control from another machine needs the token of --publish-token";
    *fields = NULL;
    *status = 415;
    return is_json(req->msg) ? NULL : "the content must be application/json";
}

/* ---- what is asked for ---- */

/* Absent: *out stays. Returns NULL, or what is wrong. */
static const char *read_knob(const cJSON *json, const struct knob *k, double *out, bool *given,
                             char why[128])
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, k->name);

    if (item == NULL)
        return NULL;
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= k->min && item->valuedouble <= k->max)) {
        snprintf(why, 128, "%s takes a number from %g to %g", k->name, k->min, k->max);
        return why;
    }
    *out = item->valuedouble;
    *given = true;
    return NULL;
}

static const char *read_pattern(const cJSON *json, int *out, bool *given)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "pattern");

    if (item == NULL)
        return NULL;
    for (int i = 0; cJSON_IsString(item) && arrivals_patterns[i] != NULL; i++) {
        if (strcmp(item->valuestring, arrivals_patterns[i]) != 0)
            continue;
        *out = i;
        *given = true;
        return NULL;
    }
    return "pattern takes fixed, poisson or bursts";
}

static const char *read_filter(const cJSON *json, struct channel_filter *w, char why[128])
{
    double bytes = (double)w->settings.payload_bytes;
    bool rtt_given = false;
    const char *wrong = cJSON_IsObject(json) ? NULL : "the content must be a JSON object";

    wrong = wrong ? wrong : read_knob(json, &rate_hz, &w->settings.rate_hz, &w->tunes, why);
    wrong = wrong ? wrong : read_knob(json, &payload_bytes, &bytes, &w->tunes, why);
    wrong = wrong ? wrong : read_pattern(json, &w->settings.pattern, &w->tunes);
    wrong = wrong ? wrong : read_knob(json, &rtt_ms, &w->rtt_ms, &rtt_given, why);
    w->settings.payload_bytes = (int64_t)bytes;
    if (wrong == NULL && !w->tunes && !rtt_given)
        wrong = "nothing to do: name rate_hz, pattern, payload_bytes or rtt_ms";
    return wrong;
}

/* Bytes on their way must stay within what a connection may have in line. */
static bool fits_on_wire(const struct http_context *c, const struct channel_filter *w)
{
    double peak_hz = w->settings.rate_hz;

    if (w->settings.pattern == PATTERN_BURSTS)
        peak_hz *= (double)(w->settings.burst_on_ns + w->settings.burst_off_ns) /
                   (double)w->settings.burst_on_ns;
    return peak_hz * (double)w->settings.payload_bytes * w->rtt_ms / 2000 <=
           (double)c->settings->backlog_bytes / 2;
}

/* ---- doing it ---- */

static struct channel_filter state_of(const struct http_context *c)
{
    struct channel_filter w = {.rtt_ms =
                                   (double)demo_of(c)->line.one_way_ns * 2 / (double)NS_PER_MS};

    if (c->publisher->source != NULL)
        w.settings = c->publisher->source->settings;
    return w;
}

static bool is_tunable(const struct source *src)
{
    return src != NULL && src->ops->tune != NULL;
}

static const char *apply(struct http_context *c, const struct channel_filter *w, int *status)
{
    struct source *src = c->publisher->source;

    *status = 409;
    if (w->tunes && !is_tunable(src))
        return "the source has no knobs; --source generator has";
    *status = 400;
    if (!fits_on_wire(c, w))
        return "too many bytes at once for this round trip: lower the rate, the payload or the "
               "round trip";
    *status = 503;
    if (w->tunes && src->ops->tune(src, &w->settings) < 0)
        return "out of memory";
    demo_of(c)->line.one_way_ns = (int64_t)(w->rtt_ms * (double)NS_PER_MS / 2);
    return NULL;
}

static void reply_state(struct peer *p)
{
    const struct http_context *c = peer_context(p);
    struct channel_filter w = state_of(c);
    const struct source *src = c->publisher->source;
    char body[320];
    int len = snprintf(body, sizeof body,
                       "{\"source\":\"%s\",\"tunable\":%s,\"rate_hz\":%.10g,\"pattern\":\"%s\","
                       "\"payload_bytes\":%lld,\"rtt_ms\":%.10g,\"max_hold_ms\":%lld,"
                       "\"started_ns\":%lld}\n",
                       src != NULL ? src->name : "stopped", is_tunable(src) ? "true" : "false",
                       w.settings.rate_hz, arrivals_patterns[w.settings.pattern],
                       (long long)w.settings.payload_bytes, w.rtt_ms,
                       (long long)(c->settings->max_hold_ns / NS_PER_MS), (long long)c->started_ns);

    reply_json(p, body, (size_t)len);
}

static void control_post(struct peer *p, const struct http_request *req)
{
    char *text = (char *)p->http->body.data; /* compacted in place: the body is ours by now */
    struct channel_filter w = state_of(peer_context(p));
    const char *fields, *wrong;
    char why[128];
    cJSON *json;
    ssize_t len;
    int status;

    wrong = refuse(p, req, &status, &fields);
    if (wrong != NULL) {
        reply_error(p, status, fields, wrong);
        return;
    }
    len = req->body_len > 0 ? json_line_compact(text, text, req->body_len) : -1;
    json = len > 0 ? cJSON_ParseWithLength(text, (size_t)len) : NULL;
    status = 400;
    wrong = read_filter(json, &w, why);
    if (wrong == NULL)
        wrong = apply(peer_context(p), &w, &status);
    cJSON_Delete(json);
    if (wrong != NULL)
        reply_error(p, status, NULL, wrong);
    else
        reply_state(p);
}

void endpoint_control(struct peer *p, const struct http_request *req)
{
    if (req->msg->method == HTTP_POST)
        control_post(p, req);
    else
        reply_state(p);
}
