/* GET /stats: everything counted, as JSON. docs/metrics.md says what each number means. */
#include "servers/endpoint/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"
#include "lib/base/proc.h"
#include "servers/http/reply.h"
#include "lib/proto/url.h"

static void add_u64(cJSON *o, const char *name, uint64_t n)
{
    cJSON_AddNumberToObject(o, name, (double)n);
}

static void add_bytes(cJSON *o, const char *name, uint64_t all, uint64_t payload)
{
    cJSON *bytes = cJSON_AddObjectToObject(o, name);

    add_u64(bytes, "payload", payload);
    add_u64(bytes, "framing", all - payload);
}

static void add_statuses(cJSON *o, const struct transport_stats *t)
{
    cJSON *responses = cJSON_AddObjectToObject(o, "responses");
    char name[12];

    for (int i = 0; i < STATS_STATUSES; i++) {
        if (t->responses[i] == 0)
            continue;
        snprintf(name, sizeof name, "%d", stats_statuses[i]);
        add_u64(responses, stats_statuses[i] != 0 ? name : "other", t->responses[i]);
    }
}

static void add_transport(cJSON *parent, const char *name, const struct transport_stats *t)
{
    cJSON *o = cJSON_AddObjectToObject(parent, name);
    cJSON *drops;

    add_u64(o, "open", t->open);
    add_u64(o, "accepted", t->accepted);
    add_u64(o, "tls_full_handshakes", t->tls_full_handshakes);
    add_u64(o, "tls_resumed_handshakes", t->tls_resumed_handshakes);
    add_u64(o, "requests", t->requests);
    add_statuses(o, t);
    add_u64(o, "empty_responses", t->empty_responses);
    add_u64(o, "updates_sent", t->updates_sent);
    add_bytes(o, "bytes_in", t->in_bytes, t->in_payload_bytes);
    add_bytes(o, "bytes_out", t->out_bytes, t->out_payload_bytes);
    drops = cJSON_AddObjectToObject(o, "drops");
    for (int i = 0; i < DROP_REASONS; i++)
        add_u64(drops, stats_drop_names[i], t->drops[i]);
}

static void add_source(cJSON *root, const struct http_context *http)
{
    const struct source *src = http->publisher->source;
    cJSON *source = cJSON_AddObjectToObject(root, "source");
    cJSON *history = cJSON_AddObjectToObject(root, "history");

    cJSON_AddStringToObject(source, "kind", src != NULL ? src->name : "stopped");
    add_u64(source, "seq", http->hub->published_seq);
    cJSON_AddBoolToObject(source, "done", src == NULL || src->done);
    add_u64(source, "rejected", src != NULL ? src->rejected : 0);
    add_u64(source, "lost_to_memory", http->hub->publish_failures);
    if (src != NULL && src->ops->catch_up != NULL)
        add_u64(source, "stalled_ms", (uint64_t)(src->stalled_ns / NS_PER_MS));
    add_u64(history, "capacity", http->hub->limits.history);
    add_u64(history, "oldest_seq", hub_oldest_seq(http->hub));
    add_u64(history, "newest_seq", hub_newest_seq(http->hub));
    add_u64(history, "subscribers", http->hub->nsubscribers);
}

/* What was due before a time must have been published before we say what was. */
static void catch_up(const struct http_context *http)
{
    struct source *src = http->publisher->source;

    if (src != NULL && src->ops->catch_up != NULL)
        src->ops->catch_up(src, clock_now_ns());
}

/* Of a source that follows a log. */
static void add_log(cJSON *root, const struct http_context *http)
{
    const struct source *src = http->publisher->source, *feed = http->publisher->feed;
    const struct log_state *log = src != NULL ? src->log : NULL;
    cJSON *o;

    if (log == NULL)
        return;
    o = cJSON_AddObjectToObject(root, "log");
    cJSON_AddBoolToObject(o, "connected", log->connected);
    add_u64(o, "reconnects", log->reconnects);
    add_u64(o, "errors", log->errors);
    add_u64(o, "newest_seq", log->newest_seq);
    add_u64(o, "lag_updates", log->newest_seq - http->hub->published_seq);
    add_u64(o, "lag_us", (uint64_t)(log->lag_ns / NS_PER_US));
    add_u64(o, "posts_waiting", log->posts_waiting);
    add_u64(o, "posts_refused", log->posts_refused);
    cJSON_AddStringToObject(o, "feed", feed != NULL ? feed->name : "none");
    add_u64(o, "feed_dropped", log->feed_dropped);
}

static void add_position(cJSON *root, const struct http_context *http, int64_t at_ns)
{
    cJSON *position = cJSON_AddObjectToObject(root, "position");
    uint64_t seq;

    cJSON_AddNumberToObject(position, "at_ns", (double)at_ns);
    if (hub_position(http->hub, at_ns, &seq))
        add_u64(position, "seq", seq);
    else
        cJSON_AddNullToObject(position, "seq");
}

/* at_ns < 0: no position is asked for. */
static void add_channel(cJSON *channels, const struct channel *c, int64_t at_ns)
{
    cJSON *o = cJSON_CreateObject();
    char name[NAME_MAX_BYTES + 1];
    uint64_t n;

    snprintf(name, sizeof name, "%.*s", (int)c->node.name.len, c->node.name.text);
    cJSON_AddStringToObject(o, "name", name);
    add_u64(o, "published", c->published_n);
    add_u64(o, "oldest_n", channel_oldest_n(c));
    add_u64(o, "keys", c->latest.nvalues);
    add_u64(o, "subscribers", channel_subscribers(c));
    if (at_ns >= 0 && channel_position(c, at_ns, &n))
        add_u64(o, "position_n", n);
    else if (at_ns >= 0)
        cJSON_AddNullToObject(o, "position_n");
    cJSON_AddItemToArray(channels, o);
}

