#include "clients/options.h"

#include <string.h>
#include <zlib.h>
#include <cjson/cJSON.h>
#include <event2/event.h>
#include <llhttp.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>

#include "clients/driver/drivers.h"
#include "clients/record/channels.h"
#include "lib/hdr/hdr_log.h"
#include "lib/net/tls.h"
#include "lib/opt/opt_library.h"
#include "lib/proto/request_heads.h"

#define OPT_CONFIG struct client_options
#include "lib/opt/opt_rows.h"

static const double inputs_rate_hz = 20.0, edits_rate_hz = 4.0;

static const char *const control_words[] = {"auto", "none", NULL};
static const char *const resume_words[] = {"yes", "no", NULL};
static const char *const send_words[] = {"none", "inputs", "edits", NULL};

static const struct opt opts[] = {
    HEADING("What to receive"),
    CHOICE("transport", "NAME", transport, "websocket", transport_names, "the transport to use"),
    TEXT("url", "URL", url_text, "http://127.0.0.1:8080",
         "the server, http or https; a path in it comes before the transport's own"),
    TEXT("resolve", "ADDR,ADDR", resolve, NULL,
         "addresses to use in place of a DNS look-up of the URL's host: clients take turns, and "
         "the next when one fails"),
    CHOICE("connection", "MODE", connection, "keep-alive", connection_modes,
           "close: a new TCP connection for every poll"),
    CHOICE("heads", "SET", heads, "minimal", request_heads_names,
           "header fields of requests: few, those of Chromium, or those of a browser of 2009"),
    MS("interval", interval_ns, "1000", 1, 3600000, "short-poll: time between a client's polls"),
    CHOICE("poll", "MODE", poll, "clock", poll_modes,
           "short-poll: --interval is from poll to poll by the clock, or a pause after the answer, "
           "or a pause that grows while there is nothing new"),
    REAL("backoff-factor", "X", backoff_factor, "2", 1, 1000,
         "--poll backoff: how many times longer the pause is after each answer without updates"),
    MS("interval-max", interval_max_ns, "60000", 1, 3600000, "--poll backoff: longest pause"),
    MS("hold", hold_ns, "25000", 1, 3600000,
       "long-poll: ask the server to hold each request for at most this time"),
    MS("poll-jitter", poll_jitter_ns, "0", 0, 3600000,
       "long-poll: after an answer, wait a random time up to this before the next request"),

    HEADING("Channels"),
    TEXT("channel", "LIST", channel, NULL,
         "receive every update of these channels: a,b; {room} in a name is the client's room"),
    TEXT("latest", "LIST", latest, NULL,
         "receive only the newest value of each key of these channels"),
    INT("room-size", "N", room_size, "0", 0, 1000000, "clients in one room; 0: all are in room 0"),
    INT("pick", "N", pick, "0", 0, CHANNELS_MAX,
        "each client takes N of the --latest channels, chosen by --seed; 0: all"),
    MS("deadline", deadline_ns, "0", 0, 3600000,
       "count the updates that arrive within this time; 0: no deadline"),

    HEADING("Sending"),
    CHOICE("send", NULL, send, "none", send_words,
           "what clients send: a player's inputs, an editor's edits"),
    REAL("send-rate", "HZ", send_rate_hz, "0", 0, 10000,
         "messages per second of each sender; 0: 20 inputs, 4 batches of edits"),
    INT("send-bytes", "N", send_bytes, "64", 16, 65536, "size of an input's data"),
    INT("senders", "N", senders, "0", 0, 1000000, "the first N clients of each room send; 0: all"),
    TEXT("send-channel", "NAME", send_channel, NULL,
         "the channel to send to; {room} is the sender's room; without: the default channel"),

    HEADING("How many, how fast"),
    INT("clients", "N", clients, "1", 1, 1000000, "clients in this process"),
    REAL("ramp", "PER_S", ramp_per_s, "2000", 0.1, 1000000,
         "start at most this many clients per second"),
    INT("source-addresses", "N", source_addresses, "0", 0, 16777214,
        "spread over N addresses from 127.0.0.1 on; 0: as many as the clients need"),
    INT("seed", "N", seed, "-1", -1, 9e15,
        "random seed of phases, back-off and masking keys; -1: 1, but of keys that nobody can "
        "guess"),
    INT("core", "N", core, "-1", -1, 1023, "run on this CPU core only; -1: any"),

    HEADING("Phases"),
    SECONDS("setup-timeout", setup_timeout_ns, "30", 0.001, 3600,
            "wait at most this long for the last client to join"),
    SECONDS("warmup", warmup_ns, "1", 0, 86400, "time before the measurement window"),
    SECONDS("duration", duration_ns, "10", 0.001, 86400, "length of the measurement window"),
    SECONDS("drain", drain_ns, "5", 0, 3600,
            "wait at most this long for the window's last updates"),

    HEADING("Connections"),
    SECONDS("connect-timeout", connect_timeout_ns, "10", 0.001, 3600,
            "give up connecting after this time"),
    MS("reconnect-min", reconnect_min_ns, "100", 0, 3600000,
       "back-off after a connection is lost: first upper limit of the random wait"),
    MS("reconnect-max", reconnect_max_ns, "10000", 0, 3600000,
       "back-off after a connection is lost: last upper limit, reached by doubling"),
    MS("reconnect-window", reconnect_window_ns, NULL, 0, 3600000,
       "upper limit of the random wait before the first try to connect again, in place of "
       "--reconnect-min; a wait that the server asks for runs at the same time"),
    INT("sndbuf-bytes", "N", sndbuf_bytes, "0", 0, 1 << 30, "SO_SNDBUF; 0: the kernel's choice"),
    INT("rcvbuf-bytes", "N", rcvbuf_bytes, "0", 0, 1 << 30, "SO_RCVBUF; 0: the kernel's choice"),

    HEADING("TLS, with https:// and wss://"),
    TEXT("tls-ca", "FILE", tls_ca, NULL,
         "trust these certificates (PEM) only; default: the system's"),
    CHOICE("tls-version", NULL, tls_version, "any", tls_version_words, "offer this version only"),
    CHOICE("tls-resume", NULL, tls_resume, "yes", resume_words,
           "resume a client's TLS session when it connects again"),

    HEADING("Results"),
    FLAG("json", json, "print one JSON object"),
    TEXT("hlog", "FILE", hlog_path, NULL, "write the latencies as an HdrHistogram log"),
    TEXT("hlog-tag", "TAG", hlog_tag, NULL,
         "the tag of its interval, so that logs can be put together and told apart"),
    TEXT("timeline", "FILE", timeline_path, NULL, "write the latency of each update as CSV"),
    INT("timeline-clients", "N", timeline_clients, "1", 1, 1000,
        "how many clients the timeline covers"),
    INT("progress-fd", "FD", progress_fd, "-1", -1, 1048576,
        "write a JSON line about four times a second to this descriptor"),
    FLAG("gate", gate,
         "connect the control connection, then wait for a line on stdin before clients start; "
         "further "
         "lines are faults: fault INDEX KIND START_NS END_NS PERCENT"),
    TEXT("recovery", "FILE", recovery_path, NULL,
         "write what some clients went through after faults as CSV"),
    CHOICE("control", "MODE", control, "auto", control_words,
           "auto: ask the server's /stats what was published; none: do not, for other servers"),
    INT("control-fd", "FD", control_fd, "-1", -1, 1048576,
        "ask over this connected socket, instead of a connection to the URL"),

    HEADING("Watching"),
    FLAG("watch", watch, "print each update as it arrives, until Ctrl-C"),
    INT("count", "N", count, "0", 0, 9e15, "stop watching after N updates"),
    INT("transcript-fd", "FD", transcript_fd, "-1", -1, 1048576,
        "write all events and bytes of its connections to this descriptor"),
    {0},
};

