/* A scenario as command lines: what pushlab-server and pushlab-client are started with. */
#pragma once

#include <stddef.h>

#include "bench/base/programs.h"
#include "bench/scenario/scenario.h"

/* A command line under construction; argv stays NULL-terminated. Zero-initialise. */
struct scenario_args {
    char *argv[96];
    size_t argc;
    char store[16384]; /* what argv points to */
    size_t used;
    int rc; /* 0, or PL_ELIMIT for good: it may be checked once, at the end */
};

/* Begin with the program itself, as program_find() finds it. 0 or PL_ELIMIT. */
int scenario_args_begin(struct scenario_args *a, const struct program *p);
/* Append the program or a flag (fmt NULL), or an option with its value.
 * 0 or PL_ELIMIT. */
int scenario_args_add(struct scenario_args *a, const char *option, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The server's options: source, seed and what "server" in the file says. 0 or PL_ELIMIT. */
int scenario_args_server(struct scenario_args *a, const struct scenario *s);
/* The options that say what a row's clients do. 0 or PL_ELIMIT. */
int scenario_args_client(struct scenario_args *a, const struct scenario *s,
                         const struct scenario_row *row);
/* With tls: the server writes its certificate to cert, the clients trust it; without: nothing.
 * 0 or PL_ELIMIT. */
int scenario_args_server_tls(struct scenario_args *a, const struct scenario *s, const char *cert);
int scenario_args_client_tls(struct scenario_args *a, const struct scenario *s,
                             const struct scenario_row *row, const char *cert);
