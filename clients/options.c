#include "clients/options.h"

#include <string.h>

#include "clients/record/channels.h"
#include "clients/driver/drivers.h"
#include "lib/opt/opt.h"
#include "lib/net/tls.h"

#define FIELD(name) offsetof(struct client_options, name)

static const double inputs_rate_hz = 20.0, edits_rate_hz = 4.0;

static const char *const control_words[] = {"auto", "none", NULL};
static const char *const resume_words[] = {"yes", "no", NULL};
static const char *const send_words[] = {"none", "inputs", "edits", NULL};

static const struct opt opts[] = {
    {.name = "What to receive", .kind = OPT_HEADING},
    {"transport", OPT_CHOICE, "NAME", FIELD(transport), "websocket", 0, 0, transport_names,
     "the transport to drive"},
    {"url", OPT_TEXT, "URL", FIELD(url_text), "http://127.0.0.1:8080", 0, 0, NULL,
     "the server, http or https; a path is put before the transport's own"},
    {"resolve", OPT_TEXT, "ADDR,ADDR", FIELD(resolve), NULL, 0, 0, NULL,
     "what DNS says of the URL's host: clients take turns, and the next when one fails"},
    {"connection", OPT_CHOICE, "MODE", FIELD(connection), "keep-alive", 0, 0, connection_modes,
     "close: a new TCP connection for every poll"},
    {"interval", OPT_MS, "MS", FIELD(interval_ns), "1000", 1, 3600000, NULL,
     "short-poll: time between a client's polls"},
    {"hold", OPT_MS, "MS", FIELD(hold_ns), "25000", 1, 3600000, NULL,
     "long-poll: ask the server to hold a request so long"},

    {.name = "Channels", .kind = OPT_HEADING},
    {"channel", OPT_TEXT, "LIST", FIELD(channel), NULL, 0, 0, NULL,
     "receive every update of these channels: a,b; {room} in a name is the client's room"},
    {"latest", OPT_TEXT, "LIST", FIELD(latest), NULL, 0, 0, NULL,
     "receive only the newest value of each key of these channels"},
    {"room-size", OPT_INT, "N", FIELD(room_size), "0", 0, 1000000, NULL,
     "clients in one room; 0: all are in room 0"},
    {"pick", OPT_INT, "N", FIELD(pick), "0", 0, CHANNELS_MAX, NULL,
     "each client takes N of the --latest channels, by seed; 0: all"},
    {"deadline", OPT_MS, "MS", FIELD(deadline_ns), "0", 0, 3600000, NULL,
     "count the updates that arrive within; 0: do not"},

    {.name = "Sending", .kind = OPT_HEADING},
    {"send", OPT_CHOICE, NULL, FIELD(send), "none", 0, 0, send_words,
     "what clients send: a player's inputs, an editor's edits"},
    {"send-rate", OPT_REAL, "HZ", FIELD(send_rate_hz), "0", 0, 10000, NULL,
     "messages per second of each sender; 0: 20 inputs, 4 batches of edits"},
    {"send-bytes", OPT_INT, "N", FIELD(send_bytes), "64", 16, 65536, NULL,
     "size of an input's data"},
    {"senders", OPT_INT, "N", FIELD(senders), "0", 0, 1000000, NULL,
     "the first N clients of each room send; 0: all"},
    {"send-channel", OPT_TEXT, "NAME", FIELD(send_channel), NULL, 0, 0, NULL,
     "where to; {room} is the sender's room; default: the default channel"},

    {.name = "How many, how fast", .kind = OPT_HEADING},
    {"clients", OPT_INT, "N", FIELD(clients), "1", 1, 1000000, NULL, "clients in this process"},
    {"ramp", OPT_REAL, "PER_S", FIELD(ramp_per_s), "2000", 0.1, 1000000, NULL,
     "start at most so many clients per second"},
    {"source-addresses", OPT_INT, "N", FIELD(source_addresses), "0", 0, 16777214, NULL,
     "spread over N addresses from 127.0.0.1 on; 0: as many as the clients need"},
    {"seed", OPT_INT, "N", FIELD(seed), "1", 0, 9e15, NULL,
     "seed of phases, back-off, masking keys"},
    {"core", OPT_INT, "N", FIELD(core), "-1", -1, 1023, NULL, "pin to a CPU core; -1: do not"},

    {.name = "Phases", .kind = OPT_HEADING},
    {"setup-timeout", OPT_SECONDS, "S", FIELD(setup_timeout_ns), "30", 0.001, 3600, NULL,
     "wait so long for the last client to join"},
    {"warmup", OPT_SECONDS, "S", FIELD(warmup_ns), "1", 0, 86400, NULL,
     "run before the window opens"},
    {"duration", OPT_SECONDS, "S", FIELD(duration_ns), "10", 0.001, 86400, NULL,
     "length of the measurement window"},
    {"drain", OPT_SECONDS, "S", FIELD(drain_ns), "5", 0, 3600, NULL,
     "wait at most so long for the window's last updates"},

    {.name = "Connections", .kind = OPT_HEADING},
    {"connect-timeout", OPT_SECONDS, "S", FIELD(connect_timeout_ns), "10", 0.001, 3600, NULL,
     "give up connecting after"},
    {"reconnect-min", OPT_MS, "MS", FIELD(reconnect_min_ns), "100", 0, 3600000, NULL,
     "back-off after a loss: first ceiling of the random wait"},
    {"reconnect-max", OPT_MS, "MS", FIELD(reconnect_max_ns), "10000", 0, 3600000, NULL,
     "back-off after a loss: last ceiling, reached by doubling"},
    {"sndbuf-bytes", OPT_INT, "N", FIELD(sndbuf_bytes), "0", 0, 1 << 30, NULL,
     "SO_SNDBUF; 0: the kernel's choice"},
    {"rcvbuf-bytes", OPT_INT, "N", FIELD(rcvbuf_bytes), "0", 0, 1 << 30, NULL,
     "SO_RCVBUF; 0: the kernel's choice"},

    {.name = "TLS, with https:// and wss://", .kind = OPT_HEADING},
    {"tls-ca", OPT_TEXT, "FILE", FIELD(tls_ca), NULL, 0, 0, NULL,
     "trust these certificates (PEM) only; default: the system's"},
    {"tls-version", OPT_CHOICE, NULL, FIELD(tls_version), "any", 0, 0, tls_version_words,
     "speak this version only"},
    {"tls-resume", OPT_CHOICE, NULL, FIELD(tls_resume), "yes", 0, 0, resume_words,
     "resume a client's TLS session when it connects again"},

    {.name = "Results", .kind = OPT_HEADING},
    {"json", OPT_FLAG, NULL, FIELD(json), NULL, 0, 0, NULL, "print one JSON object"},
    {"hlog", OPT_TEXT, "FILE", FIELD(hlog_path), NULL, 0, 0, NULL,
     "write the latencies as an HdrHistogram log"},
    {"timeline", OPT_TEXT, "FILE", FIELD(timeline_path), NULL, 0, 0, NULL,
     "write the latency of each update as CSV"},
    {"timeline-clients", OPT_INT, "N", FIELD(timeline_clients), "1", 1, 1000, NULL,
     "so many clients in the timeline"},
    {"progress-fd", OPT_INT, "FD", FIELD(progress_fd), "-1", -1, 1048576, NULL,
     "write a JSON line about four times a second to this descriptor"},
    {"gate", OPT_FLAG, NULL, FIELD(gate), NULL, 0, 0, NULL,
     "wait for a line on stdin when only the control connection is up"},
    {"control", OPT_CHOICE, "MODE", FIELD(control), "auto", 0, 0, control_words,
     "auto: ask the server's /stats what was published; none: any server will do"},
    {"control-fd", OPT_INT, "FD", FIELD(control_fd), "-1", -1, 1048576, NULL,
     "ask over this connected socket, not over a connection to the URL"},

    {.name = "Watching", .kind = OPT_HEADING},
    {"watch", OPT_FLAG, NULL, FIELD(watch), NULL, 0, 0, NULL,
     "print each update as it arrives, until Ctrl-C"},
    {"count", OPT_INT, "N", FIELD(count), "0", 0, 9e15, NULL, "stop watching after N updates"},
    {"transcript-fd", OPT_INT, "FD", FIELD(transcript_fd), "-1", -1, 1048576, NULL,
     "write what happens on its connections to this descriptor, byte by byte"},
    {0},
};

