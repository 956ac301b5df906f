/* The ladder diagram as a picture: client on the left, server on the right, time downwards. An
 * SVG that stands alone (no scripts, no fonts of its own), fit for a slide and for an A4 page. */
#pragma once

#include "lib/base/buf.h"
#include "bench/ladder/ladder.h"

/* Append the picture of l, which has steps, to out. 0 or PL_ENOMEM. */
int ladder_svg_write(struct buf *out, const struct ladder *l, const struct ladder_about *about);
