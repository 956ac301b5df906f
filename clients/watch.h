/* pushlab-client --watch: one client, one line per update as it arrives. Polls also show how many
 * requests brought nothing. */
#pragma once

#include "clients/client/client_options.h"

/* Watch until --count updates, SIGINT or SIGTERM, then print one line of summary. 0, or negative
 * with the line in e. */
int watch_run(const struct client_options *opt, struct err_text *e);
