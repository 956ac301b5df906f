/* Where pushlab's other programs are. */
#ifndef PUSHLAB_PROGRAMS_H
#define PUSHLAB_PROGRAMS_H

#include <limits.h>

struct program {
    const char *name;     /* "pushlab-server" */
    const char *variable; /* overrides the search: "PUSHLAB_SERVER" */
};

extern const struct program program_server, program_client;

/* What to execute: the environment variable's word, else the neighbour of this executable,
 * else the bare name, which execvp() looks up in PATH. */
void program_find(const struct program *p, char out[PATH_MAX]);

#endif
