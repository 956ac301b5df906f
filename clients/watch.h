/* One client, one line per update as it arrives: the two-minute demonstration. Polls also
 * show what they cost in requests that brought nothing. */
#ifndef PUSHLAB_CLIENT_WATCH_H
#define PUSHLAB_CLIENT_WATCH_H

#include "clients/client_options.h"

/* Watch until --count updates, SIGINT or SIGTERM, then print one line of summary. Returns the
 * program's exit code. */
int client_watch(const struct client_options *opt);

#endif
