/* The map as a picture. */
#pragma once

#include "bench/sweep/map_data.h"
#include "lib/base/err.h"

/* Draw DIR/charts/map.svg and .png, with their numbers in DIR/charts/data. 0, or negative with the
 * line in e. */
int map_picture_draw(const struct map *m, struct err_text *e);
