/* GET /metrics: the same numbers as /stats in Prometheus' text format (version 0.0.4). */
#include "servers/endpoint/endpoints.h"

#include <stdio.h>

#include "lib/base/proc.h"
#include "servers/http/reply.h"

/* One number of each transport's account, by its offset. */
static const struct {
    const char *name, *type, *help;
    size_t offset;
} series[] = {
    {"pushlab_open_connections", "gauge", "Open connections.",
     offsetof(struct transport_stats, open)},
    {"pushlab_accepted_connections_total", "counter", "Connections by the transport they came for.",
     offsetof(struct transport_stats, accepted)},
    {"pushlab_tls_full_handshakes_total", "counter", "Of those, with a full TLS handshake.",
     offsetof(struct transport_stats, tls_full_handshakes)},
    {"pushlab_tls_resumed_handshakes_total", "counter", "Of those, with a resumed TLS session.",
     offsetof(struct transport_stats, tls_resumed_handshakes)},
    {"pushlab_requests_total", "counter", "HTTP requests.",
     offsetof(struct transport_stats, requests)},
    {"pushlab_empty_responses_total", "counter", "Responses that carried no update.",
     offsetof(struct transport_stats, empty_responses)},
    {"pushlab_updates_sent_total", "counter", "Updates delivered to sockets.",
     offsetof(struct transport_stats, updates_sent)},
    {"pushlab_bytes_in_total", "counter", "Application bytes received.",
     offsetof(struct transport_stats, in_bytes)},
    {"pushlab_payload_bytes_in_total", "counter", "Of those, published JSON.",
     offsetof(struct transport_stats, in_payload_bytes)},
    {"pushlab_bytes_out_total", "counter", "Application bytes sent.",
     offsetof(struct transport_stats, out_bytes)},
    {"pushlab_payload_bytes_out_total", "counter", "Of those, updates' JSON.",
     offsetof(struct transport_stats, out_payload_bytes)},
};

