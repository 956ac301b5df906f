/* One client: a connection that comes, breaks and comes again; a cursor; and the account of
 * what arrived. The same for every transport: a driver (driver.h) adds the protocol.
 *
 * Life: client_init(), client_begin() when the ramp says so; then connections are opened by
 * client_dial(), lost, and waited for (client_back_off()), until client_leave(). All of it
 * happens on the loop; nothing here blocks.
 */
#ifndef PUSHLAB_CLIENT_H
#define PUSHLAB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/client/client_env.h"
#include "lib/net/conn.h"
#include "clients/client/dial.h"
#include "clients/client/driver.h"
#include "lib/proto/http_message.h"
#include "clients/record/channel_tracks.h"
#include "clients/record/recorder.h"
#include "clients/client/schedule.h"

/* Room for the channels of one client, and for a cursor and a time. */
enum { CLIENT_QUERY_BYTES = CLIENT_CHANNELS_TEXT_BYTES + 128 };

enum client_state {
    CLIENT_IDLE,     /* no connection, none on its way */
    CLIENT_DIALING,  /* connecting */
    CLIENT_SECURING, /* connected, the TLS handshake is under way */
    CLIENT_OPEN,     /* connected */
    CLIENT_BACKOFF,  /* waiting before the next attempt */
    CLIENT_ENDED,    /* left, or failed for good */
};

struct client {
    struct conn conn; /* first: the connection layer hands it back to us */
    struct client_env *env;
    const struct driver *driver;
    uint32_t index;
    uint8_t state;
    uint8_t attempts;      /* failures in a row */
    uint8_t address_shift; /* dials that failed: each moves on to the host's next address */
    bool leaving;
    bool broken;                  /* the next connection is a reconnect */
    struct track track;           /* with lanes: only the cursor */
    struct channel_tracks *lanes; /* owned; NULL: it receives the default channel */
    uint64_t unsorted_bytes;      /* read, and not yet known to be payload or framing */
    int64_t retry_floor_ns;       /* the server asked for at least this wait (SSE retry:) */
    int64_t cut_off_ns;           /* since when it has had to wait for an answer; 0: it has not */
    int64_t dial_due_ns;          /* when the connection was due: the window it counts in */
    struct deadline timer;        /* back-off, leaving, or the driver's own wait: by state */
    struct dial dial;
    struct tls_memory session; /* to resume when it comes again */
    char *cookie;              /* owned; "name=value" as it was told to send; NULL: not told */
};

/* 0, PL_ENOMEM, or PL_EINVAL when two of its channels have the same name. */
int client_init(struct client *c, struct client_env *env, const struct driver *driver,
                uint32_t index);
void client_begin(struct client *c, int64_t now_ns);
/* End in an orderly way, however it stands; hooks.ended follows, at once or within a second. */
void client_leave(struct client *c, int64_t now_ns);
/* End at once, without a word to the peer; the loop must still reap. */
void client_abort(struct client *c);
/* After it has ended. */
void client_free(struct client *c);

/* ---- for drivers: the connection ---- */

/* Start connecting. on_open() follows, or a back-off and another attempt. */
void client_dial(struct client *c, int64_t now_ns);
/* The same for a request that was due at due_ns: its connection counts where it does. */
void client_dial_for(struct client *c, int64_t due_ns, int64_t now_ns);
/* The connection was lost or refused us: wait, then client_dial(). */
void client_back_off(struct client *c, int64_t now_ns);
/* Call the driver's on_due() at due_ns. */
void client_wait_until(struct client *c, int64_t due_ns);
/* The peer broke the protocol or refused the request: count a failed response due at due_ns,
 * note why, and end the connection; on_lost() follows. */
void client_fail(struct client *c, int64_t due_ns, const char *why);
/* The same, and it will never work: no further attempt. */
void client_give_up(struct client *c, int64_t due_ns, const char *why);
/* One of the two because of the status that was answered. */
void client_refused(struct client *c, int64_t due_ns, int status, bool for_good);
/* The conversation works: the next loss starts with the shortest wait again. */
void client_settled(struct client *c, int64_t now_ns);
/* The query of a request: from where on (if with_cursor and one is known), what (its channels) and
 * how long to hold (negative: not said); "" when there is nothing to say. */
void client_query(const struct client *c, char out[CLIENT_QUERY_BYTES], bool with_cursor,
                  int64_t hold_ms);
/* Send, and count bytes out. 0, or negative when the connection has ended. */
int client_send(struct client *c, const void *data, size_t len, int64_t now_ns);

/* ---- for drivers: the account ---- */

#define CLIENT_COUNT(c, at_ns, counter, n)                                                         \
    recorder_count(&(c)->env->recorder, (at_ns), offsetof(struct counters, counter), (n))

/* A request is being sent that was due at due_ns. */
void client_count_request(struct client *c, int64_t due_ns);

/* n more bytes have been read. They are framing unless client_update() says otherwise. */
static inline void client_took(struct client *c, size_t n)
{
    c->unsorted_bytes += n;
}
/* Remember the cookie of an answer, if it sets one: what sticky sessions stick by. One is kept, the
 * newest, whatever its attributes say (RFC 6265 §5): a run is short and has one host. */
void client_keep_cookie(struct client *c, const struct http_message *m);
/* Everything taken so far that is not payload is framing: the end of a message. */
void client_sort_bytes(struct client *c, int64_t recv_ns);

/* The server told the cursor. */
void client_joined(struct client *c, uint64_t cursor, int64_t now_ns);
/* The server told that count updates are gone. */
void client_missed(struct client *c, uint64_t count);
/* An update arrived; text_len bytes of those taken are its envelope. */
void client_update(struct client *c, const struct envelope *e, size_t text_len, int64_t recv_ns);
/* One message of a streaming transport: an update or a notice; anything else is noted. */
void client_message(struct client *c, const char *text, size_t len, int64_t recv_ns);

#endif