static const char footer[] =
    "Examples:\n"
    "  pushlab-client --watch --transport sse\n"
    "  pushlab-client --watch --channel match/events --latest match/score\n"
    "  pushlab-client --transport long-poll --clients 500 --warmup 1 --duration 10 --json\n"
    "  pushlab-client --transport short-poll --interval 250ms --connection close\n";

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
            return err_set(e, PL_EINVAL, "%s: '%.*s' is no name; accepted: %s", option,
                           (int)(item.len < 60 ? item.len : 60), item.text, CHANNEL_NAME_ACCEPTED);
    }
    return PL_OK;
}

/* Twice the same channel would be one lane or two. */
static bool is_in_list(struct name wanted, const char *list)
{
    struct name item;

    while (channel_list_next(&list, &item)) {
        if (name_equal(item, wanted))
            return true;
    }
    return false;
}

static int check_twice(const struct client_options *o, struct err_text *e)
{
    const char *at = o->channel;
    struct name item;

    while (channel_list_next(&at, &item)) {
        if (is_in_list(item, at) || is_in_list(item, o->latest))
            return err_set(e, PL_EINVAL, "--channel: '%.*s' is named twice", (int)item.len,
                           item.text);
    }
    at = o->latest;
    while (channel_list_next(&at, &item)) {
        if (is_in_list(item, at))
            return err_set(e, PL_EINVAL, "--latest: '%.*s' is named twice", (int)item.len,
                           item.text);
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
    if (check_tls(o, e) < 0)
        return PL_EINVAL;
    if (o->reconnect_max_ns < o->reconnect_min_ns)
        return err_set(e, PL_EINVAL, "--reconnect-max: smaller than --reconnect-min");
    if (o->connection == CONNECTION_CLOSE && !transport_info_polls(o->driver->info))
        return err_set(e, PL_EINVAL,
                       "--connection: close has no meaning for %s, which is one long response",
                       o->driver->info->name);
    if (o->watch && o->clients != 1)
        return err_set(e, PL_EINVAL, "--watch: shows one client; accepted: --clients 1");
    if (check_channels(o, e) < 0 || check_send(o, e) < 0)
        return PL_EINVAL;
    return OPT_RUN;
}

int options_parse(struct client_options *o, int argc, char **argv, struct err_text *e)
{
    struct opt_program program = {
        .name = "pushlab-client",
        .usage = "[options]",
        .about = "N clients of one transport on one event loop: the load and the measurement.",
        .footer = footer,
        .opts = opts,
    };
    int result;

    *o = (struct client_options){0};
    result = opt_parse(&program, o, argc, argv, NULL, e);
    if (result != OPT_RUN)
        return result;
    o->driver = drivers[o->transport];
    return check(o, e);
}
