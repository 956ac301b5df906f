/* How clients come through faults: when each has its next update, when it is connected again, and
 * what all do meanwhile. docs/metrics.md has the definitions. Time is an argument; no I/O.
 *
 * A fault is known before it begins. The next update is the first that was due RECOVERY_GRACE_NS
 * or more after that: until then whoever causes the fault may be at it, and updates still pass. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/record/json.h"
#include "lib/base/buf.h"
#include "lib/hdr/hdr.h"
#include "lib/proto/fault_kinds.h"

#define RECOVERY_GRACE_NS INT64_C(20000000)

enum {
    RECOVERY_DRAWN = 3,             /* clients whose events are written */
    RECOVERY_KEPT_CLIENTS = 256,    /* the first so many are kept, to choose those from */
    RECOVERY_KEPT_EVENTS = 1 << 17, /* of all of them */
};

/* What a client does. */
enum recovery_what {
    RECOVERY_LOST,      /* its connection ended, and not by its own will */
    RECOVERY_CONNECT,   /* it begins to connect */
    RECOVERY_REFUSED,   /* that failed */
    RECOVERY_CONNECTED, /* that succeeded, with TLS as a whole */
    RECOVERY_ASKED,
    RECOVERY_ANSWERED,  /* the head of a response came */
    RECOVERY_UPDATE,    /* an update came */
    RECOVERY_RESTARTED, /* it was told that the server is another one */
};

struct recovery_fault {
    enum fault_kind kind;
    int64_t start_ns, end_ns;
    struct hdr next_us;      /* from start_ns until a client had its next update */
    struct hdr reconnect_us; /* until one that had lost its connection was answered again */
    uint64_t lost;           /* clients that lost their connection, once each */
    uint64_t connects;       /* begun from start_ns on, until the next fault */
    uint64_t waiting;        /* clients that have not had their next update */
};

struct recovery_event {
    int64_t at_ns;
    uint16_t client;
    uint8_t what; /* enum recovery_what */
};

/* Zero-initialised there are no faults, and nothing is kept. */
struct recovery {
    uint64_t nclients;
    struct recovery_fault faults[FAULTS_MAX];
    size_t n;
    uint8_t *state; /* of fault f and client i at [f * nclients + i]; owned */
    uint32_t *bins; /* connects begun, by time from bins_from_ns on; owned */
    uint32_t nbins, bins_cap;
    int64_t bins_from_ns;
    struct recovery_event *events; /* owned; NULL: not wanted */
    size_t nevents;
};

/* with_events: recovery_csv() follows. 0 or PL_ENOMEM. */
int recovery_init(struct recovery *r, uint64_t nclients, bool with_events);
void recovery_free(struct recovery *r);

/* A fault that will begin at start_ns; they are told in that order. 0, PL_ENOMEM, or PL_ELIMIT:
 * more than FAULTS_MAX. */
int recovery_add(struct recovery *r, enum fault_kind kind, int64_t start_ns, int64_t end_ns);

/* Client number client did that. */
void recovery_note(struct recovery *r, uint32_t client, enum recovery_what what, int64_t now_ns);
/* It received an update that was due at t_ns. */
void recovery_update(struct recovery *r, uint32_t client, int64_t t_ns, int64_t recv_ns);

/* The most connects that were begun within 100 ms from the fault's start until the next one's, as a
 * rate per second; 0: none were. */
double recovery_connects_peak_per_s(const struct recovery *r, size_t fault);

/* Add "recovery":{...}: the figures of all faults together, and "faults":[...] of each; null when
 * there was none. What did not happen is left out. */
void recovery_json(const struct recovery *r, struct json *j);
/* Append client,at_ns,event,detail of up to RECOVERY_DRAWN clients, of those first that lost their
 * connection; then the connects of all in bins of 50 ms, as client -1. 0 or PL_ENOMEM. */
int recovery_csv(const struct recovery *r, struct buf *out);
