#include "bench/scenario/scenario_keys.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bench/scenario/scenario.h"
#include "lib/base/duration.h"
#include "lib/base/name.h"
#include "lib/base/spelling.h"
#include "lib/proto/fault_kinds.h"
#include "lib/proto/request_heads.h"
#include "lib/proto/transport_info.h"

/* Tables are read as tables. */
/* clang-format off */
const char *const scenario_source_kinds[] = {
    "generator", "trace", "none", "sports", "game", "dashboard", "notifications", NULL};
const char *const scenario_tls_versions[] = {"any", "1.2", "1.3", NULL};
const char *const scenario_servers_sources[] = {"same", "differing", "redis", NULL};
const char *const scenario_balancer_kinds[] = {
    "none", "direct", "dns", "haproxy-tcp", "nginx-stream", "haproxy-http", "nginx-http", NULL};
const char *const scenario_orders[] = {"random", "given", NULL};
static const char *const workloads[] = {"none", "inputs", "edits", NULL};
static const char *const expectations[] = {"works", "broken", NULL};
static const char *const patterns[] = {"fixed", "poisson", "bursts", NULL};
static const char *const stamps[] = {"due", "published", NULL};

/* A key has the name of its field in struct type. */
#define KEY(kind_, type, field) \
    .name = #field, .kind = kind_, .offset = offsetof(struct type, field)
#define INT(type, field, low, high, default_) \
    KEY(KEY_INT, type, field), .min = low, .max = high, .fallback = default_
#define REAL(type, field, low, high, default_) \
    KEY(KEY_REAL, type, field), .min = low, .max = high, .fallback = default_
#define FLAG(type, field, default_) KEY(KEY_FLAG, type, field), .fallback = default_
#define CHOICE(type, field, words, default_) \
    KEY(KEY_CHOICE, type, field), .choices = words, .fallback = default_
#define OF_LENGTH(type, field)      .max = sizeof((struct type *)0)->field - 1
#define TEXT(type, field)           KEY(KEY_TEXT, type, field), OF_LENGTH(type, field)
#define NAME(type, field)           KEY(KEY_NAME, type, field), OF_LENGTH(type, field)
#define CHANNELS(type, field)       KEY(KEY_CHANNELS, type, field), OF_LENGTH(type, field)
#define SECTION(type, field, keys)  KEY(KEY_OBJECT, type, field), .inner = keys
#define FAULTS(type)                KEY(KEY_FAULTS, type, faults), .inner = fault_keys, .max = FAULTS_MAX

/* The kinds of source, the workloads and the balancers that a key is for. */
#define BIT(choice)       (1u << (choice))
#define GENERATED         (BIT(SOURCE_GENERATOR) | BIT(SOURCE_NOTIFICATIONS))
#define OF_KIND(bits)     .when = offsetof(struct scenario_source, kind), .when_choices = (bits)
#define OF_WORKLOAD(bits) .when = offsetof(struct scenario_send, workload), .when_choices = (bits)
#define OF_BALANCER(bits) .when = offsetof(struct scenario_balancer, kind), .when_choices = (bits)

