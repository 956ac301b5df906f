/* Runs an exchange to be explained: a server and a client with the emulated link between them, or
 * the client alone. Returns everything that was recorded. */
#pragma once

#include <stdbool.h>

#include "bench/explain/annotate/explain_recording.h"
#include "bench/explain/session/explain_perform.h"

struct explain_setting {
    const struct explain_topic *topic;
    const char *url;  /* NULL: start a server */
    const char *link; /* between both; ignored with url */
    const char *path, *ca_path, *message;
    bool known_keys;
    bool wire_needed; /* fail if there is no emulated link */
    int64_t wait_ns;
};

/* Run the exchange. 0, or negative with the line in e. An exchange that ended early is not a
 * failure as long as there is something to explain. Interrupted: PL_EINTR, without a line. */
int explain_stage_run(struct explain_recording *out, const struct explain_setting *s,
                      struct err_text *e);
