/* What a source tells that follows a log: an ordered list of updates that several servers share
 * and that numbers them. */
#ifndef PUSHLAB_SOURCE_LOG_H
#define PUSHLAB_SOURCE_LOG_H

#include <stdbool.h>
#include <stdint.h>

struct source_log {
    bool connected;         /* what is published is heard, and may be published from here */
    uint64_t reconnects;    /* so often it came back */
    uint64_t errors;        /* so often it broke, could not be reached, or refused */
    uint64_t newest_seq;    /* known to be in the log */
    uint64_t greetings;     /* so often it was asked how far it goes */
    int64_t lag_ns;         /* of the newest update here: from its t until it came out of the log */
    uint64_t posts_waiting; /* for the log to number them */
    uint64_t posts_refused; /* since the log was out of reach */
    uint64_t feed_dropped;  /* updates of --feed that were too many to wait */
};

#endif
