/* Ladder diagrams from file to file. */
#pragma once

#include "bench/ladder/ladder.h"

/* Read a capture of both ends of the link, write the picture. Where svg_path ends in ".svg" and
 * rsvg-convert is installed, also a PNG beside it (nothing is said when that fails).
 * 0, or a negative enum pl_err with the line in e; an earlier svg_path is then unchanged. */
int ladder_draw(const char *pcapng_path, const char *svg_path, const struct ladder_about *about,
                struct err_text *e);
