/* What clients send up, by whichever transport: JSON that becomes updates. One post, a list of
 * posts, or plain data (post.h). */
#ifndef PUSHLAB_INTAKE_H
#define PUSHLAB_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "name.h"

struct server;

/* Where plain data goes; len 0: the default channel, no key. */
struct intake_place {
    struct name channel, key;
};

struct intake_result {
    uint64_t seq;        /* of the newest update that it made, or had made when it came before */
    uint64_t published;  /* updates made */
    uint64_t duplicates; /* posts that had come before: as good as published, and not again */
    bool list;
};

/* Publish text (changed in place). place NULL, or only for plain data. 0; LAB_EPROTO or LAB_EUTF8:
 * not one JSON value; LAB_EINVAL: posts that are none, or posts with a place, and nothing was
 * published; LAB_ELIMIT: too many channels, keys or senders, LAB_ENOMEM: what came before the one
 * that failed was published, which out says. */
int intake_publish(struct server *s, char *text, size_t len, const struct intake_place *place,
                   struct intake_result *out);

#endif
