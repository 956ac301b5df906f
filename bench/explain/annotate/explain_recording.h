/* An exchange that was run to be explained: what the client recorded, and what was captured. No
 * I/O. */
#pragma once

#include "lib/base/buf.h"
#include "bench/explain/annotate/explain.h"

/* Zero-initialise. */
struct explain_recording {
    struct buf text; /* of the transcript; events point into it */
    struct transcript_event *events;
    size_t event_count;
    struct buf pcapng;            /* of both ends of the link; empty: nothing was captured */
    struct wire_segment *packets; /* of pcapng, each with its connection's number */
    size_t packet_count;
    char network[400]; /* "over the link rtt=20ms", "over loopback, because ..." */
    char link[120];    /* the same in short, for a picture */
    char problem[320]; /* why the exchange ended early; "" */
};

/* Read events and packets out of text, which is NUL-terminated and used up, and pcapng. 0, or
 * negative with the line in e. */
int explain_recording_read(struct explain_recording *t, struct err_text *e);

/* Explain it: events and packets in order of time; at the same time, the packet first. */
void explain_recording_annotate(struct explain *x, const struct explain_recording *t);

void explain_recording_free(struct explain_recording *t);
