#include "bench/scenario/scenario_keys.h"

#include <string.h>

#include "bench/scenario/scenario.h"

/* Tables are read as tables. */
/* clang-format off */
const struct scenario_transport scenario_transports[] = {
    /* name         close  interval hold   colour */
    {"short-poll",  true,  true,    false, 0xD5, 0x5E, 0x00},
    {"long-poll",   true,  false,   true,  0xE6, 0x9F, 0x00},
    {"stream",      false, false,   false, 0x00, 0x9E, 0x73},
    {"sse",         false, false,   false, 0x00, 0x72, 0xB2},
    {"websocket",   false, false,   false, 0xCC, 0x79, 0xA7},
    {NULL,          false, false,   false, 0,    0,    0},
};

static const char *const transport_names[] = {"short-poll", "long-poll", "stream", "sse",
                                              "websocket",  NULL}; /* in the same order */
static const char *const connections[] = {"keep-alive", "close", NULL};
static const char *const kinds[] = {"generator", "trace",     "none",          "sports",
                                    "game",      "dashboard", "notifications", NULL};
static const char *const workloads[] = {"none", "inputs", "edits", NULL};
static const char *const tls_versions[] = {"any", "1.2", "1.3", NULL};
static const char *const servers_sources[] = {"same", "differing", "redis", NULL};
static const char *const balancers[] = {"none",         "direct",       "dns",        "haproxy-tcp",
                                        "nginx-stream", "haproxy-http", "nginx-http", NULL};
static const char *const expectations[] = {"works", "broken", NULL};
static const char *const patterns[] = {"fixed", "poisson", "bursts", NULL};

#define IN(field)        offsetof(struct scenario, field)
#define IN_ROW(field)    offsetof(struct scenario_row, field)
#define LEN(type, field) (sizeof((type *)0)->field - 1)
#define BIT(choice)      (1u << (choice))
/* The kinds of source, and the workloads, that a key is for. */
#define OF_KIND(bits)     .when = IN(source.kind), .when_choices = (bits)
#define OF_WORKLOAD(bits) .when = IN(send.workload), .when_choices = (bits)
#define OF_BALANCER(bits) .when = IN(balancer.kind), .when_choices = (bits)

static const struct scenario_key source_keys[] = {
    {.name = "kind", .kind = KEY_CHOICE, .offset = IN(source.kind), .choices = kinds,
     .help = "where updates come from"},
    {.name = "rate_hz", .kind = KEY_REAL, .offset = IN(source.rate_hz), .fallback = 10,
     .min = 0.001, .max = 100000, .option = "--rate",
     OF_KIND(BIT(SOURCE_GENERATOR) | BIT(SOURCE_NOTIFICATIONS)),
     .help = "updates a second"},
    {.name = "pattern", .kind = KEY_CHOICE, .offset = IN(source.pattern), .choices = patterns,
     .option = "--pattern", OF_KIND(BIT(SOURCE_GENERATOR) | BIT(SOURCE_NOTIFICATIONS)),
     .help = "how updates are spaced"},
    {.name = "burst_on_ms", .kind = KEY_INT, .offset = IN(source.burst_on_ms),
     .fallback = 1000, .min = 1, .max = 3600000, .option = "--burst-on",
     OF_KIND(BIT(SOURCE_GENERATOR) | BIT(SOURCE_NOTIFICATIONS)),
     .help = "bursts: how long updates flow"},
    {.name = "burst_off_ms", .kind = KEY_INT, .offset = IN(source.burst_off_ms),
     .fallback = 4000, .min = 1, .max = 3600000, .option = "--burst-off",
     OF_KIND(BIT(SOURCE_GENERATOR) | BIT(SOURCE_NOTIFICATIONS)),
     .help = "bursts: how long they pause"},
    {.name = "payload_bytes", .kind = KEY_INT, .offset = IN(source.payload_bytes), .fallback = 128,
     .min = 1, .max = 1048576, .option = "--payload-bytes", OF_KIND(BIT(SOURCE_GENERATOR)),
     .help = "size of an update's data, the envelope not counted"},
    {.name = "trace_file", .kind = KEY_TEXT, .offset = IN(source.trace_file),
     .max = LEN(struct scenario, source.trace_file), OF_KIND(BIT(SOURCE_TRACE)),
     .help = "trace: NDJSON to replay, relative to the scenario's folder"},
    {.name = "trace_speed", .kind = KEY_REAL, .offset = IN(source.trace_speed), .fallback = 1,
     .min = 0.001, .max = 1000, .option = "--trace-speed", OF_KIND(BIT(SOURCE_TRACE)),
     .help = "trace: times faster than recorded"},
    {.name = "trace_loop", .kind = KEY_FLAG, .offset = IN(source.trace_loop),
     .option = "--trace-loop", OF_KIND(BIT(SOURCE_TRACE)),
     .help = "trace: begin again at its end"},
    {.name = "speed", .kind = KEY_REAL, .offset = IN(source.speed), .fallback = 1, .min = 0.01,
     .max = 1000, .option = "--source-speed",
     OF_KIND(BIT(SOURCE_SPORTS) | BIT(SOURCE_DASHBOARD)),
     .help = "sports, dashboard: times faster than the real thing"},
    {.name = "rooms", .kind = KEY_INT, .offset = IN(source.rooms), .fallback = SCENARIO_UNSET,
     .fallback_text = "as many as the clients fill", .min = 1, .max = 1024,
     OF_KIND(BIT(SOURCE_GAME)),
     .help = "game: rooms of room_size players"},
    {.name = "tick_hz", .kind = KEY_REAL, .offset = IN(source.tick_hz), .fallback = 30, .min = 0.1,
     .max = 1000, .option = "--tick-rate", OF_KIND(BIT(SOURCE_GAME)),
     .help = "game: states a second in each room"},
    {.name = NULL},
};