static const struct scenario_key source_keys[] = {
    {CHOICE(scenario_source, kind, scenario_source_kinds, SOURCE_GENERATOR),
     .help = "where updates come from"},
    {REAL(scenario_source, rate_hz, 0.001, 100000, 10), .option = "--rate", OF_KIND(GENERATED),
     .help = "updates a second"},
    {CHOICE(scenario_source, pattern, patterns, 0), .option = "--pattern", OF_KIND(GENERATED),
     .help = "how updates are spaced"},
    {INT(scenario_source, burst_on_ms, 1, 3600000, 1000), .option = "--burst-on",
     OF_KIND(GENERATED), .help = "bursts: how long updates flow"},
    {INT(scenario_source, burst_off_ms, 1, 3600000, 4000), .option = "--burst-off",
     OF_KIND(GENERATED), .help = "bursts: how long they pause"},
    {INT(scenario_source, payload_bytes, 1, 1048576, 128), .option = "--payload-bytes",
     OF_KIND(BIT(SOURCE_GENERATOR)), .help = "size of an update's data, the envelope not counted"},
    {TEXT(scenario_source, trace_file), OF_KIND(BIT(SOURCE_TRACE)),
     .help = "trace: NDJSON to replay, relative to the scenario's folder"},
    {REAL(scenario_source, trace_speed, 0.001, 1000, 1), .option = "--trace-speed",
     OF_KIND(BIT(SOURCE_TRACE)), .help = "trace: times faster than recorded"},
    {FLAG(scenario_source, trace_loop, false), .option = "--trace-loop", OF_KIND(BIT(SOURCE_TRACE)),
     .help = "trace: begin again at its end"},
    {REAL(scenario_source, speed, 0.01, 1000, 1), .option = "--source-speed",
     OF_KIND(BIT(SOURCE_SPORTS) | BIT(SOURCE_DASHBOARD)),
     .help = "sports, dashboard: times faster than real time"},
    {INT(scenario_source, rooms, 1, 1024, SCENARIO_UNSET),
     .fallback_text = "as many as the clients fill", OF_KIND(BIT(SOURCE_GAME)),
     .help = "game: rooms of room_size players"},
    {REAL(scenario_source, tick_hz, 0.1, 1000, 30), .option = "--tick-rate",
     OF_KIND(BIT(SOURCE_GAME)), .help = "game: states a second in each room"},
    {.name = NULL},
};

static const struct scenario_key send_keys[] = {
    {CHOICE(scenario_send, workload, workloads, 0), .client_option = "--send",
     .help = "what clients send: a player's inputs, an editor's edits"},
    {REAL(scenario_send, rate_hz, 0.001, 10000, SCENARIO_UNSET),
     .fallback_text = "20 inputs, 4 edits", .client_option = "--send-rate",
     OF_WORKLOAD(~BIT(WORKLOAD_NONE)), .help = "messages a second of each sender"},
    {INT(scenario_send, bytes, 16, 65536, 64), .client_option = "--send-bytes",
     OF_WORKLOAD(BIT(WORKLOAD_INPUTS)), .help = "inputs: size of a message's data"},
    {INT(scenario_send, senders, 1, 1e6, SCENARIO_UNSET), .fallback_text = "all",
     .client_option = "--senders", OF_WORKLOAD(~BIT(WORKLOAD_NONE)),
     .help = "how many clients of each room send"},
    {CHANNELS(scenario_send, channel), .client_option = "--send-channel",
     OF_WORKLOAD(~BIT(WORKLOAD_NONE)),
     .help = "the channel they send to, {room} is the sender's; without it the default channel"},
    {.name = NULL},
};

static const struct scenario_key balancer_keys[] = {
    {CHOICE(scenario_balancer, kind, scenario_balancer_kinds, BALANCER_NONE),
     .help = "what stands between clients and servers; none: nothing, direct: hosts without it"},
    {TEXT(scenario_balancer, config), .fallback_text = "",
     OF_BALANCER(~(BIT(BALANCER_NONE) | BIT(BALANCER_DIRECT) | BIT(BALANCER_DNS))),
     .help = "its configuration file, relative to the scenario; default: KIND.cfg or KIND.conf"},
    {INT(scenario_balancer, servers, 1, 2, 2), OF_BALANCER(~BIT(BALANCER_NONE)),
     .help = "servers behind it, each on a host of its own; direct: one"},
    {CHOICE(scenario_balancer, source, scenario_servers_sources, SERVERS_SAME), OF_BALANCER(~BIT(BALANCER_NONE)),
     .help = "where the servers' updates come from; redis: a stream that they share, on its own host"},
    {TEXT(scenario_balancer, link), .fallback_text = "lan", OF_BALANCER(~BIT(BALANCER_NONE)),
     .help = "network link between it and each server"},
    {.name = NULL},
};

