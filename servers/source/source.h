/* The kinds of sources (hub/publish.h) and their options. Most play a model in real time
 * (player.h); one row per kind in source.c. A source knows no transport. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/proto/cursor.h"
#include "servers/hub/publish.h"

struct source_options {
    struct source_settings settings; /* of the generator; of notifications all but the payload */
    int64_t seed;
    int64_t start_ns;        /* of the generator, on CLOCK_MONOTONIC; 0: at once */
    int64_t resume_after_ns; /* with start_ns: what was due until then was published before */
    int stamp;               /* enum source_stamp (player.h) */
    double trace_speed;
    bool trace_loop;
    double speed; /* of a match and a dashboard */
    int64_t rooms, room_size;
    double tick_rate_hz;
    int64_t log_history;   /* updates that a log keeps */
    size_t max_line_bytes; /* of standard input */
};

/* Start the source that --source or --feed names. Options are borrowed until the return. NULL
 * with the line in e. */
struct source *source_start(struct publisher *pub, const char *spec, const struct source_options *o,
                            struct err_text *e);

/* The epoch of what spec publishes, if any server that is started with the same options now
 * publishes the same updates under the same numbers: a generator that begins at start_ns, as long
 * as it can still publish from there on all that it is to. False: it is this server's own. */
bool source_epoch(char epoch[EPOCH_CHARS + 1], const char *spec, const struct source_options *o,
                  int64_t now_ns);

/* For source.c: --source -, JSON lines on standard input. NULL with the line in e. */
struct source *stdin_start(struct publisher *pub, size_t max_line_bytes, struct err_text *e);
