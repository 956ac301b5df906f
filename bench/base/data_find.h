/* Files that come along with the programs: gnuplot scripts, link profiles, scenarios and studies.
 * All are looked for in the same places. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum data_kind { DATA_CHARTS, DATA_LINKS, DATA_SCENARIOS, DATA_STUDIES };

/* The path of a readable file of that kind; file "": of their folder. Looked for in the folder
 * that the environment names ($PUSHLAB_CHARTS, $PUSHLAB_LINKS), and then nowhere else; or in the
 * source tree that is the current folder, the one that the program was built in, share/pushlab
 * beside the program's folder, and the folder of make install. False: not found; path then holds
 * the last place. */
bool data_find(char *path, size_t cap, enum data_kind kind, const char *file);