static const char footer[] =
    "Examples:\n"
    "  pushlab-client --watch --transport sse\n"
    "  pushlab-client --watch --channel match/events --latest match/score\n"
    "  pushlab-client --transport long-poll --clients 500 --warmup 1 --duration 10 --json\n"
    "  pushlab-client --transport short-poll --interval 250ms --connection close\n";

static int check_poll(const struct client_options *o, struct err_text *e)
{
    if (o->poll != POLL_CLOCK && o->driver->info->way != TRANSPORT_WAY_SHORT_POLL)
        return err_set(e, PL_EINVAL, "--poll: has no meaning for %s; accepted: with short-poll",
                       o->driver->info->name);
    if (o->poll == POLL_BACKOFF && o->interval_max_ns < o->interval_ns)
        return err_set(e, PL_EINVAL, "--interval-max: smaller than --interval");
    return PL_OK;
}

static int check_tls(const struct client_options *o, struct err_text *e)
{
    const char *option = o->tls_ca != NULL                ? "--tls-ca"
                         : o->tls_version != TLS_ANY      ? "--tls-version"
                         : o->tls_resume == TLS_RESUME_NO ? "--tls-resume"
                                                          : NULL;

    if (o->url.tls || option == NULL)
        return PL_OK;
    return err_set(e, PL_EINVAL, "%s: has no meaning for '%s'; accepted: with https://, wss://",
                   option, o->url_text);
}

/* Every item is a name in every room, and the request that names them all can be written. */
static int check_names(const struct client_options *o, const char *option, const char *list,
                       struct err_text *e)
{
    uint64_t last_room = channel_room_of((uint64_t)o->clients - 1, (uint64_t)o->room_size);
    char name[CHANNEL_NAME_BYTES];
    struct name item;

    while (channel_list_next(&list, &item)) {
        if (channel_name_in_room(name, item, last_room) == 0)
            return err_set(e, PL_EINVAL, "%s: '%.*s' is not a valid name; accepted: %s", option,
                           (int)(item.len < 60 ? item.len : 60), item.text, CHANNEL_NAME_ACCEPTED);
    }
    return PL_OK;
}

