/* The command line of pushlab-client: one table parses it and prints --help, the man page and the
 * completions (lib/opt/opt.h). */
#pragma once

#include "clients/client/client_options.h"
#include "lib/base/err.h"

/* Fill o from argv; its texts are borrowed from there. OPT_RUN, OPT_EXIT (help or version was
 * printed), or PL_EINVAL with the line in e. */
int options_parse(struct client_options *o, int argc, char **argv, struct err_text *e);
