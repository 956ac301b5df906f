/* How updates are stored in Redis, and how posts are sent there. No I/O.
 *
 * The stream KEY has an entry for each update: id 0-SEQ, and in this order the fields n, t,
 * [channel], [key], [from], [from_n], [from_t], data, those in brackets only where they have a
 * value (envelope.h says what they are).
 *
 * The hash KEY:latest has the newest value of each key, for servers that begin when its entry is
 * gone: field "CHANNEL KEY" (names have no space), value "SEQ N T FROM_N FROM_T FROM\nDATA".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/hub/hub.h"
#include "lib/proto/post.h"

/* Bytes in a reply or a command; not terminated. */
struct redis_text {
    char *text;
    size_t len;
};

/* Borrowed from what it was read from. */
struct redis_entry {
    struct hub_number as;
    struct post post;
};

/* A whole number, 0..max, in decimal digits and nothing else. */
bool redis_text_u64(struct redis_text t, uint64_t max, uint64_t *out);
/* fields: name, value, name, value... (nfields: of both together). What it accepts may be
 * published: names are names, data is one JSON value on one line (checked in place).
 * 0 or PL_EPROTO. */
int redis_entry_read(struct redis_entry *out, struct redis_text id, const struct redis_text *fields,
                     size_t nfields);
/* A field of KEY:latest and its value. The same. */
int redis_entry_read_latest(struct redis_entry *out, struct redis_text field,
                            struct redis_text value);

/* A post as the publishing script takes it: channel, key, from, from_n, from_t, t, sender,
 * sender_n, data. By sender and sender_n ("CHANNEL FROM" and from_n) the script recognizes a post
 * that came before; "": it does not check. */
enum { REDIS_POST_ARGS = 9 };

/* Room for all that redis_post_args() writes beside p's data. */
enum { REDIS_POST_OVERHEAD_BYTES = 2 * ENVELOPE_NAMES_BYTES + 4 * 24 };

/* args point into text, which has room for p->data_len + REDIS_POST_OVERHEAD_BYTES. feed: a post
 * without from_n is numbered with that sender and feed_n; NULL: it is not numbered. */
void redis_post_args(struct redis_text args[REDIS_POST_ARGS], char *text, const struct post *p,
                     int64_t t_ns, const char *feed, uint64_t feed_n);
