/* A message from client to server, as POST /publish and a WebSocket carry it:
 *
 *   {"publish":{"channel":"doc","key":"cursor/7","from":"7","from_n":42,"from_t":81234},"data":X}
 *
 * The members of "publish" stand in this order, each of them optional; envelope.h says what they
 * mean. data is any JSON value. What does not begin with {"publish":{ is not a post but plain
 * data for the default channel. Several posts are sent together as a JSON array of them.
 * The same bytes on every transport. No I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/name.h"

/* Everything is borrowed. */
struct post {
    struct name channel, key, from;
    uint64_t from_n;   /* 0: none */
    int64_t from_t_ns; /* 0: none */
    const char *data;
    size_t data_len;
};

enum { POST_OVERHEAD_BYTES = 160 };

/* What the compact JSON text is: plain data, one post, or an array whose first element is one. */
enum post_form { POST_PLAIN, POST_ONE, POST_LIST };
enum post_form post_form_of(const char *text, size_t len);

/* Read one post from a compact, valid JSON object (json_line.h). from_n without from is an
 * error. 0 or PL_EPROTO. */
int post_scan(struct post *out, const char *text, size_t len);

/* Write the post (not validated here) to dst, which must have room for
 * data_len + POST_OVERHEAD_BYTES + the lengths of its names. Returns its length. */
size_t post_encode(char *dst, const struct post *p);
