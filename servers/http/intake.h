/* What clients send up, by whichever transport: JSON that becomes updates. One post, a list of
 * posts, or plain data (post.h). */
#ifndef PUSHLAB_INTAKE_H
#define PUSHLAB_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/name.h"

struct peer;

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

/* err: 0; PL_EPROTO or PL_EUTF8: not one JSON value; PL_EINVAL: posts that are none, or posts
 * with a place, and nothing was published; PL_ELIMIT: too many channels, keys or senders,
 * PL_ENOMEM: what came before the one that failed was published, which r says; PL_EAWAY: the log
 * that servers share is out of reach, and what is not in r may be in it or not. */
typedef void intake_done(struct peer *p, int err, const struct intake_result *r);

/* Publish text (changed in place) for p. place NULL, or only for plain data. done is called once:
 * before the return, or when the log has acknowledged; not if p has ended by then. */
void intake_publish(struct peer *p, char *text, size_t len, const struct intake_place *place,
                    intake_done *done);

/* p has ended: nobody is to be told. */
void intake_forget(struct peer *p);

#endif
