/* Where a client connects to and from, and the socket that it does so with. The socket options of
 * every client are set here, in one place (docs/architecture.md). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/err.h"
#include "lib/proto/url.h"

enum { DIAL_ADDRESSES_MAX = 8, DIAL_TEXT_BYTES = 64 };

/* dial_resolve() fills in the addresses; the rest is the caller's choice. */
struct dial_target {
    struct dial_address {
        struct sockaddr_storage addr;
        socklen_t len;
    } to[DIAL_ADDRESSES_MAX]; /* several: each connection takes one by its turn */
    uint32_t addresses;
    /* Bind to this many addresses from 127.0.0.1 on, in turn: each has its own 28,000
     * ephemeral ports. 0: leave it to the kernel. Only for IPv4 loopback targets. */
    uint32_t source_addresses;
    int sndbuf_bytes, rcvbuf_bytes; /* 0: the kernel's choice */
};

/* Look the host up (blocking: once, at start-up) and take its first address; or, if answer is not
 * NULL, use this list of literal addresses, separated by commas, in place of the look-up.
 * 0, or PL_EINVAL with the line in e. */
int dial_resolve(struct dial_target *t, const struct url *u, const char *answer,
                 struct err_text *e);

/* Is it 127.0.0.0/8? Only then may source addresses be spread. */
bool dial_target_is_loopback4(const struct dial_target *t);

/* "127.0.0.1:8080", "[::1]:8080": the address of that turn. */
void dial_target_text(char out[DIAL_TEXT_BYTES], const struct dial_target *t, uint32_t turn);

/* Start a non-blocking connect(2). turn chooses the address and the source address. Returns the
 * descriptor, the caller's, or PL_ESYS with errno. */
int dial_start(const struct dial_target *t, uint32_t turn);
