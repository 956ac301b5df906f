/* Starting pushlab's own programs as children: a server that listens, a client, and what they said
 * on standard error. For a row's cluster, for watch and for explain. */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/base/child.h"
#include "bench/base/programs.h"
#include "bench/scenario/scenario_args.h"
#include "lib/base/err.h"

/* Start p with args, which scenario_args_begin() began; reads and place as in
 * supervisor_spawn(). 0, or negative with the line in e, also when args did not fit. */
int program_start(struct supervisor *sup, struct child *c, const struct program *p,
                  const struct scenario_args *args, unsigned reads, const struct child_place *place,
                  struct err_text *e);

/* Start pushlab-server and wait up to 10 s for its "listening on ADDR:PORT"; address gets
 * "ADDR:PORT". 0; PL_EINTR after Ctrl-C; or negative with the line in e. The server is the
 * caller's to stop and free in any case. */
int server_start(struct supervisor *sup, struct child *server, const struct scenario_args *args,
                 const struct child_place *place, char *address, size_t cap, struct err_text *e);

/* The same in two steps, for those who have other things to do meanwhile: start it; then, whenever
 * it may have said so, whether it listens: 1 with its address, 0 not yet, negative when it has
 * ended, with the line in e. */
int server_spawn(struct supervisor *sup, struct child *server, const struct scenario_args *args,
                 const struct child_place *place, struct err_text *e);
int server_listens(struct child *server, char *address, size_t cap, struct err_text *e);

/* Append up to most lines of what c said on standard error to the notes of a row of run.json,
 * without those that its problems quote already. Harmless when row is NULL or c never started. */
void program_add_notes(cJSON *row, struct child *c, int most);
