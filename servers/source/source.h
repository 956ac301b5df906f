/* Where updates come from. A source publishes compact JSON values when they are due, through
 * server_publish(), or through server_publish_post() to channels; it knows no transport. One file
 * per kind, one row in source.c. */
#ifndef PUSHLAB_SOURCE_H
#define PUSHLAB_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct pacer;
struct post;
struct server;
struct source;
struct source_log;

/* Whoever is to hear what became of a post: its number, or that of its sender's newest if it had
 * come before (err HUB_DUPLICATE); else err is negative. */
struct receipt {
    void (*tell)(struct receipt *r, int err, uint64_t seq);
};

/* What can be changed while a generator runs. */
struct source_settings {
    double rate_hz;
    int pattern; /* enum pattern */
    int64_t payload_bytes;
};

struct source_kind {
    const char *name;   /* the word of --source */
    const char *prefix; /* "trace:" when an argument follows; NULL: the word alone */
    /* Allocate and start. NULL with the line in e. arg: what follows the prefix. */
    struct source *(*start)(struct server *s, const char *arg, struct err_text *e);
    void (*stop)(struct source *src); /* stop and free */
    /* Go on with other settings from now on. 0, or PL_ENOMEM: as before. NULL: there are none. */
    int (*tune)(struct source *src, const struct source_settings *settings);

    /* The rest is of those that follow a log; NULL where the hub itself numbers the updates. */
    /* Has it caught up with what there was when it began? Nobody is served before. */
    bool (*ready)(const struct source *src);
    /* Send a post of t_ns to the log, out of which it will come to the hub. 0: r is told, later;
     * negative: it is not. r NULL: it is the server's own, and is kept until it is in the log. */
    int (*submit)(struct source *src, const struct post *p, int64_t t_ns, struct receipt *r);
};

/* First member of every kind's own struct. */
struct source {
    const struct source_kind *kind;
    struct server *server;
    struct source_settings settings; /* in effect, if kind->tune */
    struct pacer *pacer;             /* NULL: not played by a schedule */
    const struct source_log *log;    /* NULL: it follows none */
    uint64_t rejected;               /* input that was not JSON */
    bool done;                       /* nothing more will come */
};

extern const struct source_kind *const source_kinds[]; /* NULL-terminated */

/* Start the source named by --source. NULL with the line in e. */
struct source *source_start(struct server *s, const char *spec, struct err_text *e);
void source_stop(struct source *src); /* NULL is ignored */

extern const struct source_kind source_generator, source_trace, source_stdin, source_none;
extern const struct source_kind source_redis;
extern const struct source_kind source_sports, source_game, source_dashboard, source_notifications;

#endif