static void add_channels(cJSON *root, const struct http_context *http, int64_t at_ns)
{
    cJSON *channels = cJSON_AddArrayToObject(root, "channels");

    for (const struct channel *c = http->hub->channels.oldest; c != NULL; c = c->next)
        add_channel(channels, c, at_ns);
}

static void add_limits(cJSON *root, const struct hub *h)
{
    cJSON *o = cJSON_AddObjectToObject(root, "limits");

    add_u64(o, "channels_max", h->limits.channels);
    add_u64(o, "keys_max", h->limits.keys);
    add_u64(o, "senders_max", h->limits.senders);
    add_u64(o, "refused_channels", h->counts.refused_channels);
    add_u64(o, "refused_keys", h->counts.refused_keys);
    add_u64(o, "refused_senders", h->counts.refused_senders);
    add_u64(o, "duplicate_posts", h->counts.duplicate_posts);
    add_u64(o, "superseded", h->counts.superseded);
}

static void add_process(cJSON *root)
{
    cJSON *o = cJSON_AddObjectToObject(root, "process");
    struct proc_usage usage = {0};
    struct proc_tcp tcp = {0};
    int rss_err = proc_usage_self(&usage); /* /proc can't be read when descriptors have run out */

    cJSON_AddNumberToObject(o, "cpu_user_us", (double)usage.user_us);
    cJSON_AddNumberToObject(o, "cpu_system_us", (double)usage.system_us);
    if (rss_err == 0)
        cJSON_AddNumberToObject(o, "rss_bytes", (double)usage.rss_bytes);
    if (proc_tcp_self(&tcp) == 0) {
        cJSON_AddNumberToObject(o, "tcp_passive_opens", (double)tcp.passive_opens);
        cJSON_AddNumberToObject(o, "tcp_active_opens", (double)tcp.active_opens);
        cJSON_AddNumberToObject(o, "tcp_retrans_segs", (double)tcp.retrans_segs);
    }
}

static void add_connections(cJSON *root, const struct http_context *http)
{
    cJSON *o = cJSON_AddObjectToObject(root, "connections");

    add_u64(o, "open", http->connections.open);
    add_u64(o, "accepted", http->connections.accepted);
    add_u64(o, "max", (uint64_t)http->settings->max_connections);
    cJSON_AddBoolToObject(o, "accept_paused", http->connections.accept_paused);
    add_u64(o, "accept_pauses", http->connections.accept_pauses);
    add_u64(o, "accept_errors", http->connections.accept_errors);
    add_u64(o, "unused", http->connections.unused);
    add_u64(o, "tls_failed", http->connections.tls_failed);
}

/* How every connection's socket is set, as the kernel has it: accepted ones inherit it. */
static void add_socket(cJSON *root, const struct http_context *http)
{
    cJSON *o = cJSON_AddObjectToObject(root, "socket");
    int fd = (int)http->listener.accept_event.ev_fd, value = 0;
    socklen_t len = sizeof value;
    char congestion_control[16] = "";

    if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &value, &len) == 0)
        cJSON_AddNumberToObject(o, "sndbuf_bytes", value);
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &len) == 0)
        cJSON_AddNumberToObject(o, "rcvbuf_bytes", value);
    if (getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len) == 0)
        cJSON_AddBoolToObject(o, "tcp_nodelay", value != 0);
    len = sizeof congestion_control - 1;
    if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion_control, &len) == 0)
        cJSON_AddStringToObject(o, "congestion_control", congestion_control);
}

static char *stats_json(struct http_context *http, int64_t at_ns)
{
    cJSON *root = cJSON_CreateObject();
    int64_t now_ns = clock_now_ns(); /* once: time - uptime tells one life from another */
    cJSON *per_transport;
    char *text;

    cJSON_AddStringToObject(root, "pushlab", PUSHLAB_VERSION);
    cJSON_AddNumberToObject(root, "time_ns", (double)now_ns);
    cJSON_AddNumberToObject(root, "uptime_ms", (double)((now_ns - http->started_ns) / NS_PER_MS));
    cJSON_AddStringToObject(root, "listen", http->listener.address);
    add_source(root, http);
    add_log(root, http);
    if (at_ns >= 0)
        add_position(root, http, at_ns);
    add_channels(root, http, at_ns);
    add_limits(root, http->hub);
    add_process(root);
    add_connections(root, http);
    add_socket(root, http);
    per_transport = cJSON_AddObjectToObject(root, "transports");
    for (size_t i = 0; http_context_account_name(i) != NULL; i++)
        add_transport(per_transport, http_context_account_name(i), &http->accounts[i]);
    text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return text;
}

void endpoint_stats(struct peer *p, const struct http_request *req)
{
    uint64_t at_ns = 0;
    char text[24];
    int found = url_query_get(req->query, "at", text, sizeof text);

    if (found < 0 || (found > 0 && url_parse_u64(&at_ns, text, INT64_MAX) < 0)) {
        reply_error(p, 400, NULL, "at takes CLOCK_MONOTONIC nanoseconds");
        return;
    }
    catch_up(peer_context(p));
    reply_json_owned(p, stats_json(peer_context(p), found > 0 ? (int64_t)at_ns : -1));
}