static const struct scenario_key fault_keys[] = {
    {CHOICE(scenario_fault, kind, fault_kind_names, SCENARIO_UNSET), .fallback_text = "required",
     .help = "what happens; at the end of this list"},
    {REAL(scenario_fault, at_s, 0, 86400, SCENARIO_UNSET), .fallback_text = "required",
     .help = "when it begins, from the start of the window"},
    {REAL(scenario_fault, for_s, 0, 86400, SCENARIO_UNSET), .fallback_text = "none",
     .help = "how long it lasts; required but for reset and balancer-reload, which only begin, and "
             "server-kill, which without it never ends"},
    {REAL(scenario_fault, percent, 0.001, 100, SCENARIO_UNSET), .fallback_text = "100",
     .help = "reset, client-crash, slow-reader: share of the clients, one at least"},
    {.name = NULL},
};

static const struct scenario_key require_keys[] = {
    {REAL(scenario_require, latency_ms, 0.001, 86400000, SCENARIO_UNSET), .fallback_text = "none",
     .help = "longest latency allowed at the percentile below"},
    {REAL(scenario_require, percentile, 1, 100, 99),
     .help = "percentile that latency_ms is about"},
    {REAL(scenario_require, on_time, 0, 1, SCENARIO_UNSET), .fallback_text = "none",
     .help = "share of the updates that must arrive within deadline_ms"},
    {REAL(scenario_require, age_ms, 0.001, 86400000, SCENARIO_UNSET), .fallback_text = "none",
     .help = "longest mean age of the newest value"},
    {.name = NULL},
};

static const struct scenario_key server_keys[] = {
    {TEXT(scenario_server, listen), .fallback_text = "127.0.0.1:0", .option = "--listen",
     .help = "ADDR:PORT; port 0 takes a free one"},
    {INT(scenario_server, history, 1, 1e7, 1024), .option = "--history",
     .help = "updates kept for late clients"},
    {INT(scenario_server, max_hold_ms, 0, 3600000, 30000), .option = "--max-hold",
     .help = "longest that a long poll is held"},
    {INT(scenario_server, heartbeat_ms, 1, 3600000, 15000), .option = "--heartbeat",
     .help = "silence after which a stream gets a heartbeat"},
    {INT(scenario_server, retry_ms, 0, 3600000, 1000), .option = "--retry",
     .help = "SSE's retry: field"},
    {INT(scenario_server, ws_ping_ms, 0, 3600000, 20000), .option = "--ws-ping",
     .help = "silence after which a WebSocket client is pinged; 0: never"},
    {INT(scenario_server, backlog_bytes, 1024, 1073741824, 1048576), .option = "--backlog-bytes",
     .help = "unsent bytes at which a slow reader is dropped"},
    {INT(scenario_server, max_connections, 1, 1e7, 100000), .option = "--max-connections",
     .help = "connections accepted at most"},
    {INT(scenario_server, sndbuf_bytes, 0, 1073741824, 0), .option = "--sndbuf-bytes",
     .help = "SO_SNDBUF of the server's connections; 0: the kernel's choice"},
    {INT(scenario_server, rcvbuf_bytes, 0, 1073741824, 0), .option = "--rcvbuf-bytes",
     .help = "SO_RCVBUF of the server's connections; 0: the kernel's choice"},
    {CHOICE(scenario_server, stamp, stamps, 0), .option = "--stamp",
     .help = "time in an update of the source: when it was due, or when it was published"},
    {FLAG(scenario_server, poll_cache, true),
     .help = "polls: build equal responses once and share them: the best case"},
    {FLAG(scenario_server, history_file, true),
     .help = "a server that a fault has started again goes on with its history, unless a row says no"},
    {INT(scenario_server, test_delay_ms, 0, 60000, 0), .option = "--test-delay",
     .help = "delay of every update after its timestamp, to verify how latency is measured"},
    {.name = NULL},
};

static const struct scenario_key reconnect_keys[] = {
    {INT(scenario_reconnect, window_ms, 0, 3600000, SCENARIO_UNSET), .fallback_text = "none",
     .help = "clients that lost a connection wait a random time up to this before they try again"},
    {.name = NULL},
};

