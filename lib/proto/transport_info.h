/* The one table of transports: what servers, clients, charts, reports and the live page call
 * them, where they are asked for, and their colours. transport_info.def holds the rows.
 *
 * To add a transport:
 *   1. a row in lib/proto/transport_info.def
 *   2. servers/transport/transport_NAME.c, a line in servers/transport/transports.h, and a row in
 *      servers/route.c
 *   3. clients/driver/driver_NAME.c, and its row in clients/driver/drivers.c
 *   4. for the live page, its start function in servers/web/transports.js
 * Options, completion, scenarios, tables, charts, reports and colours follow from the row. A new
 * way of getting updates also needs its formulas: bench/model. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum transport_id {
#define TRANSPORT(id, ...) TRANSPORT_##id,
#include "lib/proto/transport_info.def"
#undef TRANSPORT
    TRANSPORT_COUNT
};

/* How a client gets an update. The first two make a request for each answer, so they can also
 * take a new connection for each (scenario key "connection": "close"). */
enum transport_way {
    TRANSPORT_WAY_SHORT_POLL, /* at intervals (interval_ms), answered at once */
    TRANSPORT_WAY_LONG_POLL,  /* the server holds the request (hold_ms) until there is one */
    TRANSPORT_WAY_PUSH,       /* the server sends it on a connection that stays open */
};

/* The client's connections (--connection, and a scenario row's "connection"). */
enum connection_mode {
    CONNECTION_KEEP_ALIVE, /* one for everything */
    CONNECTION_CLOSE,      /* a new one for every request */
};
extern const char *const connection_modes[]; /* "keep-alive", "close"; NULL ends the list */

/* When the next short poll leaves (--poll, and a scenario row's "poll"). */
enum poll_mode {
    POLL_CLOCK,   /* an interval after the one before was due, whatever became of that */
    POLL_PAUSE,   /* an interval after the answer to the one before */
    POLL_BACKOFF, /* the same, but the pause grows with each answer that has no updates */
};
extern const char *const poll_modes[]; /* "clock", "pause", "backoff"; NULL ends the list */

struct transport_info {
    enum transport_id id;
    const char *name;        /* "sse": on command lines, in JSON, file names and charts */
    const char *label;       /* "Server-sent events": in titles */
    const char *short_label; /* "SSE": where space is short */
    const char *path;        /* "/events": where the server offers it; queries come after it */
    const char *how;         /* one sentence on how updates travel */
    enum transport_way way;
    bool two_way;         /* what the client publishes goes over the same connection */
    uint32_t rgb;         /* 0xRRGGBB, from the palette of Okabe and Ito (2008) */
    uint32_t rgb_on_dark; /* where rgb is too dark for a dark page, else 0 */
    uint8_t ansi256;      /* the nearest of a terminal's 256 colours */
    uint8_t symbol;       /* gnuplot's filled point type; the one before it is its outline */
};

/* Indexed by id. */
extern const struct transport_info transport_infos[TRANSPORT_COUNT];
/* Their names in the same order, for options; NULL ends the list. */
extern const char *const transport_names[TRANSPORT_COUNT + 1];

/* NULL when there is no transport of that name. */
const struct transport_info *transport_info_find(const char *name);
/* NULL when the server offers none at this path (without a query). */
const struct transport_info *transport_info_at(const char *path);

/* Whether each answer is asked for: then "connection" may be "close". */
bool transport_info_polls(const struct transport_info *t);
