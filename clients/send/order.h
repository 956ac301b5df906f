/* Does each message of a sender reach a listener once, and in order? One track per listener,
 * sender and channel, by the sender's own numbers (1, 2, 3, ...), so that nothing the server
 * says about itself is believed. Pure.
 *
 * Where every message is due, each number has to come once, each after the one before. Where
 * only the latest value counts, numbers may be skipped but must grow, and the last must come.
 */
#ifndef PUSHLAB_ORDER_H
#define PUSHLAB_ORDER_H

#include <stdint.h>

enum order_kind {
    ORDER_NOT_HEARD, /* not subscribed */
    ORDER_EVERY,
    ORDER_LATEST,
};

enum order_receipt {
    ORDER_NEW,
    ORDER_DOUBLED,   /* it had come before */
    ORDER_REORDERED, /* it comes for the first time, after a later one */
    ORDER_REPEATED,  /* latest: the value that is held, told again after a reconnection: allowed */
};

/* How far back a number that comes late is told from one that comes twice, for certain. Further
 * back it is taken for one of those missing there, if any are. */
enum { ORDER_MEMORY = 64 };

/* Zero-initialise. */
struct order_track {
    uint64_t newest;   /* largest number that came; 0: none yet */
    uint64_t recent;   /* bit i: newest - i has come */
    uint64_t received; /* different numbers that came */
};

/* Number n (>= 1) has come. */
enum order_receipt order_take(struct order_track *t, enum order_kind kind, uint64_t n);

/* How many of sent messages 1..sent are missing: in latest channels 1 when the last is. */
uint64_t order_missing(const struct order_track *t, enum order_kind kind, uint64_t sent);

#endif
