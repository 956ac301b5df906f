#include "servers/server_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cjson/cJSON.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <llhttp.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>

#include "lib/net/tls.h"
#include "lib/opt/opt_library.h"
#include "servers/history/history_file.h"
#include "servers/model/arrivals.h"
#include "servers/source/player.h"

#define OPT_CONFIG struct server_options
#include "lib/opt/opt_rows.h"

static const char *const cache_words[] = {"yes", "no", NULL};

static const struct opt server_opts[] = {
    TEXT("listen", "ADDR:PORT", http.listen, "127.0.0.1:8080",
         "address to serve on; PORT or :PORT alone is on 127.0.0.1; 0.0.0.0:PORT is reachable from "
         "other machines; port 0 picks a free one"),
    INT("port", "PORT", port, NULL, 0, 65535, "the port, instead of that of --listen"),

    HEADING("Source"),
    TEXT("source", "SOURCE", source_spec, "generator",
         "generator, trace:FILE (NDJSON with time offsets), - (JSON lines on stdin), none, "
         "an application: sports, game, dashboard, notifications; or a stream that servers "
         "share: redis://HOST:PORT/KEY"),
    TEXT("feed", "SOURCE", feed_spec, NULL,
         "with --source redis: publish this source into the stream, for all servers that share it: "
         "any of the other sources"),
    REAL("rate", "HZ", source.settings.rate_hz, "10", 0.001, 100000,
         "updates a second, on average"),
    CHOICE("pattern", "WORD", source.settings.pattern, "fixed", arrivals_patterns,
           "how the updates are spaced"),
    MS("burst-on", source.settings.burst_on_ns, "1000", 1, 3600000,
       "bursts: how long updates flow"),
    MS("burst-off", source.settings.burst_off_ns, "4000", 1, 3600000,
       "bursts: the pause in between"),
    INT("payload-bytes", "N", source.settings.payload_bytes, "128", 1, 1048576,
        "size of each update's data"),
    INT("seed", "N", source.seed, "1", 0, 9007199254740991, "the same seed gives the same updates"),
    INT("source-start", "NS", source.start_ns, "0", 0, 9.2e18,
        "generator: begin at this time of CLOCK_MONOTONIC, so that several servers with the same "
        "seed publish the same updates; 0: at once"),
    CHOICE("stamp", "WORD", source.stamp, "due", source_stamps,
           "time t in each update: when it was due, so that latency includes the lateness of the "
           "server; or when it was published"),
    REAL("trace-speed", "K", source.trace_speed, "1", 0.001, 1000000,
         "replay a trace K times as fast"),
    FLAG("trace-loop", source.trace_loop, "start a trace again when it ends"),
    REAL("source-speed", "K", source.speed, "1", 0.001, 1000000,
         "sports, dashboard: run K times as fast"),
    INT("rooms", "N", source.rooms, "4", 1, 1024,
        "game: number of rooms, each with a channel of its own"),
    INT("room-size", "N", source.room_size, "8", 1, 256, "game: players in a room"),
    REAL("tick-rate", "HZ", source.tick_rate_hz, "30", 0.1, 1000,
         "game: updates of the state a second, in each room"),
    INT("history", "N", history, "1024", 1, 10000000,
        "updates kept in each channel, for clients that reconnect"),
    TEXT("history-file", "FILE", history_path, NULL,
         "keep what is published in this file, so that a server that is started again goes on with "
         "the same numbers and nobody loses an update"),
    CHOICE("history-sync", "WHEN", history_sync, "second", history_sync_words,
           "when the file's bytes are forced to the disk: always, before each update is published; "
           "at most once a second; or never, when the kernel likes"),
    INT("log-history", "N", source.log_history, "100000", 1000, 1000000000,
        "with --source redis: updates kept in the stream, for servers that reconnect"),

    HEADING("Transports"),
    MS("max-hold", http.max_hold_ns, "30000", 0, 3600000,
       "long polling: the longest time that a request is held"),
    CHOICE(
        "poll-cache", NULL, http.poll_cache, "yes", cache_words,
        "polls: build equal responses once and share them, which is the best case; no: build each "
        "response"),
    MS("heartbeat", http.heartbeat_ns, "15000", 1, 3600000,
       "streams and SSE: send a heartbeat after this long without an update"),
    MS("retry", http.retry_ns, "1000", 0, 3600000,
       "SSE: tell clients to wait this long before they reconnect"),
    MS("reconnect-window", http.reconnect_window_ns, "0", 0, 3600000,
       "when stopping or refusing, tell each client to come back after a time of its own, at "
       "random "
       "up to this; 0: do not"),
    MS("ws-ping", http.ws_ping_ns, "20000", 0, 3600000,
       "WebSocket: ping a client after this long without data from it; 0: never"),
    MS("ws-ping-timeout", http.ws_ping_timeout_ns, "10000", 1, 3600000,
       "WebSocket: drop a client that does not answer a ping within this"),
    INT("ws-max-message", "BYTES", http.ws_max_message_bytes, "1048576", 1, 1073741824,
        "WebSocket: longest message accepted (closed with 1009 above it)"),
    FLAG("ws-echo", http.ws_echo, "add /echo, which returns every message, for conformance suites"),

    HEADING("Limits"),
    INT("max-connections", "N", http.max_connections, "100000", 1, 10000000,
        "accept no more connections while this many are open"),
    INT("accept-rate", "N", http.accept_rate, "0", 0, 1000000,
        "accept at most N connections a second, N at once; others wait; 0: no limit"),
    INT("backlog-bytes", "N", http.backlog_bytes, "1048576", 1, 1073741824,
        "drop a slow reader when more than this is queued for it"),
    INT("max-channels", "N", max_channels, "1024", 1, 1000000,
        "named channels; each is created when first used (503 above it)"),
    INT("max-keys", "N", max_keys, "4096", 0, 10000000,
        "keys of a channel whose latest values are kept (503 above it)"),
    INT("max-senders", "N", max_senders, "4096", 0, 10000000,
        "senders of a channel whose posts are numbered, to refuse duplicates (503 above it)"),
    INT("max-target-bytes", "N", http.max_target_bytes, "4096", 16, 1048576,
        "longest request target (414 above it)"),
    INT("max-head-bytes", "N", http.max_head_bytes, "16384", 64, 1048576,
        "longest request header (431 above it)"),
    INT("max-body-bytes", "N", http.max_body_bytes, "1048576", 0, 1073741824,
        "longest request content (413 above it)"),
    MS("request-timeout", http.request_timeout_ns, "10000", 1, 3600000,
       "time for a request to arrive complete (408 after it)"),
    MS("idle-timeout", http.idle_timeout_ns, "75000", 1, 86400000,
       "close a keep-alive connection that sends no request for this long"),
    INT("sndbuf-bytes", "N", http.sndbuf_bytes, "0", 0, 1073741824,
        "SO_SNDBUF; 0: the kernel's choice"),
    INT("rcvbuf-bytes", "N", http.rcvbuf_bytes, "0", 0, 1073741824,
        "SO_RCVBUF; 0: the kernel's choice"),

    HEADING("TLS"),
    FLAG("tls", tls,
         "serve https and wss; without --tls-cert, with a certificate made for this run"),
    TEXT("tls-cert", "FILE", tls_cert, NULL,
         "PEM file with the server's certificate and the intermediate ones"),
    TEXT("tls-key", "FILE", tls_key, NULL,
         "PEM file with its private key; default: the file of --tls-cert"),
    CHOICE("tls-version", NULL, tls_version, "any", tls_version_words, "accept this version only"),
    TEXT("tls-write-cert", "FILE", tls_write_cert, NULL,
         "write the certificate to this file, for clients to trust (curl --cacert, "
         "NODE_EXTRA_CA_CERTS, pushlab-client --tls-ca)"),

    HEADING("Publishing"),
    TEXT("publish-token", "TOKEN", http.publish_token, NULL,
         "Bearer token that other machines need to publish; loopback needs none; @FILE: the first "
         "line of this file, which ps does not show"),
    FLAG("publish-open", http.publish_open,
         "allow publishing without a token (trusted networks only)"),
    TEXT("allow-origin", "ORIGIN", http.allow_origin, NULL,
         "allow pages of this origin to connect and publish; *: any"),

    HEADING("Laboratory"),
    FLAG("demo", demo,
         "allow the live page (/) to change the source and the round trip (/control), and count "
         "what each page costs (/pages)"),
    MS("test-delay", test_delay_ns, "0", 0, 60000,
       "delay every update by this after its timestamp, to verify how latency is measured"),
    TEXT("epoch", "EPOCH", epoch, NULL,
         "number updates in this epoch (six of 0-9 and a-z), not in a new one, for output that can "
         "be compared: cursors of an earlier start then count as this one's"),
    INT("core", "N", core, "-1", -1, 1023, "run on this CPU core only; -1: any"),
    {0},
};

