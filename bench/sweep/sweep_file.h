/* The folder of a sweep, and sweep.json (schema 1) in it.
 *
 *   sweep.json   schema pushlab started finished complete
 *                scenario        in effect, but for what is varied
 *                scenario_file   {path, supplied}: the file as it was
 *                base            what the cells' scenarios are made from
 *                vary[]          {key, values[]}
 *                repeat seed retries
 *                cells[]         {values{key: value}, path: "cells/1", blocks: finished ones}
 *   cells/K/     a finished cell: the folder of a run, all its repeats in it
 *   blocks/K-R/  a finished block (plan.h) of a cell that is not finished: the folder of a run
 *   .work/       the block in progress; to be thrown away
 *
 * A block or a cell is there whole or not at all: it is renamed into its place. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/sweep/plan.h"
#include "lib/base/err.h"

enum { SWEEP_SCHEMA = 1 };

struct sweep {
    char dir[PATH_MAX - 400];
    cJSON *json; /* sweep.json */
    struct plan plan;
    int lock_fd; /* -1: only read */
};

/* Is it the folder of a sweep? */
bool sweep_is_folder(const char *dir);

/* Make RESULTS/<time>-sweep-NAME for the plan, which is taken over, also on failure. s is the
 * scenario that it was made from. 0, PL_EINVAL or PL_ESYS, with the line in e. */
int sweep_create(struct sweep *out, const char *results, struct plan *plan,
                 const struct scenario *s, int retries, struct err_text *e);
/* Read one. 0; PL_ESYS, PL_EINVAL (none, or a newer schema) or PL_ENOMEM, with the line in e. */
int sweep_read(struct sweep *out, const char *dir, struct err_text *e);
/* Keep other processes from measuring it, until it is freed or this process ends. 0, or PL_EAWAY
 * with the line in e. */
int sweep_lock(struct sweep *s, struct err_text *e);
void sweep_free(struct sweep *s);

/* Is the scenario's file another one than it was? A file that is gone is not. */
bool sweep_scenario_changed(const struct sweep *s);

/* DIR/cells/K and DIR/blocks/K-R; cell and repeat count from 0. */
void sweep_cell_path(const struct sweep *s, int cell, char out[PATH_MAX]);
void sweep_block_path(const struct sweep *s, struct block b, char out[PATH_MAX]);
bool sweep_has_cell(const struct sweep *s, int cell);
bool sweep_has_block(const struct sweep *s, struct block b);

/* (Re)write sweep.json with what is finished by now. 0, PL_ESYS or PL_ENOMEM, with the line in e.
 */
int sweep_save(struct sweep *s, struct err_text *e);
