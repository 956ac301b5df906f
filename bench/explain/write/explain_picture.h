/* The exchange as a ladder diagram (ladder_svg.h): from captured packets, or else from what the
 * client recorded. */
#pragma once

#include "lib/base/buf.h"
#include "bench/explain/annotate/explain_recording.h"
#include "bench/ladder/ladder.h"

/* Append the picture. title is a transport's name, or a title of its own with a sentence about it
 * (NULL: none); the tally is what the exchange adds up to. 0, or negative with the line in e. */
int explain_picture(struct buf *svg, const struct explain_recording *take, const char *title,
                    const char *about, const struct explain_tally *tally, struct err_text *e);

/* The transcript as a ladder: each way takes half of the round-trip time that the client's kernel
 * measured. The caller's to ladder_free(). 0, PL_ENOMEM, or PL_EINVAL: there is nothing to draw;
 * with the line in e. */
int explain_picture_ladder(struct ladder *out, const struct transcript_event *events, size_t count,
                           struct err_text *e);
