/* A client's cursor (docs/protocol.md, Cursors): the number of the newest update that it has, and
 * the epoch in which a server gave that number. Numbers of different epochs have nothing to do with
 * each other: a server that restarts without its history begins another. As text: "17-k3x9qa"; a
 * number alone is of whichever epoch the server is in. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EPOCH_CHARS = 6, /* 0-9 and a-z */
    CURSOR_TEXT_BYTES = 20 + 1 + EPOCH_CHARS + 1,
    HELLO_TEXT_BYTES = sizeof("{\"hello\":,\"epoch\":\"\",\"restarted\":true}") + 20 + EPOCH_CHARS,
};

struct cursor {
    uint64_t seq;
    char epoch[EPOCH_CHARS + 1]; /* "": not told */
};

/* The epoch that any 64 bits name. */
void epoch_of_bits(char epoch[EPOCH_CHARS + 1], uint64_t bits);
/* One for what a text says: the same for the same text. */
void epoch_of_text(char epoch[EPOCH_CHARS + 1], const char *text, size_t len);
bool epoch_valid(const char *text, size_t len);
/* Are both known, and different? */
bool epochs_differ(const char *a, const char *b);

/* Returns the length. epoch "": the number alone. */
size_t cursor_encode(char text[CURSOR_TEXT_BYTES], uint64_t seq, const char *epoch);
/* 0, or PL_EINVAL: not a cursor, or a number above max. */
int cursor_read(struct cursor *out, const char *text, uint64_t max);

/* How a stream begins: {"hello":17,"epoch":"k3x9qa"}, and "restarted":true where the client came
 * with a cursor of another epoch. Returns the length. */
size_t hello_encode(char text[HELLO_TEXT_BYTES], const struct cursor *at, bool restarted);
/* epoch and restarted may be missing. False: it is something else. */
bool hello_read(struct cursor *at, bool *restarted, const char *text, size_t len);
