/* The one table of the kinds of fault that an experiment can cause while it measures: what
 * scenarios, the runner, the clients, tables and reports call them, who executes them, and with
 * which settings. fault_kinds.def holds the rows. */
#pragma once

#include <stdbool.h>

enum { FAULTS_MAX = 16 }; /* of one row */

enum fault_kind {
#define FAULT(id, ...) FAULT_##id,
#include "lib/proto/fault_kinds.def"
#undef FAULT
    FAULT_KINDS
};

/* What a fault happens to. What happens to clients is executed by them, all else by the runner. */
enum fault_actor {
    FAULT_ON_SERVER, /* of several, the last one */
    FAULT_ON_LINK,   /* the emulated one that all clients use */
    FAULT_ON_BALANCER,
    FAULT_ON_STORE,
    FAULT_ON_CLIENTS,
};

/* Whether a fault takes for_s. */
enum fault_lasts {
    FAULT_MOMENT,   /* no: it ends as it begins */
    FAULT_LASTS,    /* yes, always */
    FAULT_MAY_LAST, /* yes; without it the fault lasts until the window's end */
};

struct fault_kind_info {
    enum fault_kind kind;
    const char *name;  /* "server-kill": in scenarios, JSON and what the runner tells clients */
    const char *label; /* "Server killed": in titles */
    const char *help;  /* one line on what happens */
    enum fault_actor actor;
    enum fault_lasts lasts;
    bool has_percent; /* takes percent, the share of the clients; 100 where it is not given */
};

/* Indexed by kind. */
extern const struct fault_kind_info fault_kinds[FAULT_KINDS];
/* Their names in the same order; NULL ends the list. */
extern const char *const fault_kind_names[FAULT_KINDS + 1];

/* NULL when there is no kind of that name. */
const struct fault_kind_info *fault_kind_find(const char *name);
