/* The kinds of sources (hub/publish.h) and their options. Most play a model in real time
 * (player.h); one row per kind in source.c. A source knows no transport. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "servers/hub/publish.h"

struct source_options {
    struct source_settings settings; /* of the generator; of notifications all but the payload */
    int64_t seed;
    int64_t start_ns; /* of the generator, on CLOCK_MONOTONIC; 0: at once */
    int stamp;        /* enum source_stamp (player.h) */
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

/* For source.c: --source -, JSON lines on standard input. NULL with the line in e. */
struct source *stdin_start(struct publisher *pub, size_t max_line_bytes, struct err_text *e);
