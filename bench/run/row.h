/* One row of an experiment: its servers (cluster.h), a fleet of clients, and what they report. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/base/child.h"
#include "bench/network/network.h"
#include "bench/result/folder.h"
#include "bench/run/progress.h"
#include "bench/scenario/scenario.h"
#include "lib/base/err.h"

struct row_setting {
    const struct scenario *scenario;
    const struct folder *folder;
    struct supervisor *supervisor;
    struct progress *progress;
    const struct network *network;
    bool ladders;                                 /* see ladder_capture.h */
    bool pcap;                                    /* write the row's packets to wire-<row>.pcapng */
    int server_core, client_core, forwarder_core; /* -1: not pinned */
    const char *files;   /* what its files are called: the row's id, of later repeats another */
    unsigned repeat;     /* of the row, from 1; 0: it has none */
    uint64_t order_seed; /* of the rows' random order */
    size_t position;     /* in the order of measuring, from 1 */
    unsigned attempt;    /* at this repeat: 0 the first time it is measured */
};

/* Start the servers, wait until they listen, run the clients, collect their report, stop the
 * servers. 0 with the row of run.json in *out, the caller's, with its problems if it has any;
 * PL_EINTR after Ctrl-C: nothing of the row is kept; or, when there is no measurement, negative
 * with the line in e ("sse: pushlab-server exited ..."). No process is left in any case. */
int row_measure(const struct row_setting *w, const struct scenario_row *row, cJSON **out,
                struct err_text *e);
