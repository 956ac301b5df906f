/* A run at one glance, drawn in the page's own colours: from publication to receipt, on one
 * time axis, a line per row. */
#ifndef PUSHLAB_OVERVIEW_SVG_H
#define PUSHLAB_OVERVIEW_SVG_H

#include <cjson/cJSON.h>

#include "bench/base/writer.h"

/* A figure with an inline SVG: a dot at each row's median and a line to its 99th percentile.
 * Nothing when nothing was delivered. */
void overview_svg_draw(struct writer *w, const cJSON *run);

#endif
