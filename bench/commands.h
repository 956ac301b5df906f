/* The words that follow `pushlab`, as a table: dispatch and `pushlab help` walk it. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/opt/opt.h"

extern const struct opt_command commands[]; /* last: name NULL */

/* Find argv[1] in the table and run it. Returns the exit code. */
int command_dispatch(int argc, char **argv);

/* "pushlab: line" on stderr; returns code, so that it ends a command. */
int command_fail(int code, const char *line);

/* Parse a command's options, and its one operand: what ("folder") says what it is, accepted what it
 * may be, NULL: one of p's operand_words. what NULL: it takes no operand. False: the command ends
 * with *code; what is wrong was printed. */
bool command_parse(const struct opt_program *p, void *config, int argc, char **argv,
                   const char *what, const char *accepted, int *code);

/* The folder of a run or a sweep that was typed: itself, or that of its run.json or sweep.json. Any
 * other word stays as it is. */
void command_folder(char dir[PATH_MAX], const char *word);

/* What was typed, "pushlab" and argv, for the record; before opt_parse(), which moves operands
 * about. Returns how many words. */
enum { COMMAND_WORDS_MAX = 64 };
int command_words(char *words[COMMAND_WORDS_MAX], int argc, char **argv);

/* Print text on stdout and free it, unless rc is negative: then it could not be made. Both return
 * rc, PL_ENOMEM, or PL_ESYS when stdout can't be written to. */
int command_print(struct buf *text, int rc);
int command_print_json(const cJSON *o);

#define SCENARIO_ACCEPTED "a name (pushlab scenarios lists them) or a file"

/* A line for each scenario that comes along: its name, its title, about how long it takes. 0, or
 * PL_ENOMEM; a scenario that can't be read says why in its line. */
int scenarios_print(FILE *out);

/* The commands, one file each where they are long. */
int command_scenarios(int argc, char **argv);
int command_advise(int argc, char **argv);
int command_ladder(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_run(int argc, char **argv);
int command_predict(int argc, char **argv);
int command_probe(int argc, char **argv);
int command_reproduce(int argc, char **argv);
int command_report(int argc, char **argv);
int command_schema(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_watch(int argc, char **argv);
