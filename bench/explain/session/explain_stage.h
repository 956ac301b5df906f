/* Where an exchange is made to be explained: a server of its own and a client with the emulated
 * link between them, or the client alone. What comes back is all that was noted down. */
#ifndef PUSHLAB_EXPLAIN_STAGE_H
#define PUSHLAB_EXPLAIN_STAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "bench/explain/annotate/explain_packet.h"
#include "bench/explain/session/explain_perform.h"
#include "lib/proto/transcript.h"

struct explain_setting {
    const struct explain_topic *topic;
    const char *url;  /* NULL: start a server */
    const char *link; /* between both; ignored with url */
    const char *path, *ca_path, *message;
    bool known_keys;
    bool wire_needed; /* without an emulated link there is nothing to make */
    int64_t wait_ns;
};

/* Zero-initialise. */
struct explain_take {
    struct buf text; /* of the transcript; events point into it */
    struct transcript_event *events;
    size_t event_count;
    struct wire_segment *packets; /* each with its connection's number */
    size_t packet_count;
    struct buf pcapng; /* empty: there was no wire to look at */
    char network[400]; /* "over the link rtt=20ms", "over loopback, because ..." */
    char link[120];    /* the same in short, for a picture */
    char problem[320]; /* why the exchange ended early; "" */
};

/* Make the exchange. 0, or negative with the line in e. An exchange that ended early is not a
 * failure as long as there is something to explain. Interrupted: PL_EINTR, without a line. */
int explain_stage_run(struct explain_take *out, const struct explain_setting *s,
                      struct err_text *e);
void explain_take_free(struct explain_take *t);

/* The child's side, with the words after --perform. Returns the exit code. */
int explain_stage_perform(int argc, char **argv);

#endif
