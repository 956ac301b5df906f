/* A scenario: what to measure, as a small JSON file. docs/scenarios.md is its manual.
 *
 * One table of keys (scenario_keys.c) drives everything that must agree: the strict parser
 * and its messages, the command-line overrides, the options handed to the server, the
 * effective configuration in run.json and `pushlab help scenarios`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/proto/fault_kinds.h"
#include "lib/proto/transport_info.h"

enum {
    SCENARIO_MAX_ROWS = 64,
    SCENARIO_MAX_REPEATS = 100,
    SCENARIO_MAX_LINKS = 16,
    SCENARIO_NAME_BYTES = 48,
    SCENARIO_TEXT_BYTES = 160,
    SCENARIO_LIST_BYTES = 1024,
    SCENARIO_PATH_BYTES = 1024,
    SCENARIO_MAX_FILE_BYTES = 1 << 20,
};

enum scenario_source_kind {
    SOURCE_GENERATOR,
    SOURCE_TRACE,
    SOURCE_NONE, /* all updates come from the clients */
    SOURCE_SPORTS,
    SOURCE_GAME,
    SOURCE_DASHBOARD,
    SOURCE_NOTIFICATIONS,
};
/* What stands between clients and servers, each on a host of its own. */
enum scenario_balancer_kind {
    BALANCER_NONE,   /* no hosts: the network as it is */
    BALANCER_DIRECT, /* nothing, on the same hosts: what the others are compared with */
    BALANCER_DNS,    /* the clients choose among the servers' addresses */
    BALANCER_HAPROXY_TCP,
    BALANCER_NGINX_STREAM,
    BALANCER_HAPROXY_HTTP,
    BALANCER_NGINX_HTTP,
};
/* Where the servers' updates come from. */
enum scenario_servers_source {
    SERVERS_SAME,      /* from one seed and one beginning, so that all number alike */
    SERVERS_DIFFERING, /* each its own */
    SERVERS_REDIS,     /* a stream in Redis that all share, fed by the first */
};
/* The names of these in files; last: NULL. */
extern const char *const scenario_balancer_kinds[], *const scenario_servers_sources[];
extern const char *const scenario_orders[];

/* In what order rows and their repeats are measured. */
enum scenario_order { ORDER_RANDOM, ORDER_GIVEN };
enum scenario_expect { EXPECT_WORKS, EXPECT_BROKEN };
enum scenario_workload { WORKLOAD_NONE, WORKLOAD_INPUTS, WORKLOAD_EDITS };

/* A number that was not given and has no default: not in effect, and no program gets it. */
#define SCENARIO_UNSET INT64_C(-1)

struct scenario_source {
    int kind;    /* enum scenario_source_kind */
    int pattern; /* index into fixed, poisson, bursts */
    double rate_hz, trace_speed;
    double speed;   /* sports, dashboard: times faster than the real thing */
    double tick_hz; /* game: states a second in each room */
    int64_t rooms;  /* game; SCENARIO_UNSET: see scenario_rooms() */
    int64_t payload_bytes, burst_on_ms, burst_off_ms;
    char trace_file[SCENARIO_TEXT_BYTES]; /* as given: relative to the scenario's folder */
    char trace_path[SCENARIO_PATH_BYTES]; /* as opened */
    bool trace_loop;
};

struct scenario_server {
    char listen[SCENARIO_TEXT_BYTES];
    int64_t history, max_hold_ms, heartbeat_ms, retry_ms, ws_ping_ms, backlog_bytes;
    int64_t max_connections, sndbuf_bytes, rcvbuf_bytes, test_delay_ms;
    int stamp; /* index into due, published */
    bool poll_cache;
    bool history_file; /* as a row's */
};

/* What clients send, and who of them. */
struct scenario_send {
    int workload;           /* enum scenario_workload */
    double rate_hz;         /* messages a second of each sender */
    int64_t bytes, senders; /* senders: of each room; SCENARIO_UNSET: all */
    char channel[SCENARIO_TEXT_BYTES];
};

/* What the use case needs; SCENARIO_UNSET: it doesn't ask. pushlab advise holds rows against it. */
struct scenario_require {
    double latency_ms, percentile; /* so many percent of updates within so long */
    double on_time;                /* share (0..1) of updates within deadline_ms */
    double age_ms;                 /* mean */
};

struct scenario_balancer {
    int kind;   /* enum scenario_balancer_kind; of a row SCENARIO_UNSET */
    int source; /* enum scenario_servers_source; of a row SCENARIO_UNSET */
    int64_t servers;
    char config[SCENARIO_TEXT_BYTES]; /* as given: relative to the scenario's folder */
    char link[SCENARIO_TEXT_BYTES];   /* between it and each server */
};

