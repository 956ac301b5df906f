/* GET /stats (JSON) and GET /metrics (Prometheus' text format, version 0.0.4): everything counted.
 * One list serves both: the functions from put_source() to put_account() name each statistic once,
 * with its value, its name in /stats, and its name, kind and help in /metrics.
 * docs/metrics.md says what each means. */
#include "servers/endpoint/endpoints.h"

#include <stdio.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"
#include "lib/base/proc.h"
#include "lib/proto/url.h"
#include "servers/endpoint/stats_wait.h"
#include "servers/http/reply.h"
#include "servers/hub/timetable.h"

/* ---- where statistics go ---- */

enum { METRICS_MAX = 48, LABELS_MAX_BYTES = NAME_MAX_BYTES + 48 };

/* A metric's help, kind and samples. */
struct metric {
    const char *name; /* its address identifies it: each is named in one place */
    struct buf text;
};

struct writer {
    cJSON *root, *object; /* of /stats, and in it that of the current group; NULL: /metrics, and
                             what cJSON is told has no effect */
    struct metric metrics[METRICS_MAX];
    size_t nmetrics;
    char labels[LABELS_MAX_BYTES]; /* of the next samples: "{name="value"}", or "" */
    int err;
};

/* Statistics up to the next call are in the object of that name. */
static void begin_group(struct writer *w, const char *name)
{
    w->object = cJSON_AddObjectToObject(w->root, name);
    w->labels[0] = '\0';
}