static const struct scenario_key send_keys[] = {
    {.name = "workload", .kind = KEY_CHOICE, .offset = IN(send.workload), .choices = workloads,
     .client_option = "--send",
     .help = "what clients send: a player's inputs, an editor's edits"},
    {.name = "rate_hz", .kind = KEY_REAL, .offset = IN(send.rate_hz), .fallback = SCENARIO_UNSET,
     .fallback_text = "20 inputs, 4 edits", .min = 0.001, .max = 10000,
     .client_option = "--send-rate", OF_WORKLOAD(~BIT(WORKLOAD_NONE)),
     .help = "messages a second of each sender"},
    {.name = "bytes", .kind = KEY_INT, .offset = IN(send.bytes), .fallback = 64, .min = 16,
     .max = 65536, .client_option = "--send-bytes", OF_WORKLOAD(BIT(WORKLOAD_INPUTS)),
     .help = "inputs: size of a message's data"},
    {.name = "senders", .kind = KEY_INT, .offset = IN(send.senders), .fallback = SCENARIO_UNSET,
     .fallback_text = "all", .min = 1, .max = 1e6,
     .client_option = "--senders", OF_WORKLOAD(~BIT(WORKLOAD_NONE)),
     .help = "so many clients of each room send"},
    {.name = "channel", .kind = KEY_CHANNELS, .offset = IN(send.channel),
     .max = LEN(struct scenario, send.channel),
     .client_option = "--send-channel", OF_WORKLOAD(~BIT(WORKLOAD_NONE)),
     .help = "where to; {room} is the sender's room; without it the default channel"},
    {.name = NULL},
};

static const struct scenario_key balancer_keys[] = {
    {.name = "kind", .kind = KEY_CHOICE, .offset = IN(balancer.kind), .choices = balancers,
     .help = "what stands between clients and servers; none: nothing, direct: hosts without it"},
    {.name = "config", .kind = KEY_TEXT, .offset = IN(balancer.config),
     .max = LEN(struct scenario, balancer.config), .fallback_text = "",
     OF_BALANCER(~(BIT(BALANCER_NONE) | BIT(BALANCER_DIRECT) | BIT(BALANCER_DNS))),
     .help = "its configuration, beside the scenario; without it KIND.cfg or KIND.conf"},
    {.name = "servers", .kind = KEY_INT, .offset = IN(balancer.servers), .fallback = 2, .min = 1,
     .max = 2, OF_BALANCER(~BIT(BALANCER_NONE)),
     .help = "behind it, each on a host of its own; direct: one"},
    {.name = "source", .kind = KEY_CHOICE, .offset = IN(balancer.source),
     .choices = servers_sources, OF_BALANCER(~BIT(BALANCER_NONE)),
     .help = "of the servers' updates; redis: a stream that they share, on a host of its own"},
    {.name = "link", .kind = KEY_TEXT, .offset = IN(balancer.link), .fallback_text = "lan",
     .max = LEN(struct scenario, balancer.link), OF_BALANCER(~BIT(BALANCER_NONE)),
     .help = "the road between it and each server"},
    {.name = "kill_s", .kind = KEY_REAL, .offset = IN(balancer.kill_s), .fallback = SCENARIO_UNSET,
     .fallback_text = "never", .min = 0, .max = 86400, OF_BALANCER(~BIT(BALANCER_NONE)),
     .help = "the second server is killed so long after the window has opened"},
    {.name = NULL},
};

