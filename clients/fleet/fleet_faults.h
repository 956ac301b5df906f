/* The faults of a run, as the runner tells them, and the clients' part in them: those of kinds that
 * happen to clients (lib/proto/fault_kinds.h) are executed here, at their times on the loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/client/client.h"
#include "lib/proto/fault_kinds.h"

enum { FAULT_LINE_BYTES = 160 };

/* What the line "fault INDEX KIND START_NS END_NS PERCENT" says. */
struct fault_line {
    uint32_t index; /* in the row's list, from 0 */
    enum fault_kind kind;
    int64_t start_ns, end_ns; /* CLOCK_MONOTONIC; both the same: it only begins */
    double percent;           /* of the clients; 0: not of such a kind */
};

struct fleet_fault {
    struct deadline due;
    struct fault_line line;
    struct client_array *clients;
    int64_t begun_ns; /* 0: not yet */
    uint64_t hit;     /* clients that it happens to */
};

/* Zero-initialise; it must stay where it is. */
struct fleet_faults {
    struct fleet_fault all[FAULTS_MAX];
    size_t n;
};

/* What the line says. 0, or PL_EINVAL with the line in e. Pure. */
int fault_line_read(struct fault_line *out, const char *line, struct err_text *e);

/* Execute that fault at its times, on the loop. Of a kind that others execute, it is only noted.
 * clients are borrowed, and begun by then. 0, or PL_ELIMIT with the line in e: too many. */
int fleet_faults_add(struct fleet_faults *f, struct client_array *clients,
                     const struct fault_line *line, struct err_text *e);

/* Does any of them happen to that? */
bool fleet_faults_hit(const struct fleet_faults *f, enum fault_actor actor);
