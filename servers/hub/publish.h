/* How updates come in. Sources (servers/source), the log that several servers share
 * (servers/redis) and the posts of clients (servers/http/intake.h) publish through a struct
 * publisher, and the rest of the server reads there what it needs to know about the source.
 *
 * Usually the hub numbers what is published, at once. Where the source follows a log, posts go to
 * the log, which numbers them, and the hub gets them from there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <event2/event.h>

#include "lib/base/ticker.h"
#include "servers/hub/hub.h"

/* For the outcome of a post. tell() is called once: with its number; with err HUB_DUPLICATE and the
 * number of its sender's newest, if it had come before; or with a negative err. */
struct receipt {
    void (*tell)(struct receipt *r, int err, uint64_t seq);
};

/* What can be changed while a source runs. */
struct source_settings {
    double rate_hz;
    int pattern; /* enum pattern (servers/model/arrivals.h) */
    int64_t burst_on_ns, burst_off_ns;
    int64_t payload_bytes;
};

/* An ordered list of updates that several servers share and that numbers them, as this server
 * sees it. */
struct log_state {
    bool connected;         /* what others publish arrives, and this server may publish */
    uint64_t reconnects;    /* times that the connection came back */
    uint64_t errors;        /* times that it broke or could not be made; commands refused */
    uint64_t newest_seq;    /* known to be in the log */
    uint64_t greetings;     /* times that the log was asked how far it goes, and answered */
    int64_t lag_ns;         /* of the newest update here: from its t until it came out of the log */
    uint64_t posts_waiting; /* for the log to number them */
    uint64_t posts_refused; /* because the log could not be reached */
    uint64_t feed_dropped;  /* updates of --feed: too many waited already */
    char refusal[128];      /* why the log takes nothing now, in its words; "": it does */
};

struct timetable;
struct source;

struct source_ops {
    void (*stop)(struct source *src); /* stop and free */
    /* Go on with other settings from now on. 0, or PL_ENOMEM: as before. NULL: there are none. */
    int (*tune)(struct source *src, const struct source_settings *settings);
    /* Publish what is due by now_ns. Updates are dated when they were due: a reader that asks what
     * was published before a time must find all of it. NULL: no schedule is played. */
    void (*catch_up)(struct source *src, int64_t now_ns);

    /* Only of sources that follow a log; NULL where the hub numbers the updates. */
    /* Has it read all that was in the log when it began? The server does not listen before. */
    bool (*ready)(const struct source *src);
    /* Send a post of t_ns to the log. 0: r is told, later; negative: it is not. r NULL: it is the
     * server's own, and is kept until it is in the log. */
    int (*submit)(struct source *src, const struct post *p, int64_t t_ns, struct receipt *r);
};

/* Where updates come from. First member of each kind's own struct. */
struct source {
    const struct source_ops *ops;
    const char *name; /* of its kind, as --source has it */
    struct publisher *publisher;
    struct source_settings settings;   /* in effect, if ops->tune */
    const struct log_state *log;       /* NULL: it follows none */
    const struct timetable *timetable; /* timetable.h; NULL: it plays none */
    uint64_t rejected;                 /* input that was not JSON */
    bool done;                         /* nothing more will come */
};

struct publisher_ops {
    /* Updates have become visible after a delay or out of the log, or it is known how far the log
     * goes. Returns whether a reader still waits for more of the log. */
    bool (*advanced)(void *arg);
    /* The server must end; why is one line. */
    void (*failed)(void *arg, const char *why);
};

struct publisher {
    struct hub *hub;
    struct event_base *base;      /* for the sources' timers and sockets */
    struct source *source, *feed; /* owned by the server; NULL: stopped. feed: what this server
                                     publishes into the source's log; NULL: nothing */
    struct ticker release;        /* for the hub's delay */
    const struct publisher_ops *ops;
    void *arg; /* for ops */
};

/* hub, base and ops are borrowed. 0, PL_ESYS or PL_ENOMEM. */
int publisher_init(struct publisher *pub, struct hub *hub, struct event_base *base,
                   const struct publisher_ops *ops, void *arg);
/* Stop both sources: from now on posts are refused with PL_EAWAY. */
void publisher_stop(struct publisher *pub);
void publisher_free(struct publisher *pub); /* all zero, or initialised; stops first */

/* A source's post of t_ns, which is not before that of anything published yet. What can't be
 * published is counted: in the hub, or as the log's. */
void publisher_post(struct publisher *pub, const struct post *p, int64_t t_ns);
/* A client's post of now. 0: r is told, perhaps before the return; else r is not told:
 * PL_ELIMIT (--max-channels, --max-keys, --max-senders), PL_ENOMEM, or PL_EAWAY: the server is
 * stopping, or the log can't be reached. */
int publisher_submit(struct publisher *pub, const struct post *p, struct receipt *r);
/* An update has come out of the log. As hub_adopt(). */
int publisher_adopt(struct publisher *pub, const struct post *p, const struct hub_number *as);

/* The schedule of what this server publishes by itself; NULL: none. */
const struct timetable *publisher_timetable(const struct publisher *pub);
/* Publish what is due by now_ns; see struct source_ops. */
void publisher_catch_up(struct publisher *pub, int64_t now_ns);

/* The log that the source follows; NULL: none. */
static inline const struct log_state *publisher_log(const struct publisher *pub)
{
    return pub->source != NULL ? pub->source->log : NULL;
}