static int add_head(struct buf *out, const char *name, const char *type, const char *help)
{
    return buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static int add_series(struct buf *out, const struct http_context *http, size_t row)
{
    int err = add_head(out, series[row].name, series[row].type, series[row].help);

    for (size_t i = 0; http_context_account_name(i) != NULL; i++) {
        const char *account = (const char *)&http->accounts[i];
        uint64_t n = *(const uint64_t *)(const void *)(account + series[row].offset);

        err |= buf_printf(out, "%s{transport=\"%s\"} %llu\n", series[row].name,
                          http_context_account_name(i), (unsigned long long)n);
    }
    return err;
}

static int add_responses(struct buf *out, const struct http_context *http)
{
    int err = add_head(out, "pushlab_responses_total", "counter", "HTTP responses by status.");

    for (size_t i = 0; http_context_account_name(i) != NULL; i++) {
        for (int k = 0; k < STATS_STATUSES; k++) {
            if (http->accounts[i].responses[k] > 0)
                err |= buf_printf(out,
                                  "pushlab_responses_total{transport=\"%s\",status=\"%d\"} %llu\n",
                                  http_context_account_name(i), stats_statuses[k],
                                  (unsigned long long)http->accounts[i].responses[k]);
        }
    }
    return err;
}

static int add_drops(struct buf *out, const struct http_context *http)
{
    int err = add_head(out, "pushlab_drops_total", "counter",
                       "Connections ended by the server, by reason.");

    for (size_t i = 0; http_context_account_name(i) != NULL; i++) {
        for (int k = 0; k < DROP_REASONS; k++)
            err |= buf_printf(out, "pushlab_drops_total{transport=\"%s\",reason=\"%s\"} %llu\n",
                              http_context_account_name(i), stats_drop_names[k],
                              (unsigned long long)http->accounts[i].drops[k]);
    }
    return err;
}

static int add_number(struct buf *out, const char *name, const char *type, const char *help,
                      double value)
{
    return add_head(out, name, type, help) | buf_printf(out, "%s %.17g\n", name, value);
}

/* What is counted of the hub, over all channels. */
static const struct {
    const char *name, *help;
    size_t offset;
} hub_series[] = {
    {"pushlab_refused_channels_total", "Requests refused since there were --max-channels.",
     offsetof(struct hub_counts, refused_channels)},
    {"pushlab_refused_keys_total", "Posts refused since their channel had --max-keys.",
     offsetof(struct hub_counts, refused_keys)},
    {"pushlab_refused_senders_total", "Posts refused since their channel had --max-senders.",
     offsetof(struct hub_counts, refused_senders)},
    {"pushlab_duplicate_posts_total", "Posts that had been published before.",
     offsetof(struct hub_counts, duplicate_posts)},
    {"pushlab_superseded_updates_total",
     "Latest updates that a reader did not get because a newer one of the key came first.",
     offsetof(struct hub_counts, superseded)},
};

static int add_hub(struct buf *out, const struct hub *h)
{
    int err = 0;

    for (size_t row = 0; row < sizeof hub_series / sizeof *hub_series; row++) {
        const char *counts = (const char *)&h->counts;
        uint64_t n = *(const uint64_t *)(const void *)(counts + hub_series[row].offset);

        err |= add_head(out, hub_series[row].name, "counter", hub_series[row].help);
        err |= buf_printf(out, "%s %llu\n", hub_series[row].name, (unsigned long long)n);
    }
    return err;
}

/* Of a source that follows a log. */
static int add_log(struct buf *out, const struct http_context *http)
{
    const struct source *src = http->publisher->source;
    const struct log_state *log = src != NULL ? src->log : NULL;
    int err = 0;

    if (log == NULL)
        return 0;
    err |= add_number(out, "pushlab_log_connected", "gauge", "1 while the log is within reach.",
                      log->connected);
    err |= add_number(out, "pushlab_log_reconnects_total", "counter", "Times that it came back.",
                      (double)log->reconnects);
    err |= add_number(out, "pushlab_log_errors_total", "counter",
                      "Connections to it that broke or could not be made, commands it refused.",
                      (double)log->errors);
    err |= add_number(out, "pushlab_log_lag_updates", "gauge",
                      "Updates known to be in the log that are not here yet.",
                      (double)(log->newest_seq - http->hub->published_seq));
    err |= add_number(out, "pushlab_log_lag_seconds", "gauge",
                      "Of the newest update here, from its time until it came out of the log.",
                      (double)log->lag_ns / 1e9);
    err |= add_number(out, "pushlab_log_posts_waiting", "gauge",
                      "Posts that the log has not numbered yet.", (double)log->posts_waiting);
    err |= add_number(out, "pushlab_log_posts_refused_total", "counter",
                      "Posts refused since it was out of reach.", (double)log->posts_refused);
    err |=
        add_number(out, "pushlab_log_feed_dropped_total", "counter",
                   "Updates of --feed dropped since too many waited.", (double)log->feed_dropped);
    return err;
}

/* Names are safe in a label as they are (name.h). */
static int add_channels(struct buf *out, const struct hub *h)
{
    int err = add_head(out, "pushlab_published_total", "counter", "Updates by channel.");

    for (const struct channel *c = h->channels.oldest; c != NULL; c = c->next)
        err |= buf_printf(out, "pushlab_published_total{channel=\"%.*s\"} %llu\n",
                          (int)c->node.name.len, c->node.name.text,
                          (unsigned long long)c->published_n);
    err |= add_head(out, "pushlab_subscribers", "gauge", "Connections that wait, by channel.");
    for (const struct channel *c = h->channels.oldest; c != NULL; c = c->next)
        err |=
            buf_printf(out, "pushlab_subscribers{channel=\"%.*s\"} %llu\n", (int)c->node.name.len,
                       c->node.name.text, (unsigned long long)channel_subscribers(c));
    return err;
}

static int add_process(struct buf *out, const struct http_context *http)
{
    struct proc_usage usage = {0};
    int err = proc_usage_self(&usage);

    err |= add_number(out, "pushlab_source_seq", "gauge", "Sequence number of the newest update.",
                      (double)http->hub->published_seq);
    err |= add_number(out, "pushlab_accept_paused", "gauge", "1 while accepting is paused.",
                      http->connections.accept_paused);
    err |= add_number(out, "pushlab_accept_pauses_total", "counter", "Times that accepting paused.",
                      (double)http->connections.accept_pauses);
    err |= add_number(out, "pushlab_unused_connections_total", "counter",
                      "Connections that ended before their first request.",
                      (double)http->connections.unused);
    err |= add_number(out, "pushlab_tls_failed_total", "counter",
                      "Connections that ended before their TLS handshake was complete.",
                      (double)http->connections.tls_failed);
    err |= add_number(out, "process_cpu_user_seconds_total", "counter", "User CPU time.",
                      (double)usage.user_us / 1e6);
    err |= add_number(out, "process_cpu_system_seconds_total", "counter", "System CPU time.",
                      (double)usage.system_us / 1e6);
    err |= add_number(out, "process_resident_memory_bytes", "gauge", "Resident set.",
                      (double)usage.rss_bytes);
    return err;
}

void endpoint_metrics(struct peer *p, const struct http_request *req)
{
    const struct http_context *http = peer_context(p);
    struct buf out = {0};
    int err = 0;

    (void)req;
    for (size_t row = 0; row < sizeof series / sizeof *series; row++)
        err |= add_series(&out, http, row);
    err |= add_responses(&out, http);
    err |= add_drops(&out, http);
    err |= add_channels(&out, http->hub);
    err |= add_hub(&out, http->hub);
    err |= add_log(&out, http);
    err |= add_process(&out, http);
    if (err < 0)
        reply_error(p, 503, "Retry-After: 1\r\n", "out of memory");
    else
        reply_send(p, &(struct reply){.status = 200,
                                      .content_type = "text/plain; version=0.0.4; charset=utf-8",
                                      .body = out.data,
                                      .body_len = out.len});
    buf_free(&out);
}
