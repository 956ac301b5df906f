/* The exchanges that `pushlab explain` shows: each topic is a small script of what a client does,
 * made for real against a server, and noted down. */
#ifndef PUSHLAB_EXPLAIN_PERFORM_H
#define PUSHLAB_EXPLAIN_PERFORM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/proto/url.h"

struct explain_plan {
    struct url url;
    const char *path;    /* to ask for instead of pushlab's own; NULL: pushlab's own */
    const char *ca_path; /* trusted with https; NULL: what the system trusts */
    const char *message; /* JSON, to be published */
    bool own;            /* the server was started for this: heartbeats come soon */
    bool known_keys;     /* the examples of RFC 6455 for random ones */
    int64_t wait_ns;     /* for each response */
};

struct explain_script; /* its run */

struct explain_topic { /* "topic NAME" in bench/explain/words/steps.txt says what it shows */
    const char *name;
    bool tls, packets; /* the server speaks TLS; every packet is shown */
    void (*perform)(struct explain_script *s);
};

extern const struct explain_topic explain_topics[]; /* last: name NULL */

/* NULL: there is none of that name. */
const struct explain_topic *explain_topic_find(const char *name);

/* Make the exchange, writing its transcript to out. 0, or negative with the line in e; what was
 * written until then is good. */
int explain_perform(const struct explain_topic *topic, const struct explain_plan *plan, FILE *out,
                    struct err_text *e);

#endif