/* The same of a row, without defaults. */
static const struct scenario_key row_balancer_keys[] = {
    {.name = "kind", .kind = KEY_CHOICE, .offset = IN_ROW(balancer.kind),
     .fallback = SCENARIO_UNSET, .fallback_text = "the scenario's", .choices = balancers,
     .help = "as above"},
    {.name = "config", .kind = KEY_TEXT, .offset = IN_ROW(balancer.config),
     .max = LEN(struct scenario_row, balancer.config), .help = "as above"},
    {.name = "servers", .kind = KEY_INT, .offset = IN_ROW(balancer.servers),
     .fallback = SCENARIO_UNSET, .fallback_text = "the scenario's", .min = 1, .max = 2,
     .help = "as above"},
    {.name = "source", .kind = KEY_CHOICE, .offset = IN_ROW(balancer.source),
     .fallback = SCENARIO_UNSET, .fallback_text = "the scenario's", .choices = servers_sources,
     .help = "as above"},
    {.name = "link", .kind = KEY_TEXT, .offset = IN_ROW(balancer.link),
     .max = LEN(struct scenario_row, balancer.link), .help = "as above"},
    {.name = "kill_s", .kind = KEY_REAL, .offset = IN_ROW(balancer.kill_s),
     .fallback = SCENARIO_UNSET, .fallback_text = "the scenario's", .min = 0, .max = 86400,
     .help = "as above"},
    {.name = NULL},
};

static const struct scenario_key require_keys[] = {
    {.name = "latency_ms", .kind = KEY_REAL, .offset = IN(require.latency_ms),
     .fallback = SCENARIO_UNSET, .fallback_text = "none", .min = 0.001, .max = 86400000,
     .help = "percentile of the updates must take no longer"},
    {.name = "percentile", .kind = KEY_REAL, .offset = IN(require.percentile), .fallback = 99,
     .min = 1, .max = 100,
     .help = "which percent of the updates latency_ms is for"},
    {.name = "on_time", .kind = KEY_REAL, .offset = IN(require.on_time),
     .fallback = SCENARIO_UNSET, .fallback_text = "none", .min = 0, .max = 1,
     .help = "share of the updates that must arrive within deadline_ms"},
    {.name = "age_ms", .kind = KEY_REAL, .offset = IN(require.age_ms),
     .fallback = SCENARIO_UNSET, .fallback_text = "none", .min = 0.001, .max = 86400000,
     .help = "longest mean age of the newest value"},
    {.name = NULL},
};

