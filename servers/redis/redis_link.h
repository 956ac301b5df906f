/* A connection to Redis that is kept: made again, after growing pauses, when it breaks or when no
 * answer comes. One command at a time. On the loop, through hiredis. */
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
    /* The command was refused. Whether what it did is undone depends on the command. */
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
    char why[160];                     /* it last went down */
};

/* A command under construction; all zero: nothing yet. Texts are borrowed until it is sent. */
enum { REDIS_COMMAND_ARGS_MAX = 1280, REDIS_COMMAND_NUMBERS_MAX = 3 };
struct redis_command {
    int argc, nnumbers;
    const char *argv[REDIS_COMMAND_ARGS_MAX];
    size_t bytes[REDIS_COMMAND_ARGS_MAX];
    char numbers[REDIS_COMMAND_NUMBERS_MAX][24]; /* the texts of numbers */
};

/* At most REDIS_COMMAND_ARGS_MAX arguments in all. */
void redis_command_add(struct redis_command *c, const char *text, size_t len);
/* The text ends with a NUL. */
void redis_command_add_word(struct redis_command *c, const char *text);
/* The prefix and the number behind it, 23 characters at most; REDIS_COMMAND_NUMBERS_MAX of them. */
void redis_command_add_number(struct redis_command *c, const char *prefix, uint64_t n);

/* Begin to connect; up() follows, or down(). host is borrowed. 0 or PL_ENOMEM. */
int redis_link_start(struct redis_link *l, struct event_base *base, const char *host, int port,
                     const struct redis_link_ops *ops, void *arg);
/* No callbacks from here on. */
void redis_link_stop(struct redis_link *l);

/* Send a command; it is up, and not waiting. Without memory the connection ends as by
 * redis_link_drop(). */
void redis_link_send(struct redis_link *l, struct redis_command *c);
/* End this connection: down() comes, then the next attempt. */
void redis_link_drop(struct redis_link *l, const char *why);

#endif
