/* The ladder diagram as a picture: client on the left, server on the right, time downwards. An
 * SVG that stands alone (no scripts, no fonts of its own), fit for a slide and for an A4 page. */
#ifndef PUSHLAB_LADDER_SVG_H
#define PUSHLAB_LADDER_SVG_H

#include "lib/base/buf.h"
#include "bench/ladder/ladder.h"
#include "bench/ladder/ladder_page.h"

/* Append the picture of p to out. 0 or PL_ENOMEM. */
int ladder_svg_write(struct buf *out, const struct ladder_page *p,
                     const struct ladder_about *about);

/* Read a capture of both ends of the link, write the picture; where svg_path ends in ".svg" and
 * rsvg-convert is installed, a PNG beside it too (without a word when that fails).
 * 0, or a negative enum pl_err with the line in e; an earlier svg_path is then unchanged. */
int ladder_draw(const char *pcapng_path, const char *svg_path, const struct ladder_about *about,
                struct err_text *e);

#endif
