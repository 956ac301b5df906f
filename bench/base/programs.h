/* Where programs are: pushlab's own, and others. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct program {
    const char *name;     /* "pushlab-server" */
    const char *variable; /* overrides the search: "PUSHLAB_SERVER" */
};

extern const struct program program_server, program_client;

/* What to execute: the environment variable's word, else the neighbour of this executable,
 * else the bare name, which execvp() looks up in PATH. */
void program_find(const struct program *p, char out[PATH_MAX]);

/* The folder that this executable is in; "." when /proc can't tell. */
void program_folder(char out[PATH_MAX]);

/* The first executable of that name in folders ("/bin:/usr/bin"); false, and "", when none has it.
 */
bool program_find_in(const char *folders, const char *name, char *out, size_t cap);
/* In PATH, or where balancers and servers are, which the PATH of most users lacks. A name with a
 * slash in front is itself. */
bool program_find_of_others(const char *name, char *out, size_t cap);
/* The length of said up to the end of the first word with a number: of "Redis server v=7.0.15
 * sha=0000", without the rest. */
size_t program_version_len(const char *said);
