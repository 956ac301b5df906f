/* One client: a connection that is opened, lost and opened again; a cursor; and the account of
 * what arrived. The same for every transport: a driver (driver.h) adds the protocol.
 *
 * Life: client_array_init(), client_begin() at its turn of the ramp; then connections are opened by
 * client_dial(), lost, and waited for (client_back_off()), until client_leave(). All of it
 * happens on the loop; nothing here blocks.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/client/connection.h"
#include "clients/client/driver.h"
#include "clients/record/channel_tracks.h"
#include "lib/proto/cursor.h"

enum { CLIENT_RETRY_MAX_S = 3600 }; /* no server can make a client wait for longer */

struct client {
    struct connection net; /* first: the connection layer hands it back to us */
    const struct driver *driver;
    uint32_t index; /* from 0: decides its room, picks and addresses */
    bool leaving;
    uint32_t losses;                 /* of connections that worked: numbers its random waits */
    bool broken;                     /* the next connection is a reconnect */
    bool anew;                       /* it came back as a new client and has no cursor yet */
    bool held;                       /* it reads nothing */
    bool crashed, reaping;           /* it is away; its last connection is not reaped yet */
    struct track track;              /* with channels: only the cursor */
    char epoch[EPOCH_CHARS + 1];     /* of the cursor (lib/proto/cursor.h); "": not told */
    struct channel_tracks *channels; /* owned; NULL: it receives the default channel */
    uint64_t unsorted_bytes;         /* read, and not yet known to be payload or framing */
    int64_t retry_floor_ns; /* the server asked for at least this wait, always (SSE retry:) */
    int64_t retry_once_ns;  /* before the next attempt (Retry-After) */
    int64_t overdue_ns;     /* when the answer to its request is; 0: none is under way */
    int64_t answered_ns;    /* when this connection was answered; 0: it has not been */
    int64_t cut_off_ns; /* when it lost its connection, until it is answered again; 0: it has not */
    int64_t dialed_ns;  /* when the connect was begun, which decides its window */
    char *cookie;       /* owned; the server's, "name=value"; NULL: none */
};

/* Connect, or wait until its first request is due. */
void client_begin(struct client *c, int64_t now_ns);
/* End in an orderly way, whatever its state; hooks.ended is called at once or within a second. */
void client_leave(struct client *c, int64_t now_ns);

/* ---- what can happen to a client ----
 * None of these changes a client that is leaving. */

/* Its connection, if it has one, is reset; the client goes on as after any loss. */
void client_reset(struct client *c);
/* It vanishes without a farewell. client_return() must follow, or client_leave(). */
void client_crash(struct client *c, int64_t now_ns);
/* It comes back and knows nothing: no cursor, no cookie, no TLS session. What was published
 * meanwhile it has missed. False: its last connection is not reaped yet; try again. */
bool client_return(struct client *c, int64_t now_ns);
/* It stops reading, whatever connection it has; or goes on. */
void client_hold(struct client *c, bool hold);

/* Does it know from where on it has updates? */
static inline bool client_has_cursor(const struct client *c)
{
    return c->track.joined && !c->anew;
}

static inline bool client_has_ended(const struct client *c)
{
    return c->net.state == CONNECTION_ENDED;
}

/* All clients of a run: structs of their driver's, client_bytes long. */
struct client_array {
    unsigned char *first; /* owned */
    size_t stride_bytes;
    uint64_t n;
};

static inline struct client *client_at(const struct client_array *a, uint64_t index)
{
    return (struct client *)(void *)(a->first + index * a->stride_bytes);
}

/* As many as env's options say. 0, or negative with the line in e; a can be freed either way. */
int client_array_init(struct client_array *a, struct client_env *env, struct err_text *e);
/* Close all connections at once; the loop must still reap. */
void client_array_abort(struct client_array *a);
/* After all have ended and the loop has reaped. */
void client_array_free(struct client_array *a);

/* ---- for drivers: the connection ---- */

/* Start connecting. on_open() follows, or a back-off and another attempt. */
void client_dial(struct client *c, int64_t now_ns);
/* The connection was lost, or the request refused: wait, then client_dial(). */
void client_back_off(struct client *c, int64_t now_ns);
/* Call the driver's on_due() at due_ns, unless a connection is opened or lost before. */
void client_wait_until(struct client *c, int64_t due_ns);
/* The peer broke the protocol or refused the request: count a failed response, note why, and end
 * the connection; on_lost() follows. */
void client_fail(struct client *c, const char *why, int64_t now_ns);
/* The same, without a further attempt: it can never work. */
void client_give_up(struct client *c, const char *why, int64_t now_ns);
/* One of these two, for this response. With Retry-After (RFC 9110 §10.2.3) the next attempt waits
 * for so long at least. */
void client_refused(struct client *c, const struct http_message *m, bool for_good, int64_t now_ns);
/* The server asked for at least ms before each further attempt, CLIENT_RETRY_MAX_S at most. */
void client_keep_retry(struct client *c, int64_t ms);
/* Asked of the next attempt alone: what a server says that is about to end. */
void client_retry_once(struct client *c, int64_t ms);
/* In on_lost(), with a request unanswered: note it if the server closed the connection. */
void client_note_unanswered(struct client *c, enum conn_end why);

/* ---- for drivers: requests ---- */

struct client_request {
    enum request_kind kind;
    const char *fields; /* as in struct http_request */
    bool with_cursor;   /* ask for what follows the cursor, if that is known */
    int64_t hold_ms;    /* ask the server to hold the request; negative: do not */
};

/* Send and count the driver's GET, for the client's channels. */
void client_ask(struct client *c, const struct client_request *r, int64_t now_ns);
/* The request was answered as wanted: count it and keep its cookie, if it sets one: what sticky
 * sessions need. Only the newest is kept, and its attributes are ignored (RFC 6265 §5): a run is
 * short and has one host. */
void client_answered(struct client *c, const struct http_message *m, int64_t recv_ns);
/* Something useful came: the next back-off is the shortest again. That a server accepts says little
 * (RFC 6455 §7.2.3): it may close each time. An update is useful, and so is a poll's answer. */
static inline void client_served(struct client *c)
{
    c->net.attempts = 0;
}
/* Send, and count bytes out. 0, or negative when the connection has ended. */
int client_send(struct client *c, const void *data, size_t len, int64_t now_ns);

/* ---- for drivers: the account ---- */

#define CLIENT_COUNT(c, at_ns, counter, n)                                                         \
    RECORDER_COUNT(&(c)->net.env->recorder, (at_ns), counter, (n))

/* n more bytes have been read. They are framing unless client_update() says otherwise. */
static inline void client_took(struct client *c, size_t n)
{
    c->unsorted_bytes += n;
}
/* A message has ended: count as framing what client_took() and client_update() leave over. */
void client_sort_bytes(struct client *c, int64_t recv_ns);

/* The server sent the cursor: that of the last update before those to come. With restarted, with
 * another epoch, or with a smaller number than ours, it is another server than the one that we had
 * ours from: one that was restarted, most of the time. Then nothing of its updates is here. */
void client_joined(struct client *c, const struct cursor *at, bool restarted, int64_t now_ns);
/* The server said that count updates after the cursor are no longer in its history. */
void client_missed(struct client *c, uint64_t count);
/* An update arrived; text_len bytes of those taken are its envelope. */
void client_update(struct client *c, const struct envelope *e, size_t text_len, int64_t recv_ns);
/* One message of a streaming transport: an update or a notice; anything else is noted. */
void client_message(struct client *c, const char *text, size_t len, int64_t recv_ns);