static const struct scenario_key row_keys[] = {
    {CHOICE(scenario_row, transport, transport_names, -1), .fallback_text = "required",
     .help = "what carries the updates"},
    {CHOICE(scenario_row, connection, connection_modes, 0),
     .help = "close: a new TCP connection per request (polls only)"},
    {INT(scenario_row, interval_ms, 1, 3600000, SCENARIO_UNSET), .fallback_text = "1000",
     .help = "short-poll: time from one poll to the next, or the pause between them"},
    {CHOICE(scenario_row, poll, poll_modes, SCENARIO_UNSET), .fallback_text = "clock",
     .help = "short-poll: by the clock, a pause after each answer, or one that grows without updates"},
    {INT(scenario_row, interval_max_ms, 1, 3600000, SCENARIO_UNSET), .fallback_text = "60000",
     .help = "poll backoff: longest pause"},
    {REAL(scenario_row, backoff_factor, 1, 1000, SCENARIO_UNSET), .fallback_text = "2",
     .help = "poll backoff: how many times longer the pause is after each answer without updates"},
    {INT(scenario_row, hold_ms, 1, 3600000, SCENARIO_UNSET), .fallback_text = "25000",
     .help = "long-poll: how long the client asks to be held"},
    {FLAG(scenario_row, tls_resume, true),
     .help = "with tls: connections after a client's first resume its session"},
    {CHOICE(scenario_row, expect, expectations, 0),
     .help = "broken: this row is expected to fail; it is an error if it does not"},
    {INT(scenario_row, heartbeat_ms, 1, 3600000, SCENARIO_UNSET), .fallback_text = "the server's",
     .help = "silence after which this row's clients get a heartbeat, or a ping"},
    {SECTION(scenario_row, balancer, balancer_keys), .unset = true,
     .help = "keys of balancer that are different here"},
    {FAULTS(scenario_row), .unset = true, .fallback_text = "the scenario's",
     .help = "what goes wrong while this row is measured, instead of the scenario's"},
    {FLAG(scenario_row, history_file, true),
     .help = "a server that a fault has started again goes on with its history"},
    {SECTION(scenario_row, reconnect, reconnect_keys), .unset = true,
     .help = "keys of reconnect that are different here"},
    {NAME(scenario_row, id), .fallback_text = "from the keys above",
     .help = "the row's name in tables, charts and files"},
    {.name = NULL},
};