static const struct scenario_key server_keys[] = {
    {.name = "listen", .kind = KEY_TEXT, .offset = IN(server.listen),
     .fallback_text = "127.0.0.1:0", .max = LEN(struct scenario, server.listen),
     .option = "--listen",
     .help = "ADDR:PORT; port 0 takes a free one"},
    {.name = "history", .kind = KEY_INT, .offset = IN(server.history), .fallback = 1024,
     .min = 1, .max = 1e7, .option = "--history",
     .help = "updates kept for late clients"},
    {.name = "max_hold_ms", .kind = KEY_INT, .offset = IN(server.max_hold_ms),
     .fallback = 30000, .min = 0, .max = 3600000, .option = "--max-hold",
     .help = "longest that a long poll is held"},
    {.name = "heartbeat_ms", .kind = KEY_INT, .offset = IN(server.heartbeat_ms),
     .fallback = 15000, .min = 1, .max = 3600000, .option = "--heartbeat",
     .help = "silence after which a stream gets a heartbeat"},
    {.name = "retry_ms", .kind = KEY_INT, .offset = IN(server.retry_ms),
     .fallback = 1000, .min = 0, .max = 3600000, .option = "--retry",
     .help = "SSE's retry: field"},
    {.name = "ws_ping_ms", .kind = KEY_INT, .offset = IN(server.ws_ping_ms),
     .fallback = 20000, .min = 0, .max = 3600000, .option = "--ws-ping",
     .help = "silence after which a WebSocket client is pinged; 0: never"},
    {.name = "backlog_bytes", .kind = KEY_INT, .offset = IN(server.backlog_bytes),
     .fallback = 1048576, .min = 1024, .max = 1073741824, .option = "--backlog-bytes",
     .help = "unsent bytes at which a slow reader is dropped"},
    {.name = "max_connections", .kind = KEY_INT, .offset = IN(server.max_connections),
     .fallback = 100000, .min = 1, .max = 1e7, .option = "--max-connections",
     .help = "connections accepted at most"},
    {.name = "sndbuf_bytes", .kind = KEY_INT, .offset = IN(server.sndbuf_bytes),
     .fallback = 0, .min = 0, .max = 1073741824, .option = "--sndbuf-bytes",
     .help = "SO_SNDBUF of the server's connections; 0: the kernel's choice"},
    {.name = "rcvbuf_bytes", .kind = KEY_INT, .offset = IN(server.rcvbuf_bytes),
     .fallback = 0, .min = 0, .max = 1073741824, .option = "--rcvbuf-bytes",
     .help = "SO_RCVBUF of the server's connections; 0: the kernel's choice"},
    {.name = "test_delay_ms", .kind = KEY_INT, .offset = IN(server.test_delay_ms),
     .fallback = 0, .min = 0, .max = 60000, .option = "--test-delay",
     .help = "hold every update so long, to prove the measurement"},
    {.name = NULL},
};

static const struct scenario_key row_keys[] = {
    {.name = "transport", .kind = KEY_CHOICE, .offset = IN_ROW(transport), .fallback = -1,
     .fallback_text = "required", .choices = transport_names,
     .help = "what carries the updates"},
    {.name = "connection", .kind = KEY_CHOICE, .offset = IN_ROW(connection),
     .choices = connections,
     .help = "close: a new TCP connection per request (polls only)"},
    {.name = "interval_ms", .kind = KEY_INT, .offset = IN_ROW(interval_ms),
     .fallback = SCENARIO_UNSET, .fallback_text = "1000", .min = 1, .max = 3600000,
     .help = "short-poll: time from one poll to the next"},
    {.name = "hold_ms", .kind = KEY_INT, .offset = IN_ROW(hold_ms), .fallback = SCENARIO_UNSET,
     .fallback_text = "25000", .min = 1, .max = 3600000,
     .help = "long-poll: how long the client asks to be held"},
    {.name = "tls_resume", .kind = KEY_FLAG, .offset = IN_ROW(tls_resume), .fallback = 1,
     .help = "with tls: connections after a client's first resume its session"},
    {.name = "expect", .kind = KEY_CHOICE, .offset = IN_ROW(expect), .choices = expectations,
     .help = "broken: what goes wrong here is the finding, and that nothing does is the fault"},
    {.name = "heartbeat_ms", .kind = KEY_INT, .offset = IN_ROW(heartbeat_ms),
     .fallback = SCENARIO_UNSET, .fallback_text = "the server's", .min = 1, .max = 3600000,
     .help = "silence after which this row's clients get a heartbeat, or a ping"},
    {.name = "balancer", .kind = KEY_OBJECT, .inner = row_balancer_keys,
     .help = "keys of balancer that are different here"},
    {.name = "id", .kind = KEY_NAME, .offset = IN_ROW(id), .fallback_text = "from the keys above",
     .max = LEN(struct scenario_row, id),
     .help = "the row's name in tables, charts and files"},
    {.name = NULL},
};

