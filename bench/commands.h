/* The words that follow `pushlab`, as a table: dispatch and `pushlab help` walk it. */
#ifndef PUSHLAB_COMMANDS_H
#define PUSHLAB_COMMANDS_H

#include "lib/opt/opt.h"

extern const struct opt_command commands[]; /* last: name NULL */

/* Find argv[1] in the table and run it. Returns the exit code. */
int command_dispatch(int argc, char **argv);

/* "pushlab: line" on stderr; returns code, so that it ends a command. */
int command_fail(int code, const char *line);

/* The commands, one file each where they are long. */
int command_advise(int argc, char **argv);
int command_ladder(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_run(int argc, char **argv);
int command_report(int argc, char **argv);
int command_watch(int argc, char **argv);

#endif