OPT_LIBRARIES(libraries, OPT_LIBEVENT, OPT_OPENSSL, OPT_CJSON, OPT_LLHTTP, OPT_HIREDIS)

static const struct opt_program server_program = {
    .name = "pushlab-server",
    .usage = "[options]",
    .about = "Serve one source of updates by short polling (/poll), long polling (/longpoll), "
             "HTTP streaming (/stream), server-sent events (/events) and WebSocket (/ws).",
    .footer = "Examples:\n"
              "  pushlab-server --rate 1 --port 8080\n"
              "  curl -N http://127.0.0.1:8080/events\n"
              "  some-producer | pushlab-server --source - --listen 127.0.0.1:0\n",
    .opts = server_opts,
    .libraries = libraries,
};

/* What is no port, or too long, stays as it is: whoever opens it says what is wrong. */
static void complete_listen(struct server_options *o)
{
    const char *text = o->http.listen, *bracket = strrchr(text, ']');
    const char *colon = strrchr(bracket != NULL ? bracket : text, ':');
    bool only_port = text[strspn(text, "0123456789")] == '\0';
    const char *port = only_port ? text : colon != NULL ? colon + 1 : "";
    int host_len = (int)(only_port ? 0 : strlen(text) - strlen(port) - (colon != NULL));
    char number[24];

    if (o->port >= 0)
        snprintf(number, sizeof number, "%lld", (long long)o->port);
    else
        snprintf(number, sizeof number, "%.20s", port);
    if (number[0] == '\0' || (size_t)host_len + sizeof number >= sizeof o->address)
        return;
    snprintf(o->address, sizeof o->address, "%.*s:%s", host_len > 0 ? host_len : 9,
             host_len > 0 ? text : "127.0.0.1", number);
    o->http.listen = o->address;
}

/* The first line of the file after @; no token begins with one (RFC 6750 §2.1). */
static int read_token(struct server_options *o, struct err_text *e)
{
    const char *path = o->http.publish_token + 1;
    FILE *f = fopen(path, "re");
    bool read = f != NULL && fgets(o->token, sizeof o->token, f) != NULL;
    int err = PL_OK;

    if (f == NULL || ferror(f))
        err = err_set(e, PL_ESYS, "--publish-token: %s: %s", path, strerror(errno));
    if (f != NULL)
        fclose(f);
    if (err < 0)
        return err;
    if (read)
        o->token[strcspn(o->token, "\r\n")] = '\0';
    if (!read || o->token[0] == '\0')
        return err_set(e, PL_EINVAL, "--publish-token: %s: its first line is empty", path);
    o->http.publish_token = o->token;
    return PL_OK;
}

int server_options_parse(struct server_options *o, int argc, char **argv, struct err_text *e)
{
    int rc;

    o->port = -1;
    rc = opt_parse(&server_program, o, argc, argv, NULL, e);
    if (rc != OPT_RUN)
        return rc;
    complete_listen(o);
    if (o->http.publish_token != NULL && o->http.publish_token[0] == '@')
        rc = read_token(o, e);
    return rc;
}
