/* The update as every transport carries it: {"seq":17,"t":81234567890123,"data":{...}}
 *
 * seq counts from 1 without gaps; t is the publisher's CLOCK_MONOTONIC in nanoseconds;
 * data is any JSON value on one line. The same bytes on every transport. No I/O.
 */
#ifndef PUSHLAB_ENVELOPE_H
#define PUSHLAB_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct envelope {
    uint64_t seq;
    int64_t t_ns;
    const char *data; /* points into the scanned bytes */
    size_t data_len;
};

/* Room that the envelope adds around data, at most. */
enum { ENVELOPE_OVERHEAD_BYTES = 64 };

/* Write the envelope around data (not validated here) to dst, which must have room for
 * data_len + ENVELOPE_OVERHEAD_BYTES. t_ns >= 0. Returns its length. */
size_t envelope_encode(char *dst, uint64_t seq, int64_t t_ns, const char *data, size_t data_len);

/* Read one envelope. Accepts exactly the key order above (what every pushlab server and the
 * documented test servers send) without white space; whole numbers, t up to INT64_MAX. data is
 * whatever stands before the last brace, at least one byte: not looked into, since this runs
 * once per update received. 0 or LAB_EPROTO. */
int envelope_scan(struct envelope *out, const char *text, size_t len);

/* Walk a JSON array of envelopes (a poll body): *at starts at 0; each call yields the next
 * element's bytes. Braces and strings are told apart, nothing more. Returns the element's length,
 * 0 at the closing bracket (again if called again), LAB_EPROTO when broken. */
ssize_t envelope_array_next(const char *body, size_t len, size_t *at, const char **item);

#endif
