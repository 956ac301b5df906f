/* What one TCP connection says, packet by packet, in words for a picture: "GET /poll?since=17",
 * "200 OK + 2 updates (18, 19)", "event id: 18", "TLS ClientHello". Bytes in the order in which
 * they were sent in, labels out; no I/O. The bytes are anybody's: labels are short and printable
 * ASCII, and of a stream that stops making sense it is only said that something was sent. */
#ifndef PUSHLAB_LADDER_TALK_H
#define PUSHLAB_LADDER_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/ladder/ladder.h"

enum { LADDER_SAID_UPDATES = 16 }; /* remembered one by one; more are counted */

struct ladder_said {
    enum ladder_kind kind;
    char text[LADDER_LABEL_CHARS];
    bool begins_request; /* the first bytes of a request are in it */
    bool ends_request;   /* the last ones of its head */
    bool answers;        /* the last bytes of a response, or the head of an endless one */
    bool empty;          /* that response is a 204 */
    bool tls;            /* records, not to be looked into */
    bool housekeeping;   /* a request to the server's own pages (/stats, ...), no client's */
    unsigned updates;
    struct {
        uint64_t seq;
        int64_t t_ns;
    } update[LADDER_SAID_UPDATES];
};

struct ladder_talk;

/* NULL when out of memory. */
struct ladder_talk *ladder_talk_new(void);

/* The next len > 0 bytes that the client (up) or the server sent. Never fails: what it can't
 * read or remember is "part of a message". */
void ladder_talk_feed(struct ladder_talk *t, bool up, const uint8_t *data, size_t len,
                      struct ladder_said *out);

/* Bytes of that side are missing: nothing that follows can be understood. */
void ladder_talk_lose(struct ladder_talk *t, bool up);

void ladder_talk_free(struct ladder_talk *t); /* NULL is ignored */

#endif
