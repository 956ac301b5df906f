/* Reads a log in Redis into the hub: what there is when it begins, then each update as it comes,
 * and after every interruption what came meanwhile. Every second without news, and at each
 * beginning, it makes sure that the log is the one that it was. */
#ifndef PUSHLAB_REDIS_READER_H
#define PUSHLAB_REDIS_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "servers/redis/redis_entry.h"
#include "servers/redis/redis_link.h"
#include "servers/redis/redis_log.h"

struct redis_reader_ops {
    void (*greeted)(void *arg); /* the log is there, and it is the right one */
    /* Some updates, or none: all that came with one answer. Returns whether a reader waits for
     * more of the log: then it is asked how far it goes. */
    bool (*adopted)(void *arg);
    void (*down)(void *arg, const char *why);
};

struct redis_reader {
    struct redis_link link;
    struct redis_log *log;
    const struct redis_reader_ops *ops;
    void *arg;
    char fresh[REDIS_LIFE_CHARS + 1]; /* the life to begin with, where there is none */
    struct hub_number newest;         /* adopted */
    uint64_t target_seq;              /* the newest there was when it was last asked */
    bool greeting;                    /* what is awaited */
    bool caught_up;                   /* has had all that there was when it began */
};

/* 0 or PL_ENOMEM. */
int redis_reader_start(struct redis_reader *r, struct redis_log *log,
                       const struct redis_reader_ops *ops, void *arg);
void redis_reader_stop(struct redis_reader *r);

#endif
