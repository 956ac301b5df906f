/* Where updates come from. A source publishes compact JSON values when they are due, through
 * server_publish(), or through server_publish_post() to channels; it knows no transport. One file
 * per kind, one row in source.c. */
#ifndef PUSHLAB_SOURCE_H
#define PUSHLAB_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct pacer;
struct server;
struct source;

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
    /* Go on with other settings from now on. 0, or LAB_ENOMEM: as before. NULL: there are none. */
    int (*tune)(struct source *src, const struct source_settings *settings);
};

/* First member of every kind's own struct. */
struct source {
    const struct source_kind *kind;
    struct server *server;
    struct source_settings settings; /* in effect, if kind->tune */
    struct pacer *pacer;             /* NULL: not played by a schedule */
    uint64_t rejected;               /* input that was not JSON */
    bool done;                       /* nothing more will come */
};

extern const struct source_kind *const source_kinds[]; /* NULL-terminated */

/* Start the source named by --source. NULL with the line in e. */
struct source *source_start(struct server *s, const char *spec, struct err_text *e);
void source_stop(struct source *src); /* NULL is ignored */

extern const struct source_kind source_generator, source_trace, source_stdin, source_none;
extern const struct source_kind source_sports, source_game, source_dashboard, source_notifications;

#endif