/* A name may stand once in both lists together: its updates belong to one track. */
static int check_twice(const struct client_options *o, struct err_text *e)
{
    const char *const lists[] = {o->channel, o->latest};

    for (int i = 0; i < 2; i++) {
        struct name item, other;

        for (const char *at = lists[i]; channel_list_next(&at, &item);) {
            const char *rest = at, *latest = i == 0 ? o->latest : NULL;

            while (channel_list_next(&rest, &other) || channel_list_next(&latest, &other)) {
                if (name_equal(item, other))
                    return err_set(e, PL_EINVAL, "--%s: '%.*s' is named twice",
                                   i == 0 ? "channel" : "latest", (int)item.len, item.text);
            }
        }
    }
    return PL_OK;
}

static size_t text_bytes(const char *list)
{
    return list != NULL ? strlen(list) : 0;
}

static int check_channels(const struct client_options *o, struct err_text *e)
{
    size_t latest = channel_list_count(o->latest);

    if (check_names(o, "--channel", o->channel, e) < 0 ||
        check_names(o, "--latest", o->latest, e) < 0 || check_twice(o, e) < 0)
        return PL_EINVAL;
    if (channel_list_count(o->channel) + latest > CHANNELS_MAX ||
        text_bytes(o->channel) + text_bytes(o->latest) > CHANNELS_TEXT_BYTES)
        return err_set(e, PL_EINVAL, "--channel, --latest: too many; accepted: %d in %d bytes",
                       CHANNELS_MAX, CHANNELS_TEXT_BYTES);
    if (o->pick > (int64_t)latest)
        return err_set(e, PL_EINVAL, "--pick: %lld of %zu --latest channels", (long long)o->pick,
                       latest);
    return PL_OK;
}

static int check_send(struct client_options *o, struct err_text *e)
{
    if (o->send == SEND_NONE && o->send_channel != NULL)
        return err_set(e, PL_EINVAL, "--send-channel: has no meaning with --send none");
    if (o->send == SEND_EDITS && o->send_channel == NULL)
        return err_set(e, PL_EINVAL, "--send-channel: edits need one; e.g. --send-channel doc");
    if (o->send_channel != NULL && channel_list_count(o->send_channel) != 1)
        return err_set(e, PL_EINVAL, "--send-channel: one name, not a list");
    if (check_names(o, "--send-channel", o->send_channel, e) < 0)
        return PL_EINVAL;
    if (o->send != SEND_NONE && o->watch)
        return err_set(e, PL_EINVAL, "--watch: only receives; accepted: --send none");
    if (o->send_rate_hz <= 0.0)
        o->send_rate_hz = o->send == SEND_EDITS ? edits_rate_hz : inputs_rate_hz;
    return PL_OK;
}

static int check(struct client_options *o, struct err_text *e)
{
    struct err_text why;

    if (url_parse(&o->url, o->url_text, &why) < 0)
        return err_set(e, PL_EINVAL, "--url: %.300s", why.text);
    o->unguessable = o->seed < 0;
    if (o->unguessable)
        o->seed = 1;
    if (check_tls(o, e) < 0 || check_poll(o, e) < 0)
        return PL_EINVAL;
    if (o->reconnect_max_ns < o->reconnect_min_ns)
        return err_set(e, PL_EINVAL, "--reconnect-max: smaller than --reconnect-min");
    if (o->connection == CONNECTION_CLOSE && !transport_info_polls(o->driver->info))
        return err_set(e, PL_EINVAL,
                       "--connection: close has no meaning for %s, which is one long response",
                       o->driver->info->name);
    if (o->watch && o->clients != 1)
        return err_set(e, PL_EINVAL, "--watch: shows one client; accepted: --clients 1");
    if (o->hlog_tag != NULL && !hdr_log_tag_valid(o->hlog_tag, strlen(o->hlog_tag)))
        return err_set(e, PL_EINVAL, "--hlog-tag: '%.60s' is no tag; accepted: %s", o->hlog_tag,
                       HDR_LOG_TAG_ACCEPTED);
    if (check_channels(o, e) < 0 || check_send(o, e) < 0)
        return PL_EINVAL;
    return OPT_RUN;
}

OPT_LIBRARIES(libraries, OPT_LIBEVENT, OPT_OPENSSL, OPT_CJSON, OPT_LLHTTP, OPT_ZLIB)

int options_parse(struct client_options *o, int argc, char **argv, struct err_text *e)
{
    struct opt_program program = {
        .name = "pushlab-client",
        .usage = "[options]",
        .about = "Run N clients of one transport on one event loop, and measure what they receive.",
        .footer = footer,
        .opts = opts,
        .libraries = libraries,
    };
    int result;

    *o = (struct client_options){.reconnect_window_ns = -1};
    result = opt_parse(&program, o, argc, argv, NULL, e);
    if (result != OPT_RUN)
        return result;
    o->driver = drivers[o->transport];
    return check(o, e);
}