static struct buf *metric_text(struct writer *w, const char *name, const char *kind,
                               const char *help)
{
    struct metric *m = w->metrics;

    while (m < w->metrics + w->nmetrics && m->name != name)
        m++;
    if (m == w->metrics + w->nmetrics) {
        w->nmetrics++;
        m->name = name;
        w->err |= buf_printf(&m->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
    }
    return &m->text;
}

static void put_sample(struct writer *w, const char *metric, const char *kind, const char *help,
                       double value)
{
    if (w->root == NULL)
        w->err |= buf_printf(metric_text(w, metric, kind, help), "%s%s %.17g\n", metric, w->labels,
                             value);
}

/* Of /stats alone. */
static void put(struct writer *w, const char *name, uint64_t value)
{
    cJSON_AddNumberToObject(w->object, name, (double)value);
}

/* n NULL: the ring does not reach back that far. */
static void put_position(struct writer *w, const char *name, const uint64_t *n)
{
    if (n != NULL)
        put(w, name, *n);
    else
        cJSON_AddNullToObject(w->object, name);
}

static void put_flag(struct writer *w, const char *name, bool value, const char *metric,
                     const char *help)
{
    cJSON_AddBoolToObject(w->object, name, value);
    put_sample(w, metric, "gauge", help, value);
}

static void put_gauge(struct writer *w, const char *name, uint64_t value, const char *metric,
                      const char *help)
{
    put(w, name, value);
    put_sample(w, metric, "gauge", help, (double)value);
}

static void put_count(struct writer *w, const char *name, uint64_t value, const char *metric,
                      const char *help)
{
    put(w, name, value);
    put_sample(w, metric, "counter", help, (double)value);
}

/* ---- the statistics ---- */

static void put_percentile(cJSON *o, const char *name, const struct hdr *h, double percentile)
{
    cJSON_AddNumberToObject(o, name, (double)hdr_value_at_percentile(h, percentile));
}

/* How late updates were published: since the start in percentiles; before at_ns as pairs of a value
 * and how often there was one, so that those of a window can be had by subtraction. */
static void put_publish_late(struct writer *w, const struct timetable *s, int64_t at_ns)
{
    cJSON *o = cJSON_AddObjectToObject(w->object, "publish_late_us"), *counts;
    struct hdr_iter it = {0};

    cJSON_AddNumberToObject(o, "count", (double)s->late_us.total_count);
    cJSON_AddNumberToObject(o, "min", (double)hdr_min(&s->late_us));
    put_percentile(o, "p50", &s->late_us, 50);
    put_percentile(o, "p90", &s->late_us, 90);
    put_percentile(o, "p99", &s->late_us, 99);
    cJSON_AddNumberToObject(o, "max", (double)hdr_max(&s->late_us));
    cJSON_AddNumberToObject(o, "mean", hdr_mean(&s->late_us));
    if (at_ns < 0)
        return;
    counts = cJSON_AddArrayToObject(w->object, "publish_late_counts");
    while (hdr_iter_next(&s->late_us, &it))
        cJSON_AddItemToArray(
            counts,
            cJSON_CreateDoubleArray(
                (double[]){(double)it.value, (double)timetable_count_late(s, &it, at_ns)}, 2));
}

/* at_ns < 0: up to now. */
static void put_timetable(struct writer *w, const struct timetable *s, int64_t at_ns)
{
    struct timetable_counts n = timetable_count(s, at_ns < 0 ? INT64_MAX : at_ns);

    put(w, "stalled_ms", (uint64_t)(s->stalled_ns / NS_PER_MS));
    put(w, "due", n.due);
    put(w, "published", n.published);
    if (w->root != NULL)
        put_publish_late(w, s, at_ns);
}

static void put_source(struct writer *w, const struct publisher *pub, int64_t at_ns)
{
    static const struct source stopped = {.name = "stopped", .done = true};
    const struct source *src = pub->source != NULL ? pub->source : &stopped;

    begin_group(w, "source");
    cJSON_AddStringToObject(w->object, "kind", src->name);
    put_gauge(w, "seq", pub->hub->published_seq, "pushlab_source_seq",
              "Sequence number of the newest update.");
    cJSON_AddBoolToObject(w->object, "done", src->done);
    put(w, "rejected", src->rejected);
    put(w, "lost_to_memory", pub->hub->publish_failures);
    if (publisher_timetable(pub) != NULL)
        put_timetable(w, publisher_timetable(pub), at_ns);
}

static void put_history(struct writer *w, const struct hub *h)
{
    begin_group(w, "history");
    put(w, "capacity", h->limits.history);
    put(w, "oldest_seq", hub_oldest_seq(h));
    put(w, "newest_seq", hub_newest_seq(h));
    put(w, "subscribers", h->nsubscribers);
    if (h->journal == NULL)
        return;
    put_gauge(w, "file_bytes", h->journal->bytes, "pushlab_history_file_bytes",
              "Bytes of the history file.");
    put_count(w, "file_refused", h->journal->refused, "pushlab_history_file_refused_total",
              "Updates that could not be kept, and so were not published.");
}

static void put_log(struct writer *w, const struct publisher *pub)
{
    const struct log_state *log = publisher_log(pub);

    if (log == NULL)
        return;
    begin_group(w, "log");
    put_flag(w, "connected", log->connected, "pushlab_log_connected",
             "1 while the log is within reach.");
    if (log->refusal[0] != '\0')
        cJSON_AddStringToObject(w->object, "refusal", log->refusal);
    else
        cJSON_AddNullToObject(w->object, "refusal");
    put_count(w, "reconnects", log->reconnects, "pushlab_log_reconnects_total",
              "Times that it came back.");
    put_count(w, "errors", log->errors, "pushlab_log_errors_total",
              "Connections to it that broke or could not be made, commands it refused.");
    put(w, "newest_seq", log->newest_seq);
    put_gauge(w, "lag_updates", (log->newest_seq - pub->hub->published_seq),
              "pushlab_log_lag_updates", "Updates known to be in the log that are not here yet.");
    put(w, "lag_us", (uint64_t)(log->lag_ns / NS_PER_US));
    put_sample(w, "pushlab_log_lag_seconds", "gauge",
               "Of the newest update here, from its time until it came out of the log.",
               (double)log->lag_ns / NS_PER_S);
    put_gauge(w, "posts_waiting", log->posts_waiting, "pushlab_log_posts_waiting",
              "Posts that the log has not numbered yet.");
    put_count(w, "posts_refused", log->posts_refused, "pushlab_log_posts_refused_total",
              "Posts refused since it was out of reach.");
    cJSON_AddStringToObject(w->object, "feed", pub->feed != NULL ? pub->feed->name : "none");
    put_count(w, "feed_dropped", log->feed_dropped, "pushlab_log_feed_dropped_total",
              "Updates of --feed dropped since too many waited.");
}

static void put_limits(struct writer *w, const struct hub *h)
{
    const struct hub_counts *counts = &h->counts;

    begin_group(w, "limits");
    put(w, "channels_max", h->limits.channels);
    put(w, "keys_max", h->limits.keys);
    put(w, "senders_max", h->limits.senders);
    put_count(w, "refused_channels", counts->refused_channels, "pushlab_refused_channels_total",
              "Requests refused since there were --max-channels.");
    put_count(w, "refused_keys", counts->refused_keys, "pushlab_refused_keys_total",
              "Posts refused since their channel had --max-keys.");
    put_count(w, "refused_senders", counts->refused_senders, "pushlab_refused_senders_total",
              "Posts refused since their channel had --max-senders.");
    put_count(w, "duplicate_posts", counts->duplicate_posts, "pushlab_duplicate_posts_total",
              "Posts that had been published before.");
    put_count(
        w, "superseded", counts->superseded, "pushlab_superseded_updates_total",
        "Latest updates that a reader did not get because a newer one of the key came first.");
}

static void put_process(struct writer *w)
{
    struct proc_usage usage = {0};
    struct proc_tcp tcp = {0};
    int rss_err = proc_usage_self(&usage); /* /proc can't be read when descriptors have run out */

    begin_group(w, "process");
    put(w, "cpu_user_us", (uint64_t)usage.user_us);
    put_sample(w, "process_cpu_user_seconds_total", "counter", "User CPU time.",
               (double)usage.user_us / 1e6);
    put(w, "cpu_system_us", (uint64_t)usage.system_us);
    put_sample(w, "process_cpu_system_seconds_total", "counter", "System CPU time.",
               (double)usage.system_us / 1e6);
    put(w, "heap_bytes", (uint64_t)usage.heap_bytes);
    if (rss_err == 0)
        put_gauge(w, "rss_bytes", (uint64_t)usage.rss_bytes, "process_resident_memory_bytes",
                  "Resident set.");
    if (w->root == NULL || proc_tcp_self(&tcp) < 0)
        return;
    put(w, "tcp_passive_opens", (uint64_t)tcp.passive_opens);
    put(w, "tcp_active_opens", (uint64_t)tcp.active_opens);
    put(w, "tcp_retrans_segs", (uint64_t)tcp.retrans_segs);
}

static void put_polls(struct writer *w, const struct http_context *c)
{
    begin_group(w, "polls");
    put_count(w, "built", c->polls.built, "pushlab_poll_answers_built_total",
              "Answers to polls that were built.");
    put_count(w, "reused", c->polls.reused, "pushlab_poll_answers_reused_total",
              "Answers to polls that had been built for another poll; 0 with --poll-cache no.");
}

/* Of /stats alone. */
static void put_kernel(struct writer *w)
{
    struct proc_kernel kernel;

    if (proc_kernel_memory(&kernel) < 0)
        return;
    begin_group(w, "kernel");
    put(w, "slab_bytes", (uint64_t)kernel.slab_bytes);
    put(w, "tcp_bytes", (uint64_t)kernel.tcp_bytes);
}

static void put_connections(struct writer *w, const struct http_context *c)
{
    const struct connection_stats *s = &c->connections;

    begin_group(w, "connections");
    put(w, "open", s->open);
    put(w, "accepted", s->accepted);
    put(w, "max", (uint64_t)c->settings->max_connections);
    put_flag(w, "accept_paused", s->accept_paused, "pushlab_accept_paused",
             "1 while accepting is paused.");
    put_count(w, "accept_pauses", s->accept_pauses, "pushlab_accept_pauses_total",
              "Times that accepting paused.");
    put_count(w, "accept_paced", s->accept_paced, "pushlab_accept_paced_total",
              "Times that accepting waited for --accept-rate.");
    put(w, "accept_errors", s->accept_errors);
    put_count(w, "unused", s->unused, "pushlab_unused_connections_total",
              "Connections that ended before their first request.");
    put_count(w, "tls_failed", s->tls_failed, "pushlab_tls_failed_total",
              "Connections that ended before their TLS handshake was complete.");
}

/* at_ns < 0: no position is asked for. */
static void put_channels(struct writer *w, const struct hub *h, int64_t at_ns)
{
    cJSON *channels = cJSON_AddArrayToObject(w->root, "channels");
    const struct channel *ch;

    TAILQ_FOREACH (ch, &h->channels.list, entry) {
        char name[NAME_MAX_BYTES + 1];
        uint64_t n;

        /* Safe in a label as it is (lib/base/name.h). */
        snprintf(name, sizeof name, "%.*s", (int)ch->node.name.len, ch->node.name.text);
        snprintf(w->labels, sizeof w->labels, "{channel=\"%s\"}", name);
        w->object = w->root != NULL ? cJSON_CreateObject() : NULL;
        cJSON_AddStringToObject(w->object, "name", name);
        put_count(w, "published", ch->published_n, "pushlab_published_total",
                  "Updates by channel.");
        put(w, "oldest_n", channel_oldest_n(ch));
        put(w, "keys", ch->latest.nvalues);
        put_gauge(w, "subscribers", channel_subscribers(ch), "pushlab_subscribers",
                  "Connections that wait, by channel.");
        if (at_ns >= 0)
            put_position(w, "position_n", channel_position(ch, at_ns, &n) ? &n : NULL);
        cJSON_AddItemToArray(channels, w->object);
    }
}

static void put_bytes(struct writer *w, const char *name, uint64_t all, uint64_t payload)
{
    cJSON *bytes = cJSON_AddObjectToObject(w->object, name);

    cJSON_AddNumberToObject(bytes, "payload", (double)payload);
    cJSON_AddNumberToObject(bytes, "framing", (double)(all - payload));
}

/* One of several numbers of an account that differ by a label. */
static void put_labelled(struct writer *w, const char *account, const char *label, const char *word,
                         uint64_t value, const char *metric, const char *help)
{
    snprintf(w->labels, sizeof w->labels, "{transport=\"%s\",%s=\"%s\"}", account, label, word);
    put_sample(w, metric, "counter", help, (double)value);
}

static void put_responses(struct writer *w, const char *account, const uint64_t *responses)
{
    cJSON *o = cJSON_AddObjectToObject(w->object, "responses");

    for (int i = 0; i < STATS_STATUSES; i++) {
        char status[12];

        if (responses[i] == 0)
            continue;
        snprintf(status, sizeof status, "%d", stats_statuses[i]);
        cJSON_AddNumberToObject(o, stats_statuses[i] != 0 ? status : "other", (double)responses[i]);
        put_labelled(w, account, "status", status, responses[i], "pushlab_responses_total",
                     "HTTP responses by status.");
    }
}

static const char *const drop_names[DROP_REASONS] = {
    [DROP_SLOW_READER] = "slow-reader",
    [DROP_BAD_REQUEST] = "bad-request",
    [DROP_PROTOCOL] = "protocol",
    [DROP_PING_TIMEOUT] = "ping-timeout",
    [DROP_IDLE] = "idle",
    [DROP_SLOW_REQUEST] = "slow-request",
    [DROP_IO_ERROR] = "io-error",
    [DROP_NO_MEMORY] = "no-memory",
};

static void put_drops(struct writer *w, const char *account, const uint64_t *drops)
{
    cJSON *o = cJSON_AddObjectToObject(w->object, "drops");

    for (int i = 0; i < DROP_REASONS; i++) {
        cJSON_AddNumberToObject(o, drop_names[i], (double)drops[i]);
        put_labelled(w, account, "reason", drop_names[i], drops[i], "pushlab_drops_total",
                     "Connections ended by the server, by reason.");
    }
}

static void put_account(struct writer *w, const char *name, const struct account *t)
{
    snprintf(w->labels, sizeof w->labels, "{transport=\"%s\"}", name);
    put_gauge(w, "open", t->open, "pushlab_open_connections", "Open connections.");
    put_count(w, "accepted", t->accepted, "pushlab_accepted_connections_total",
              "Connections by the transport they came for.");
    put_count(w, "tls_full_handshakes", t->tls_full_handshakes, "pushlab_tls_full_handshakes_total",
              "Of those, with a full TLS handshake.");
    put_count(w, "tls_resumed_handshakes", t->tls_resumed_handshakes,
              "pushlab_tls_resumed_handshakes_total", "Of those, with a resumed TLS session.");
    put_count(w, "requests", t->requests, "pushlab_requests_total", "HTTP requests.");
    if (w->root != NULL)
        put_responses(w, name, t->responses);
    put_count(w, "empty_responses", t->empty_responses, "pushlab_empty_responses_total",
              "Responses that carried no update.");
    put_count(w, "updates_sent", t->updates_sent, "pushlab_updates_sent_total",
              "Updates delivered to sockets.");
    put_bytes(w, "bytes_in", t->in_bytes, t->in_payload_bytes);
    put_sample(w, "pushlab_bytes_in_total", "counter", "Application bytes received.",
               (double)t->in_bytes);
    put_sample(w, "pushlab_payload_bytes_in_total", "counter", "Of those, published JSON.",
               (double)t->in_payload_bytes);
    put_bytes(w, "bytes_out", t->out_bytes, t->out_payload_bytes);
    put_sample(w, "pushlab_bytes_out_total", "counter", "Application bytes sent.",
               (double)t->out_bytes);
    put_sample(w, "pushlab_payload_bytes_out_total", "counter", "Of those, updates' JSON.",
               (double)t->out_payload_bytes);
    if (w->root == NULL) /* after those without a label of their own */
        put_responses(w, name, t->responses);
    put_drops(w, name, t->drops);
}

static void put_accounts(struct writer *w, const struct http_context *c)
{
    cJSON *accounts = cJSON_AddObjectToObject(w->root, "transports");

    for (size_t i = 0; i < ACCOUNTS; i++) {
        const char *name = i < TRANSPORT_COUNT    ? transport_names[i]
                           : i == ACCOUNT_PUBLISH ? "publish"
                                                  : "other";

        w->object = cJSON_AddObjectToObject(accounts, name);
        put_account(w, name, &c->accounts[i]);
    }
}

/* ---- the answers ---- */

/* The options of all sockets, as the kernel has them: accepted ones inherit the listener's. */
static void add_socket(cJSON *root, const struct http_context *c)
{
    cJSON *o = cJSON_AddObjectToObject(root, "socket");
    int fd = (int)c->listener.accept_event.ev_fd, value = 0;
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

/* at_ns < 0: no position is asked for. */
static char *stats_json(const struct http_context *c, int64_t at_ns)
{
    struct writer w = {.root = cJSON_CreateObject()};
    int64_t now_ns = clock_now_ns(); /* once: time - uptime tells one run from another */
    uint64_t seq;
    char *text;

    cJSON_AddStringToObject(w.root, "pushlab", PUSHLAB_VERSION);
    cJSON_AddNumberToObject(w.root, "time_ns", (double)now_ns);
    cJSON_AddStringToObject(w.root, "epoch", c->hub->epoch);
    cJSON_AddNumberToObject(w.root, "uptime_ms", (double)((now_ns - c->started_ns) / NS_PER_MS));
    put_process(&w); /* first: it is what the process used up to time_ns */
    put_kernel(&w);
    cJSON_AddStringToObject(w.root, "listen", c->listener.address);
    put_source(&w, c->publisher, at_ns);
    put_history(&w, c->hub);
    put_log(&w, c->publisher);
    if (at_ns >= 0) {
        begin_group(&w, "position");
        put(&w, "at_ns", (uint64_t)at_ns);
        put_position(&w, "seq", hub_position(c->hub, at_ns, &seq) ? &seq : NULL);
    }
    put_channels(&w, c->hub, at_ns);
    put_limits(&w, c->hub);
    put_connections(&w, c);
    put_polls(&w, c);
    add_socket(w.root, c);
    put_accounts(&w, c);
    text = cJSON_PrintUnformatted(w.root);
    cJSON_Delete(w.root);
    return text;
}

static void answer_stats(struct peer *p, int64_t at_ns)
{
    const struct http_context *c = peer_context(p);

    /* What was due before a time must have been published before we say what was. */
    publisher_catch_up(c->publisher, clock_now_ns());
    reply_json_owned(p, stats_json(c, at_ns));
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
    if (found == 0 || (int64_t)at_ns <= req->now_ns)
        answer_stats(p, found > 0 ? (int64_t)at_ns : -1);
    else if (stats_wait_hold(p, (int64_t)at_ns, answer_stats) < 0)
        reply_later(p, "the question can't be kept until then");
}

void endpoint_metrics(struct peer *p, const struct http_request *req)
{
    const struct http_context *c = peer_context(p);
    struct writer w = {0};
    struct buf out = {0};

    (void)req;
    put_accounts(&w, c);
    put_channels(&w, c->hub, -1);
    put_limits(&w, c->hub);
    put_log(&w, c->publisher);
    put_source(&w, c->publisher, -1);
    put_connections(&w, c);
    put_polls(&w, c);
    put_process(&w);
    for (size_t i = 0; i < w.nmetrics; i++) {
        w.err |= buf_add(&out, w.metrics[i].text.data, w.metrics[i].text.len);
        buf_free(&w.metrics[i].text);
    }
    if (w.err < 0)
        reply_later(p, "out of memory");
    else
        reply_send(p, &(struct reply){.status = 200,
                                      .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                      .body = out.data,
                                      .body_len = out.len});
    buf_free(&out);
}
