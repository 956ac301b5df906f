/* Sends posts to a log in Redis: in the order in which they came, as many together as have come
 * since the last were sent, and the next not before those are acknowledged. So whatever breaks, a
 * post is in the log only if all before it are, and a sender that sends again from the first
 * that was not acknowledged has each in it once. */
#pragma once

#include <stdint.h>
#include <sys/queue.h>

#include "lib/proto/post.h"
#include "servers/redis/redis_link.h"
#include "servers/redis/redis_log.h"

STAILQ_HEAD(redis_posts, redis_post);

struct redis_writer {
    struct redis_link link;
    struct redis_log *log;
    struct redis_posts queue; /* the first in_flight of them are sent */
    int in_flight;
    struct redis_posts acknowledged;              /* in the log, and not yet come out of it here */
    char feed[sizeof "feed:" + REDIS_LIFE_CHARS]; /* the sender of what this server publishes */
    uint64_t feed_n;
};

/* 0 or PL_ENOMEM. */
int redis_writer_start(struct redis_writer *w, struct redis_log *log);
/* Those who wait are told PL_EAWAY. */
void redis_writer_stop(struct redis_writer *w);

/* A post of t_ns. A client's, with a receipt, is refused while the log can't be reached; r is told
 * once: when it is in the log and in this server's hub, or that the connection broke (PL_EAWAY: it
 * may or may not be in the log). r NULL: the server's own, which is kept until it is in the log.
 * 0, PL_ELIMIT, PL_ENOMEM; PL_EAWAY: not reached, or too many wait already. */
int redis_writer_submit(struct redis_writer *w, const struct post *p, int64_t t_ns,
                        struct receipt *r);

/* Send what waits, if the log can be reached and its life is known. */
void redis_writer_go(struct redis_writer *w);
/* Tell those whose posts have come out of the log; while the reader has no connection, all whose
 * posts are in it. */
void redis_writer_adopted(struct redis_writer *w);
