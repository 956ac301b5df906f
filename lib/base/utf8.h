/* Incremental UTF-8 validation (RFC 3629), a byte at a time, for RFC 6455 §8.1: an invalid
 * message is refused at its first wrong byte, across any fragmentation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise to start. */
struct utf8 {
    uint8_t need;      /* continuation bytes still expected */
    uint8_t low, high; /* accepted range of the next one */
};

/* Feed bytes. False as soon as the text cannot be UTF-8 any more. */
bool utf8_feed(struct utf8 *u, const uint8_t *data, size_t len);

/* True when no code point is left unfinished. */
bool utf8_done(const struct utf8 *u);