const struct scenario_key scenario_keys[] = {
    {NAME(scenario, name), .fallback_text = "the file's name", .help = "names the run's folder"},
    {TEXT(scenario, title), .help = "one line for people; without it the name"},
    {SECTION(scenario, source, source_keys), .help = "the updates"},
    {INT(scenario, clients, 1, 1e6, 50), .client_option = "--clients",
     .help = "clients per row"},
    {INT(scenario, ramp_per_s, 1, 1e6, 2000), .client_option = "--ramp",
     .help = "connections opened a second during set-up"},
    {INT(scenario, source_addresses, 0, 250, 0), .client_option = "--source-addresses",
     .help = "addresses of 127.0.0.0/8 to connect from; 0: as many as needed"},
    {REAL(scenario, warmup_s, 0, 3600, SCENARIO_UNSET), .fallback_text = "as the row needs",
     .help = "time between set-up and the window; by default two round trips, a short poll's interval "
             "and the time between two updates, or 1 s where that is not known"},
    {REAL(scenario, duration_s, 0.1, 86400, 6), .client_option = "--duration",
     .help = "the measurement window"},
    {REAL(scenario, drain_s, 0, 3600, 5), .client_option = "--drain",
     .help = "longest wait for the window's last updates"},
    {INT(scenario, repeat, 1, SCENARIO_MAX_REPEATS, 1),
     .help = "how many times each row is measured, to know how sure its figures are"},
    {CHOICE(scenario, order, scenario_orders, ORDER_RANDOM),
     .help = "order of the rows: random (another in each repeat, from the seed) or given (as written)"},
    {INT(scenario, seed, 0, 9007199254740991.0, 1), .option = "--seed", .client_option = "--seed",
     .help = "random seed of the source, the clients' start phases, each row's losses, and the order"},
    {CHANNELS(scenario, channel), .client_option = "--channel",
     .help = "clients get every update of these; {room} in a name is the client's room"},
    {CHANNELS(scenario, latest), .client_option = "--latest",
     .help = "clients get the newest value of each key of these"},
    {INT(scenario, room_size, 1, 1e6, SCENARIO_UNSET), .fallback_text = "all in one",
     .client_option = "--room-size",
     .help = "clients per room"},
    {INT(scenario, pick, 1, 64, SCENARIO_UNSET), .fallback_text = "all", .client_option = "--pick",
     .help = "how many of latest each client takes, drawn by seed"},
    {REAL(scenario, deadline_ms, 0.001, 3600000, SCENARIO_UNSET), .fallback_text = "none",
     .client_option = "--deadline",
     .help = "an update of the source that takes longer is not on time"},
    {REAL(scenario, poll_jitter_ms, 0, 3600000, SCENARIO_UNSET),
     .fallback_text = "a tenth of the link's round trip",
     .help = "long-poll: longest of the random waits between an answer and the next request"},
    {SECTION(scenario, send, send_keys), .help = "what clients send"},
    {SECTION(scenario, balancer, balancer_keys), .help = "what stands between clients and servers"},
    {FAULTS(scenario), .fallback_text = "none",
     .help = "what goes wrong while a row is measured, and when"},
    {SECTION(scenario, require, require_keys),
     .help = "what the use case needs; pushlab advise checks the rows against it"},
    {SECTION(scenario, reconnect, reconnect_keys), .help = "how clients come back"},
    {.name = "link", .kind = KEY_LINKS, .offset = offsetof(struct scenario, links),
     .fallback_text = "loopback",
     .help = "network link between server and clients; a list: a run for each"},
    {CHOICE(scenario, heads, request_heads_names, HEADS_MINIMAL), .client_option = "--heads",
     .help = "header fields of requests: few, those of Chromium, or of a browser of 2009"},
    {FLAG(scenario, line_per_client, false),
     .help = "each client has a link of its own: it gets lines=CLIENTS"},
    {INT(scenario, ip, 4, 6, 4), .help = "IP version: 4 or 6"},
    {FLAG(scenario, tls, false), .help = "https and wss, with a certificate made for each row"},
    {CHOICE(scenario, tls_version, scenario_tls_versions, 0),
     .help = "with tls: the TLS version"},
    {SECTION(scenario, server, server_keys), .help = "the server's settings"},
    {.name = "rows", .kind = KEY_ROWS, .fallback_text = "required", .min = 1,
     .max = SCENARIO_MAX_ROWS, .inner = row_keys, .help = "what is compared, in this order"},
    {.name = NULL},
};
/* clang-format on */

bool scenario_key_applies(const void *base, const struct scenario_key *k)
{
    int choice;

    if (k->when_choices == 0)
        return true;
    choice = *(const int *)((const char *)base + k->when);
    return choice < 0 || (k->when_choices >> choice & 1) != 0;
}

bool scenario_key_in_effect(const void *base, const struct scenario_key *k)
{
    const void *field = (const char *)base + k->offset;

    if (!scenario_key_applies(base, k))
        return false;
    switch (k->kind) {
    case KEY_INT:
        return *(const int64_t *)field != SCENARIO_UNSET;
    case KEY_REAL:
        return *(const double *)field > SCENARIO_UNSET;
    case KEY_CHOICE:
        return *(const int *)field >= 0;
    case KEY_TEXT:
    case KEY_NAME:
    case KEY_CHANNELS:
        return *(const char *)field != '\0';
    case KEY_FAULTS:
        return ((const struct scenario_faults *)field)->given;
    default:
        return true;
    }
}

const struct scenario_key *scenario_key_find(const struct scenario_key *keys, const char *name)
{
    for (; keys->name != NULL; keys++)
        if (strcmp(keys->name, name) == 0)
            return keys;
    return NULL;
}

bool scenario_is_name(const char *text)
{
    if (!isalnum((unsigned char)text[0]))
        return false;
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "@._+-")] == '\0';
}

/* ---- what is accepted, and where a file is wrong ---- */

bool scenario_key_is_time(const struct scenario_key *k)
{
    return (k->kind == KEY_INT || k->kind == KEY_REAL) && duration_unit_of(k->name) != 0;
}