const struct scenario_key scenario_keys[] = {
    {.name = "name", .kind = KEY_NAME, .offset = IN(name), .fallback_text = "the file's name",
     .max = LEN(struct scenario, name),
     .help = "names the run's folder"},
    {.name = "title", .kind = KEY_TEXT, .offset = IN(title), .max = LEN(struct scenario, title),
     .help = "one line for people; without it the name"},
    {.name = "source", .kind = KEY_OBJECT, .inner = source_keys, .help = "the updates"},
    {.name = "clients", .kind = KEY_INT, .offset = IN(clients), .fallback = 50, .min = 1,
     .max = 1e6,
     .client_option = "--clients",
     .help = "clients of each row"},
    {.name = "ramp_per_s", .kind = KEY_INT, .offset = IN(ramp_per_s), .fallback = 2000,
     .min = 1, .max = 1e6,
     .client_option = "--ramp",
     .help = "connections opened a second during set-up"},
    {.name = "source_addresses", .kind = KEY_INT, .offset = IN(source_addresses),
     .fallback = 0, .min = 0, .max = 250,
     .client_option = "--source-addresses",
     .help = "addresses of 127.0.0.0/8 to connect from; 0: as many as needed"},
    {.name = "warmup_s", .kind = KEY_REAL, .offset = IN(warmup_s), .fallback = 1, .min = 0,
     .max = 3600,
     .client_option = "--warmup",
     .help = "time between set-up and window"},
    {.name = "duration_s", .kind = KEY_REAL, .offset = IN(duration_s), .fallback = 6, .min = 0.1,
     .max = 86400,
     .client_option = "--duration",
     .help = "the measurement window"},
    {.name = "drain_s", .kind = KEY_REAL, .offset = IN(drain_s), .fallback = 5, .min = 0,
     .max = 3600,
     .client_option = "--drain",
     .help = "longest wait for the window's last updates"},
    {.name = "seed", .kind = KEY_INT, .offset = IN(seed), .fallback = 1, .min = 0,
     .max = 9007199254740991.0,
     .option = "--seed", .client_option = "--seed",
     .help = "of the source and of the clients' start phases"},
    {.name = "channel", .kind = KEY_CHANNELS, .offset = IN(channel),
     .max = LEN(struct scenario, channel), .client_option = "--channel",
     .help = "clients get every update of these; {room} in a name is the client's room"},
    {.name = "latest", .kind = KEY_CHANNELS, .offset = IN(latest),
     .max = LEN(struct scenario, latest), .client_option = "--latest",
     .help = "clients get the newest value of each key of these"},
    {.name = "room_size", .kind = KEY_INT, .offset = IN(room_size), .fallback = SCENARIO_UNSET,
     .fallback_text = "all in one", .min = 1, .max = 1e6, .client_option = "--room-size",
     .help = "clients of one room; the next ones are in the next room"},
    {.name = "pick", .kind = KEY_INT, .offset = IN(pick), .fallback = SCENARIO_UNSET,
     .fallback_text = "all", .min = 1, .max = 64, .client_option = "--pick",
     .help = "each client takes so many of latest, drawn by seed"},
    {.name = "deadline_ms", .kind = KEY_REAL, .offset = IN(deadline_ms),
     .fallback = SCENARIO_UNSET, .fallback_text = "none", .min = 0.001, .max = 3600000,
     .client_option = "--deadline",
     .help = "an update of the source is on time within so long"},
    {.name = "send", .kind = KEY_OBJECT, .inner = send_keys, .help = "what clients send"},
    {.name = "balancer", .kind = KEY_OBJECT, .inner = balancer_keys,
     .help = "what stands between clients and servers"},
    {.name = "require", .kind = KEY_OBJECT, .inner = require_keys,
     .help = "what the use case needs; pushlab advise holds the rows against it"},
    {.name = "link", .kind = KEY_LINKS, .offset = IN(links), .fallback_text = "loopback",
     .help = "the road between server and clients; a list: a run for each"},
    {.name = "line_per_client", .kind = KEY_FLAG, .offset = IN(line_per_client),
     .help = "each client has such a link to itself: it gets lines=CLIENTS"},
    {.name = "tls", .kind = KEY_FLAG, .offset = IN(tls),
     .help = "https and wss, with a certificate made for each row"},
    {.name = "tls_version", .kind = KEY_CHOICE, .offset = IN(tls_version), .choices = tls_versions,
     .help = "with tls: the version spoken"},
    {.name = "server", .kind = KEY_OBJECT, .inner = server_keys,
     .help = "the server's settings"},
    {.name = "rows", .kind = KEY_ROWS, .fallback_text = "required", .min = 1,
     .max = SCENARIO_MAX_ROWS, .inner = row_keys,
     .help = "what is compared, in this order"},
    {.name = NULL},
};
/* clang-format on */

const struct scenario_transport *scenario_transport_find(const char *name)
{
    for (const struct scenario_transport *t = scenario_transports; t->name != NULL; t++)
        if (strcmp(t->name, name) == 0)
            return t;
    return NULL;
}
