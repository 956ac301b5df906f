/* A connection to the Redis of a log, which is kept open: made again, after growing pauses, when it
 * breaks, when no answer comes or when a command is refused (out of memory, read only, still
 * loading). The error LOST ends the server. One command at a time. On the loop, through hiredis. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "servers/redis/redis_log.h"

struct redisAsyncContext;
struct redisReply;

struct redis_link_ops {
    void (*up)(void *arg); /* commands may be sent */
    /* The answer to the command, never an error. Borrowed until the return. */
    void (*reply)(void *arg, const struct redisReply *r);
    /* The server's words for not carrying the command out; down() follows. Or NULL. */
    void (*refused)(void *arg, const char *why);
    /* The connection is over, or an attempt at one, or the command was refused: an unanswered one
     * may or may not have been carried out. Another attempt follows by itself. */
    void (*down)(void *arg);
};

struct redis_link {
    const struct redis_link_ops *ops;
    void *arg;
    struct redis_log *log;             /* borrowed; NULL: not started */
    struct redisAsyncContext *context; /* NULL: between two attempts */
    struct event timer;                /* for the next attempt, or to check that answers come */
    int64_t since_ns;                  /* of the attempt, or of the unanswered command */
    int64_t pause_ns;                  /* before the next attempt */
    bool up, waiting;                  /* connected; for an answer */
    char why[160];                     /* it last went down */
};

/* Begin to connect; up() follows, or down(). 0 or PL_ENOMEM. */
int redis_link_start(struct redis_link *l, struct redis_log *log, const struct redis_link_ops *ops,
                     void *arg);
/* No callbacks from here on. */
void redis_link_stop(struct redis_link *l);

/* Send a command; it is up, and not waiting. Without memory the connection ends as by
 * redis_link_drop(). */
void redis_link_send(struct redis_link *l, struct redis_command *c);
/* End this connection: down() comes, then the next attempt. */
void redis_link_drop(struct redis_link *l, const char *why);
