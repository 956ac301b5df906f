/* Opening connections on the loop: a non-blocking connect with a deadline. The socket
 * options of every client are set here, in one place (docs/architecture.md, "Fairness"). */
#ifndef PUSHLAB_DIAL_H
#define PUSHLAB_DIAL_H

#include <stdint.h>
#include <sys/socket.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/err.h"
#include "clients/client/schedule.h"
#include "lib/proto/url.h"

enum { DIAL_ADDRESSES_MAX = 8, DIAL_TEXT_BYTES = 64 };

/* Where to, and from where. Filled by dial_resolve(); the rest is the caller's wish. */
struct dial_target {
    struct dial_address {
        struct sockaddr_storage addr;
        socklen_t len;
    } to[DIAL_ADDRESSES_MAX]; /* several: whoever dials takes one by its turn */
    uint32_t addresses;
    /* Bind to this many addresses from 127.0.0.1 on, in turn: each has its own 28,000
     * ephemeral ports. 0: leave it to the kernel. Only for IPv4 loopback targets. */
    uint32_t source_addresses;
    int sndbuf_bytes, rcvbuf_bytes; /* 0: the kernel's choice */
};

/* Look the host up (blocking: once, at start-up) and take its first address; or with answer, a
 * list of literal addresses with commas between them, take these for what DNS has said.
 * 0, or PL_EINVAL with the line in e. */
int dial_resolve(struct dial_target *t, const struct url *u, const char *answer,
                 struct err_text *e);

/* Is it 127.0.0.0/8? Only then may source addresses be spread. */
bool dial_target_is_loopback4(const struct dial_target *t);

/* "127.0.0.1:8080", "[::1]:8080": whom that turn takes. */
void dial_target_text(char out[DIAL_TEXT_BYTES], const struct dial_target *t, uint32_t turn);

struct dial {
    struct event event;      /* holds the descriptor while connecting */
    struct deadline timeout; /* once connected the owner's, for a TLS handshake in what is left */
    struct schedule *schedule;
    /* Exactly once, from the loop: fd connected and the caller's, or -1 and why. */
    void (*on_done)(void *arg, int fd, int sys_errno);
    void *arg;
    bool active;
};

/* Start connecting; turn chooses the address, and the source address. Gives up with ETIMEDOUT at
 * timeout_due_ns. 0 (on_done will be called), or PL_ESYS or PL_ENOMEM (it will not). */
int dial_start(struct dial *d, struct event_base *base, struct schedule *schedule,
               const struct dial_target *t, uint32_t turn, int64_t timeout_due_ns);
/* Abandon the attempt: on_done is not called. Harmless when there is none. */
void dial_cancel(struct dial *d);

#endif