void scenario_list_keys(char *out, size_t cap, const struct scenario_key *keys)
{
    size_t len = 0;

    out[0] = '\0';
    for (; keys->name != NULL && len < cap; keys++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", keys->name);
}

static void list_choices(char *out, size_t cap, const char *const *choices)
{
    size_t len = 0;

    out[0] = '\0';
    for (; *choices != NULL && len < cap; choices++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", *choices);
}

void scenario_describe_accepted(char *out, size_t cap, const struct scenario_key *k)
{
    switch (k->kind) {
    case KEY_INT:
    case KEY_REAL:
        snprintf(out, cap, "%.16g to %.16g", k->min, k->max);
        return;
    case KEY_FLAG:
        snprintf(out, cap, "true, false");
        return;
    case KEY_CHOICE:
        list_choices(out, cap, k->choices);
        return;
    case KEY_TEXT:
        snprintf(out, cap, "one line of 1 to %.0f bytes", k->max);
        return;
    case KEY_NAME:
        snprintf(out, cap, "1 to %.0f letters, digits and @ . _ + -, a letter or digit first",
                 k->max);
        return;
    case KEY_LINKS:
        snprintf(out, cap,
                 "loopback, a profile (pushlab-link list), values such as "
                 "rtt=50ms,loss=1%%, or a list of 1 to %d of these",
                 SCENARIO_MAX_LINKS);
        return;
    case KEY_CHANNELS:
        snprintf(out, cap, "names of %s with commas between them, or a list of them; %s",
                 NAME_ACCEPTED, "{room} may be part of one");
        return;
    case KEY_OBJECT:
        scenario_list_keys(out, cap, k->inner);
        return;
    case KEY_ROWS:
    case KEY_FAULTS:
        snprintf(out, cap, "a list of %.0f to %.0f objects", k->min, k->max);
        return;
    }
}

const char *scenario_key_nearest(const struct scenario_key *keys, const char *name)
{
    struct spelling_guess g;

    spelling_guess_begin(&g, name, strlen(name));
    for (; keys->name != NULL; keys++)
        spelling_guess_try(&g, keys->name);
    return g.nearest;
}

const char *scenario_nearest_key(char near[SCENARIO_NAME_BYTES], const char *path)
{
    const char *dot = strchr(path, '.');
    const struct scenario_key *section;
    char word[SCENARIO_NAME_BYTES];
    const char *name;

    snprintf(word, sizeof word, "%.*s", (int)strcspn(path, "."), path);
    name = scenario_key_nearest(scenario_keys, word);
    section = name != NULL ? scenario_key_find(scenario_keys, name) : NULL;
    if (section == NULL || (dot != NULL) != (section->inner != NULL))
        return NULL;
    if (dot == NULL)
        return name;
    name = scenario_key_nearest(section->inner, dot + 1);
    if (name == NULL)
        return NULL;
    snprintf(near, SCENARIO_NAME_BYTES, "%.20s.%.26s", section->name, name);
    return near;
}

int scenario_refuse_line(const struct scenario_place *p, const char *line, struct err_text *e)
{
    size_t len = strlen(p->path);
    const char *tail = len > 90 ? p->path + len - 90 : p->path; /* keep the rest readable */

    return err_set(e, PL_EINVAL, "%s%s%s%s%s%s", tail == p->path ? "" : "...", tail,
                   len > 0 ? ": " : "", p->at, p->at[0] != '\0' ? ": " : "", line);
}

int scenario_refuse_near(const struct scenario_place *p, const char *what, const char *nearest,
                         const char *accepted, struct err_text *e)
{
    char line[sizeof e->text], hint[SPELLING_HINT_BYTES];

    snprintf(line, sizeof line, "%s; %saccepted: %s", what, spelling_hint(hint, nearest), accepted);
    return scenario_refuse_line(p, line, e);
}

int scenario_refuse(const struct scenario_place *p, const char *what, const char *accepted,
                    struct err_text *e)
{
    return scenario_refuse_near(p, what, NULL, accepted, e);
}
