/* A connection to Redis that is kept: made again, with growing pauses, when it breaks or when
 * nothing comes back. One command at a time. On the loop, through hiredis. */
#ifndef PUSHLAB_REDIS_LINK_H
#define PUSHLAB_REDIS_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

struct redisAsyncContext;
struct redisReply;

struct redis_link_ops {
    void (*up)(void *arg); /* commands may be sent */
    /* The answer to the command, never an error. Borrowed until the return. */
    void (*reply)(void *arg, const struct redisReply *r);
    /* The command was refused. What it did is undone, or not, as the command has it. */
    void (*refused)(void *arg, const char *why);
    /* The connection is over, or an attempt at one: an unanswered command may or may not have been
     * carried out. Another attempt follows by itself. */
    void (*down)(void *arg);
};

struct redis_link {
    const struct redis_link_ops *ops;
    void *arg;
    struct event_base *base;
    const char *host;
    int port;
    struct redisAsyncContext *context; /* NULL: between two attempts */
    struct event timer;                /* the next attempt; with a context: is it alive? */
    int64_t since_ns;                  /* of the attempt, or of the unanswered command */
    int64_t pause_ns;                  /* before the next attempt */
    bool up, waiting;                  /* connected; for an answer */
    uint64_t connects, failures;       /* so often it came up, and so often down */
    char why[160];                     /* it last went down */
};

/* Begin to connect; up() follows, or down(). host is borrowed. 0 or PL_ENOMEM. */
int redis_link_start(struct redis_link *l, struct event_base *base, const char *host, int port,
                     const struct redis_link_ops *ops, void *arg);
/* No callbacks from here on. */
void redis_link_stop(struct redis_link *l);

/* Send a command; it is up, and not waiting. 0 or PL_ENOMEM. */
int redis_link_send(struct redis_link *l, int argc, const char **argv, const size_t *argv_bytes);
/* End this connection: down() comes, then the next attempt. */
void redis_link_drop(struct redis_link *l, const char *why);

#endif
