/* What a transport's driver implements: one const struct per transport. clients/driver/drivers.c is
 * their list; lib/proto/transport_info.h says how to add one.
 *
 * client.c owns the connection, the back-off and the recording; a driver only implements its
 * protocol. Its private state is a struct that begins with struct client, zeroed at first.
 * Times are CLOCK_MONOTONIC; all calls come from the loop, and none may block.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/net/conn.h"
#include "lib/proto/transport_info.h"

struct client;

struct driver {
    const struct transport_info *info;
    size_t client_bytes; /* the struct that begins with struct client */

    /* It is this client's turn to start: connect, or wait. */
    void (*begin)(struct client *c, int64_t now_ns);
    /* The connection is open: send the request. */
    void (*on_open)(struct client *c, int64_t now_ns);
    /* Bytes arrived; data may be changed in place. client_took() accounts for each of them. */
    void (*on_data)(struct client *c, uint8_t *data, size_t len, int64_t recv_ns);
    /* The connection has ended: forget what was half read, and client_back_off() or dial again. */
    void (*on_lost)(struct client *c, enum conn_end why, int64_t now_ns);
    /* client_wait_until() is over. NULL when the driver never waits. */
    void (*on_due)(struct client *c, int64_t now_ns);
    /* The run is over: end the open connection in an orderly way. */
    void (*leave)(struct client *c, int64_t now_ns);
    void (*free)(struct client *c);
    /* Requests that were due in the window and have not left. NULL: none ever. */
    uint64_t (*count_unsent)(const struct client *c);

    /* Send a message of the client's (lib/proto/post.h) on the transport's own connection. NULL:
     * it goes by POST /publish on a second one. Returns the bytes sent, framing included; 0: not
     * now, hooks.opened says when; negative: the connection has ended. */
    ssize_t (*post)(struct client *c, const char *text, size_t len);
    /* Ask the peer to confirm that it has read all that was posted before: hooks.read_up_to(mark)
     * follows, unless the connection is lost. Returns as post does. */
    ssize_t (*post_mark)(struct client *c, uint64_t mark);
};
