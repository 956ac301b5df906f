/* /control (--demo): what the live page can change. GET tells the current values, POST changes
 * those that its JSON object names: rate_hz, pattern, payload_bytes, rtt_ms. origin.h says who may
 * (TO_CONTROL). */
#include "servers/endpoint/endpoints.h"

#include <stdio.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"
#include "lib/base/json_line.h"
#include "servers/demo/demo.h"
#include "servers/http/origin.h"
#include "servers/http/reply.h"
#include "servers/model/arrivals.h"

struct control {
    struct source_settings settings; /* but payload_bytes */
    double payload_bytes, rtt_ms;
    bool given, tunes; /* anything; anything but rtt_ms */
};

/* Tighter than the command line's: a page is for people to watch. */
static const struct range {
    const char *name;
    size_t offset; /* of a double in struct control */
    double min, max;
    bool tunes;
} ranges[] = {
    {"rate_hz", offsetof(struct control, settings.rate_hz), 0.1, 1000, true},
    {"payload_bytes", offsetof(struct control, payload_bytes), 1, 65536, true},
    {"rtt_ms", offsetof(struct control, rtt_ms), 0, 2000, false},
};

static struct control current(const struct http_context *c)
{
    struct control w = {.rtt_ms = (double)demo_of(c)->line.one_way_ns * 2 / (double)NS_PER_MS};

    if (c->publisher->source != NULL)
        w.settings = c->publisher->source->settings;
    w.payload_bytes = (double)w.settings.payload_bytes;
    return w;
}

/* What is not named stays. Returns NULL, or what is wrong. */
static const char *read_range(const cJSON *json, const struct range *r, struct control *w,
                              char why[128])
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, r->name);

    if (item == NULL)
        return NULL;
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= r->min && item->valuedouble <= r->max)) {
        snprintf(why, 128, "%s takes a number from %g to %g", r->name, r->min, r->max);
        return why;
    }
    memcpy((char *)w + r->offset, &item->valuedouble, sizeof item->valuedouble);
    w->given = true;
    w->tunes |= r->tunes;
    return NULL;
}

static const char *read_pattern(const cJSON *json, struct control *w)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "pattern");
    int i = 0;

    if (item == NULL)
        return NULL;
    while (arrivals_patterns[i] != NULL &&
           !(cJSON_IsString(item) && strcmp(item->valuestring, arrivals_patterns[i]) == 0))
        i++;
    w->settings.pattern = i;
    w->given = w->tunes = true;
    return arrivals_patterns[i] != NULL ? NULL : "pattern takes fixed, poisson or bursts";
}

static const char *read_control(const cJSON *json, struct control *w, char why[128])
{
    const char *wrong =
        cJSON_IsObject(json) ? read_pattern(json, w) : "the content must be a JSON object";

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges && wrong == NULL; i++)
        wrong = read_range(json, &ranges[i], w, why);
    if (wrong == NULL && !w->given)
        wrong = "nothing to do: name rate_hz, pattern, payload_bytes or rtt_ms";
    w->settings.payload_bytes = (int64_t)w->payload_bytes;
    return wrong;
}

/* What is delayed must stay within what may be queued for a connection. */
static bool fits_backlog(const struct control *w, int64_t backlog_bytes)
{
    double peak_hz = w->settings.rate_hz;

    if (w->settings.pattern == PATTERN_BURSTS)
        peak_hz *= (double)(w->settings.burst_on_ns + w->settings.burst_off_ns) /
                   (double)w->settings.burst_on_ns;
    return peak_hz * (double)w->settings.payload_bytes * w->rtt_ms / 2000 <=
           (double)backlog_bytes / 2;
}

static bool is_tunable(const struct source *src)
{
    return src != NULL && src->ops->tune != NULL;
}

static const char *apply(const struct http_context *c, const struct control *w, int *status)
{
    struct source *src = c->publisher->source;

    *status = 409;
    if (w->tunes && !is_tunable(src))
        return "this source can't be changed while it runs; --source generator can";
    *status = 400;
    if (!fits_backlog(w, c->settings->backlog_bytes))
        return "too many bytes at once for this round trip: lower the rate, the payload or the "
               "round trip";
    *status = 503;
    if (w->tunes && src->ops->tune(src, &w->settings) < 0)
        return "out of memory";
    demo_of(c)->line.one_way_ns = (int64_t)(w->rtt_ms * (double)NS_PER_MS / 2);
    return NULL;
}

static void reply_current(struct peer *p)
{
    const struct http_context *c = peer_context(p);
    const struct source *src = c->publisher->source;
    struct control w = current(c);
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
    char *text = (char *)p->http->body.data; /* compacted in place: the session is done with it */
    struct control w = current(peer_context(p));
    ssize_t len = req->body_len > 0 ? json_line_compact(text, text, req->body_len) : -1;
    cJSON *json = len > 0 ? cJSON_ParseWithLength(text, (size_t)len) : NULL;
    int status = 400;
    char why[128];
    const char *wrong = read_control(json, &w, why);

    cJSON_Delete(json);
    if (wrong == NULL)
        wrong = apply(peer_context(p), &w, &status);
    if (wrong != NULL)
        reply_error(p, status, NULL, wrong);
    else
        reply_current(p);
}

void endpoint_control(struct peer *p, const struct http_request *req)
{
    if (req->msg->method != HTTP_POST)
        reply_current(p);
    else if (post_allowed(p, req, TO_CONTROL))
        control_post(p, req);
}
