/* pushlab-link measure: how accurate is the link on this machine, now? */
#pragma once

/* The subcommand: prints a table of configured and measured figures.
 * Returns the exit code: 0 when all are within their bounds, 1 when not, 2 for usage. */
int link_measure_main(int argc, char **argv);