/* What goes wrong while a row is measured. */
struct scenario_fault {
    int kind;              /* enum fault_kind; of one that was not given SCENARIO_UNSET */
    double at_s;           /* from the start of the window */
    double for_s, percent; /* SCENARIO_UNSET where the kind has none; for_s: never ends */
};
struct scenario_faults {
    struct scenario_fault list[FAULTS_MAX];
    size_t n;
    bool given;
};

/* How clients come back after they lost a connection. */
struct scenario_reconnect {
    int64_t window_ms; /* SCENARIO_UNSET: as the client's back-off says */
};

struct scenario_row {
    char id[SCENARIO_NAME_BYTES]; /* unique in the scenario; fit for a file name */
    int transport;                /* enum transport_id */
    int connection;               /* enum connection_mode */
    int64_t interval_ms, hold_ms; /* SCENARIO_UNSET where the transport has none */
    int poll;                     /* enum poll_mode; SCENARIO_UNSET where it doesn't poll short */
    int64_t interval_max_ms;      /* this and the next SCENARIO_UNSET where poll isn't backoff */
    double backoff_factor;
    bool tls_resume;      /* resume TLS sessions when connecting again */
    int expect;           /* enum scenario_expect */
    int64_t heartbeat_ms; /* instead of the server's; SCENARIO_UNSET: not */
    /* Instead of the scenario's; what is unset or "" is the scenario's: scenario_balancer_of(). */
    struct scenario_balancer balancer;
    struct scenario_faults faults;       /* not given: the scenario's: scenario_faults_of() */
    struct scenario_reconnect reconnect; /* unset: the scenario's: scenario_reconnect_window_ms() */
    bool history_file;                   /* a server that is started again has its history */
};

/* The networks to compare on, each a run of its own: "loopback", or what link_spec_parse reads. */
struct scenario_links {
    char text[SCENARIO_MAX_LINKS][SCENARIO_TEXT_BYTES];
    size_t n;
};

struct scenario {
    char name[SCENARIO_NAME_BYTES]; /* fit for a folder name */
    char title[SCENARIO_TEXT_BYTES];
    struct scenario_source source;
    struct scenario_server server;
    struct scenario_send send;
    struct scenario_balancer balancer;
    struct scenario_require require;
    struct scenario_reconnect reconnect;
    struct scenario_faults faults;
    /* Names with commas between them; "{room}" in one is the client's room. Both "": the
     * default channel. */
    char channel[SCENARIO_LIST_BYTES], latest[SCENARIO_LIST_BYTES];
    int64_t room_size, pick; /* SCENARIO_UNSET: one room; all of latest */
    double deadline_ms;      /* SCENARIO_UNSET: none */
    double poll_jitter_ms;   /* SCENARIO_UNSET: see scenario_poll_jitter_ms() */
    int64_t clients, ramp_per_s, source_addresses, seed;
    double warmup_s, duration_s, drain_s;
    int64_t repeat; /* how many times each row is measured */
    int order;      /* enum scenario_order */
    int heads;      /* enum request_heads */
    bool tls;
    int tls_version; /* index into any, 1.2, 1.3 */
    struct scenario_links links;
    bool line_per_client; /* the link is that of each client */
    size_t link;          /* which of them this run is on */
    int64_t ip;           /* 4 or 6: the version of IP */
    struct scenario_row rows[SCENARIO_MAX_ROWS];
    size_t nrows;
    char path[SCENARIO_PATH_BYTES]; /* the file it came from */
    cJSON *supplied;                /* the file as it was; owned */
};

/* The path of what the user typed: a file, or the name of a scenario that comes with pushlab
 * ("game", "balancers/kinds"). What is neither is a path that cannot be opened. */
void scenario_find(char *path, size_t cap, const char *word);

/* Read, check and complete a scenario. The message names the file, the key's place, what was
 * wrong and what is accepted ("standard.json: rows[2].interval_ms: 'x' is not a number;
 * accepted: 1 to 3600000"). On failure there is nothing to free. 0, PL_EINVAL, PL_ESYS or
 * PL_ENOMEM. */
int scenario_load(struct scenario *s, const char *path, struct err_text *e);
/* The same from text of len bytes (text[len] must be NUL); path is for messages. */
int scenario_parse(struct scenario *s, const char *path, const char *text, size_t len,
                   struct err_text *e);
void scenario_free(struct scenario *s);

