/* pushlab-client --watch: one client, one line per update as it arrives. Polls also show how many
 * requests brought nothing. */
#ifndef PUSHLAB_WATCH_H
#define PUSHLAB_WATCH_H

#include "clients/client/client_options.h"

/* Watch until --count updates, SIGINT or SIGTERM, then print one line of summary. Returns the
 * program's exit code. */
int watch_run(const struct client_options *opt);

#endif
