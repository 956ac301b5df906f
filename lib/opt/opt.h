/* Option tables: one table per program parses the command line (opt.c) and prints --help
 * (opt_help.c), the man page (opt_man.c) and what a shell needs to complete a command line
 * (opt_complete.c), so they cannot disagree.
 *
 * A table row names a field of the program's own config struct by offset; defaults are
 * given as text and parsed by the same code as the user's words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

enum opt_kind {
    OPT_FLAG,    /* bool: present or not; takes no value */
    OPT_INT,     /* int64_t, plain decimal */
    OPT_REAL,    /* double, plain decimal */
    OPT_MS,      /* int64_t nanoseconds, given as milliseconds or with a unit: 250, 250ms, 2s */
    OPT_SECONDS, /* the same, as seconds: 10, 1.5, 500ms */
    OPT_TEXT,    /* const char *, borrowed from argv (or the default) */
    OPT_LIST,    /* struct opt_list: texts, borrowed; the option may be given several times */
    OPT_CHOICE,  /* int: index into choices[] */
    OPT_HEADING, /* no option: name is a section title in --help */
};

enum { OPT_LIST_MAX = 32 };
struct opt_list {
    const char *text[OPT_LIST_MAX];
    size_t n;
};

struct opt {
    const char *name; /* long name without the dashes: "listen" */
    enum opt_kind kind;
    const char *value_name;   /* shown in --help: "ADDR:PORT"; NULL for flags, and for
                               * choices to be listed in its place */
    size_t offset;            /* offsetof(struct config, field) */
    const char *default_text; /* NULL: the field stays zero */
    double min, max;          /* inclusive; OPT_MS, OPT_SECONDS: in that unit; both 0: no bounds */
    const char *const *choices; /* OPT_CHOICE: NULL-terminated */
    const char *help;           /* one line, lower case, no full stop */
};

/* A word behind a program's name that makes it a program of its own, with its own table. */
struct opt_command {
    const char *name;  /* "run" */
    const char *usage; /* what follows it: "SCENARIO.json [options]" */
    const char *about; /* one line */
    /* argv[0] is the command's name. Returns the exit code. */
    int (*run)(int argc, char **argv);
};

/* A library of a program, for --version. */
struct opt_library {
    const char *name, *built; /* the version that it was compiled with */
    const char *running;      /* the version that is loaded; NULL: it doesn't say */
};

struct opt_program {
    const char *name;       /* "pushlab-server", "pushlab run" */
    const char *usage;      /* "[options]"; one way to call it per line */
    const char *about;      /* one or two sentences */
    const char *footer;     /* paragraphs; "Example:", "Examples:" and "Exit code:" begin those that
                             * have a place of their own in the man page; may be NULL */
    const struct opt *opts; /* last row has name == NULL */
    const struct opt_command *commands; /* last row has name == NULL; NULL: none */
    const char *operands;               /* what completes them, as a value_name: "DIR"; or NULL */
    const char *const *operand_words;   /* or these words; NULL-terminated */
    /* Its libraries into out, which has room for 15 and is all zero (opt_library.h); NULL: none. */
    void (*libraries)(struct opt_library *out);
};

enum opt_result { OPT_RUN = 0, OPT_EXIT = 1 /* --help or --version was printed */ };

/* Fill config with defaults, then with argv; of a repeated option the last one counts, but for
 * OPT_LIST. "--name value" and "--name=value" are both read (a value that begins with "--" needs
 * the latter); "--" ends options; "-" is an operand or a value. --help (-h) and --version are every
 * program's. *nargs gets the number of operands, which are moved to argv[1..*nargs] in order; nargs
 * NULL refuses operands. Returns OPT_RUN, OPT_EXIT, or PL_EINVAL with the line in e. */
int opt_parse(const struct opt_program *p, void *config, int argc, char **argv, int *nargs,
              struct err_text *e);

/* Print what word asks for, in p's name, on stdout: --help (-h), --version, --help=man or
 * --help=table. False when word is none of these. */
bool opt_answer(const struct opt_program *p, const char *word);

/* The row of that name, or NULL; commands may be NULL. */
const struct opt_command *opt_command_find(const struct opt_command *commands, const char *name);

/* ---- what a table prints ---- */

/* --help: two columns, wrapped at 80. */
void opt_help(const struct opt_program *p, FILE *out);

/* --version: "pushlab 0.1.0 (commit)", and below it a line for each library. */
void opt_version(const struct opt_program *p, FILE *out);

/* --help=man: the page of p in section 1, in the macros of mdoc(7), which mandoc and groff read, as
 * of the day of date (UTC). "pushlab run" is described by the page pushlab-run. ASCII only: other
 * characters are written as \[uXXXX]. */
void opt_man(const struct opt_program *p, time_t date, FILE *out);

/* --help=table: lines of six columns with tabs between; "-" stands in an empty one. The scripts in
 * bench/completion read it.
 *
 *     program      kind      name       offers           words             about
 *     pushlab run  option    --link     link             -                 the network link: ...
 *     pushlab run  operand   -          scenario         -                 -
 *     pushlab      command   run        -                -                 measure a scenario: ...
 *     pushlab-cl.. option    --control  words            auto none         ...
 *     pushlab-cl.. option    --json     -                -                 ...
 *
 * offers, comma-separated: what the value or operand can be. words (the fifth column), file,
 * directory, scenario, run (the folder of one), link, command; "value" for what can't be
 * completed; "-": there is no value. */
void opt_complete(const struct opt_program *p, FILE *out);

/* ---- shared by these three ---- */

/* The rows of every program: the heading "Help", then --help and --version. */
extern const struct opt opt_built_in[];

/* Append "HZ", "fixed|poisson|bursts", or nothing for a flag. Without memory it stays short. */
void opt_put_value(struct buf *b, const struct opt *o);

/* Append "spacing of the updates (default fixed)". */
void opt_put_help(struct buf *b, const struct opt *o);

/* What is said once of all options that are times; NULL: none is. */
const char *opt_times_note(const struct opt *opts);
