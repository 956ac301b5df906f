/* The update as every transport carries it: {"seq":17,"t":81234567890123,"data":{...}}
 *
 * seq counts all that the server publishes, from 1 without gaps; t is the publisher's
 * CLOCK_MONOTONIC in nanoseconds; data is any JSON value on one line. Between t and data come,
 * in this order and only where they have a value:
 *
 *   "channel":"doc"      not for the default channel
 *   "n":5                counts the channel's updates from 1 without gaps; left out where it
 *                        equals seq, as it always does on a server with one channel
 *   "key":"cursor/7"     which of the channel's values this one replaces
 *   "from":"7"           the sender; its own numbers and clock follow
 *   "from_n":42          which of its messages it was
 *   "from_t":8123456     when it was sent
 *
 * The same bytes on every transport. No I/O.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/name.h"

/* Names and data are borrowed: from the publisher, or from the scanned bytes. */
struct envelope {
    uint64_t seq;
    int64_t t_ns;
    uint64_t n; /* equals seq when it was left out */
    struct name channel, key, from;
    uint64_t from_n;   /* 0: none */
    int64_t from_t_ns; /* 0: none */
    const char *data;
    size_t data_len;
};

/* Room that the envelope adds around names and data, at most. */
enum { ENVELOPE_OVERHEAD_BYTES = 192, ENVELOPE_NAMES_BYTES = 3 * NAME_MAX_BYTES };

/* Write the envelope (not validated here; times >= 0) to dst, which must have room for
 * data_len + ENVELOPE_OVERHEAD_BYTES + the lengths of its names. Returns its length. */
size_t envelope_encode(char *dst, const struct envelope *e);

/* Read one envelope. Accepts exactly the key order above (what every pushlab server and the
 * documented test servers send) without white space; whole numbers, times up to INT64_MAX. data
 * is everything before the last brace, at least one byte: not checked, since this runs
 * once per update received. 0 or PL_EPROTO. */
int envelope_scan(struct envelope *out, const char *text, size_t len);

/* Walk a JSON array of objects (a poll body, a list of posts): *at starts at 0; each call yields
 * the next element's bytes. Braces and strings are told apart, nothing more. Returns the
 * element's length, 0 at the closing bracket (again if called again), PL_EPROTO when broken. */
ssize_t envelope_array_next(const char *body, size_t len, size_t *at, const char **item);