/* Set a key ("clients", "source.rate_hz", not of a row) from the command line; option is what
 * the user typed, for the message. scenario_check() must follow the last. 0 or PL_EINVAL. */
int scenario_override(struct scenario *s, const char *key, const char *option, const char *text,
                      struct err_text *e);
/* The scenario as a file would have it, from which others can be made with scenario_put() and
 * scenario_parse(): what was supplied, with its name and every row's id. The caller's. */
cJSON *scenario_file(const struct scenario *s);
/* Write the value that a word of the command line stands for into such a file. key is one number,
 * choice or flag of the scenario ("source.rate_hz"), one of all rows that can have it
 * ("rows.interval_ms": the short polls), "link", or a part of the link ("link.rtt_ms"; the rest of
 * it stays). s is what file was made of; option is for the message. *value, unless NULL, gets the
 * value, the caller's. 0 or PL_EINVAL. */
int scenario_put(cJSON *file, const struct scenario *s, const char *key, const char *option,
                 const char *word, cJSON **value, struct err_text *e);

/* Keep only the rows of a comma-separated list of ids, in the scenario's order. 0 or PL_EINVAL. */
int scenario_keep_rows(struct scenario *s, const char *ids, struct err_text *e);

/* Refuse what does not go together, in the file or by overrides. 0 or PL_EINVAL. */
int scenario_check(struct scenario *s, struct err_text *e);

/* Rooms that a game's server runs: as the scenario says, or as many as the clients fill. */
int64_t scenario_rooms(const struct scenario *s);

/* How long clients wait at most between two long polls: as the scenario says, or a tenth of the
 * link's round trip. */
double scenario_poll_jitter_ms(const struct scenario *s);

/* How long a row runs before its window: as the scenario says, or until every client has shown an
 * update. Otherwise the age of what clients show would be that of their first updates, which are
 * young. */
double scenario_warmup_s(const struct scenario *s, const struct scenario_row *row);

/* The round trip of this run's link; 0 on loopback, and where the link can't be read. */
double scenario_rtt_s(const struct scenario *s);

/* What the machine needs for a measurement beyond its phases: processes start, the drain is short.
 * Measured: 0.5 to 0.9 s over an emulated link. */
#define SCENARIO_ROW_REST_S 0.7
/* About how long it takes to measure a row once. */
double scenario_row_expected_s(const struct scenario *s, const struct scenario_row *row);
/* The same for all rows, as often as the scenario repeats them. */
double scenario_expected_s(const struct scenario *s);

/* The network of this run, as network_open() reads it. Returns out. */
const char *scenario_link(char *out, size_t cap, const struct scenario *s);
/* What stands between the row's clients and servers, the scenario's defaults filled in. */
void scenario_balancer_of(struct scenario_balancer *out, const struct scenario *s,
                          const struct scenario_row *row);
bool scenario_has_balancers(const struct scenario *s);
/* The faults of the row, by their order in the file. */
const struct scenario_faults *scenario_faults_of(const struct scenario *s,
                                                 const struct scenario_row *row);
/* How long the row's clients wait at most before they first try to connect again; SCENARIO_UNSET:
 * as the client's back-off says. */
int64_t scenario_reconnect_window_ms(const struct scenario *s, const struct scenario_row *row);
/* How long the fault lasts: 0 when it ends as it begins, until the window's end when it has no
 * end. */
double scenario_fault_lasts_s(const struct scenario *s, const struct scenario_fault *f);
/* The path of a file that stands beside the scenario's. */
void scenario_path_beside(char out[SCENARIO_PATH_BYTES], const struct scenario *s,
                          const char *name);

/* Everything with defaults filled in and overrides applied: a new object, the caller's. */
cJSON *scenario_effective(const struct scenario *s);

/* The key, with its section ("source.rate_hz"), that was probably meant by a path that none has;
 * near may hold it. NULL: none is like it. */
const char *scenario_nearest_key(char near[SCENARIO_NAME_BYTES], const char *path);

/* What holds where a scenario does not name a key ("server.test_delay_ms"; of rows
 * "rows.interval_ms"), as text, "" for nothing or a section. False: no scenario has that key. */
bool scenario_default(char *out, size_t cap, const char *key);

/* A text that a scenario may have as this key: the schema by which editors check the file. */
#define SCENARIO_SCHEMA_KEY "$schema"
#define JSON_SCHEMA_2020_12 "https://json-schema.org/draft/2020-12/schema"
/* The JSON Schema of scenario files, made from the table: a new object, the caller's. */
cJSON *scenario_schema(void);

/* The reference of all keys, made from the table: `pushlab help scenarios`. */
void scenario_print_keys(FILE *out);
