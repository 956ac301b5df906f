/* The exchanges of `pushlab explain`: each topic is a small script of what a client does. It is run
 * against a real server and recorded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/proto/url.h"

struct explain_plan {
    struct url url;
    const char *path;    /* to request instead of pushlab's own path; NULL: that */
    const char *ca_path; /* trusted with https; NULL: what the system trusts */
    const char *message; /* JSON, to be published */
    bool own;            /* the server was started for this: heartbeats come soon */
    bool known_keys;     /* use the keys of RFC 6455's examples instead of random ones */
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

/* Run the exchange and write its transcript to out. 0, or negative with the line in e; what was
 * written until then is valid. */
int explain_perform(const struct explain_topic *topic, const struct explain_plan *plan, FILE *out,
                    struct err_text *e);
