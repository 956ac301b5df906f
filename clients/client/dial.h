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
    } to[DIAL_ADDRESSES_MAX];
    uint32_t addresses;
    /* Each connection takes an address by its turn (--resolve, as behind a DNS balancer). Otherwise
     * they are those of one name, and all connections use the current one: RFC 8305 without the
     * race, since there is one server. */
    bool in_turn;
    uint32_t current;
    /* Bind to this many addresses from 127.0.0.1 on, in turn: each has its own 28,000
     * ephemeral ports. 0: leave it to the kernel. Only for IPv4 loopback targets. */
    uint32_t source_addresses;
    int sndbuf_bytes, rcvbuf_bytes; /* 0: the kernel's choice */
};

/* Look the host up (blocking: once, at start-up), in the order that the resolver prefers (RFC
 * 6724); or, if answer is not NULL, use this list of literal addresses, separated by commas, in
 * turn. 0, or PL_EINVAL with the line in e. */
int dial_resolve(struct dial_target *t, const struct url *u, const char *answer,
                 struct err_text *e);

/* Is one of them in 127.0.0.0/8? To those, source addresses may be spread. */
bool dial_target_is_loopback4(const struct dial_target *t);

/* Which address a connection with this turn uses now. */
uint32_t dial_choose(const struct dial_target *t, uint32_t turn);
/* That one could not be reached: the next is current, unless it already is. */
void dial_move_on(struct dial_target *t, uint32_t address);

/* "127.0.0.1:8080", "[::1]:8080". */
void dial_target_text(char out[DIAL_TEXT_BYTES], const struct dial_target *t, uint32_t address);

/* Start a non-blocking connect(2) to that address. turn chooses the source address. Returns the
 * descriptor, the caller's, or PL_ESYS with errno. */
int dial_start(const struct dial_target *t, uint32_t address, uint32_t turn);
