/* The control connection: asks the server's /stats at the borders of the run's phases, on a
 * connection of its own, so that it is in no counter of the clients. Answers are kept as they
 * came, for the report. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "clients/client/connection.h"
#include "clients/record/channel_positions.h"
#include "lib/proto/cursor.h"

enum control_ask {
    CONTROL_START,  /* before the first client connects */
    CONTROL_RAMP_1, /* during set-up, when a quarter of the clients, ... */
    CONTROL_RAMP_2,
    CONTROL_RAMP_3,
    CONTROL_RAMP_4, /* and all have connected */
    /* at the window's borders: asked for ahead, and answered when the server's clock is there */
    CONTROL_WINDOW_START,
    CONTROL_WINDOW_END,
    CONTROL_END, /* after the last client has left */
    CONTROL_ASKS,
};

struct control_answer {
    int64_t at_ns; /* position asked for; -1: none */
    bool wanted, done;
    bool has_seq;
    uint64_t seq;                      /* highest published strictly before at_ns */
    struct channel_positions channels; /* of an answer about at_ns */
    int64_t time_ns;                   /* when it was made; 0: not known */
    int64_t server_started_ns;         /* 0: not known */
    char epoch[EPOCH_CHARS + 1];       /* of its numbers; "": it has told none */
    struct buf json; /* the whole object, as it came; empty when there was no answer */
};

struct control {
    struct connection net;   /* first: the connection layer hands it back to us */
    struct deadline timeout; /* of the ask under way */
    struct http_exchange exchange;
    struct control_answer answers[CONTROL_ASKS];
    bool reused;      /* the ask under way was sent on a connection that had served another */
    bool given_taken; /* the socket of --control-fd has been used */
    bool foreign;     /* the first answer was not a pushlab server's */
    int64_t asked_ns, round_trip_ns; /* when the ask under way was; how long the first one took */
    int asking;                      /* enum control_ask under way; -1: none */
    uint64_t connects;       /* connections opened: not the clients', but in the kernel's count */
    struct err_text failure; /* why an answer is missing; "" while all is well */
    void (*on_answer)(void *arg, enum control_ask which);
    void *arg;
};

/* on_answer is called for every ask, from the loop, also when it failed (json is empty then). */
void control_init(struct control *ctl, struct client_env *env,
                  void (*on_answer)(void *, enum control_ask), void *arg);
/* Ask for the statistics and, unless at_ns is -1, the position at that time; if it is still to
 * come, the server answers then. Asks are answered in order, one at a time. An ask that has been
 * answered may be asked again. */
void control_request(struct control *ctl, enum control_ask which, int64_t at_ns);
/* The answer, if it is still to come, is not wanted any more: another may be asked for. */
void control_forget(struct control *ctl, enum control_ask which);
/* Did the server restart between the answers? Its numbers begin at 1 then, which the clients'
 * cursors don't show if these have passed theirs meanwhile. */
bool control_server_restarted(const struct control *ctl);
/* End the connection; the loop must still run for its end. */
void control_close(struct control *ctl);
/* After the loop has reaped it. */
void control_free(struct control *ctl);
