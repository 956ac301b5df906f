/* One row of an experiment: a server, a fleet of clients, and what they report. */
#ifndef PUSHLAB_ROW_H
#define PUSHLAB_ROW_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/child.h"
#include "lib/base/err.h"
#include "bench/result/folder.h"
#include "bench/run/progress.h"
#include "bench/network/network.h"
#include "bench/scenario/scenario.h"

struct row_setting {
    const struct scenario *scenario;
    const struct folder *folder;
    struct supervisor *supervisor;
    struct progress *progress;
    const struct network *network;
    bool ladders;                 /* see ladder_capture.h */
    bool pcap;                    /* write the row's packets to wire-<row>.pcapng */
    int server_core, client_core; /* -1: not pinned */
};

enum row_end {
    ROW_DONE,        /* *out is the row of run.json, with its problems if it has any */
    ROW_INTERRUPTED, /* Ctrl-C: nothing of the row is kept */
    ROW_FAILED,      /* there is no measurement: the line in e, "sse: pushlab-server exited ..." */
};

/* Start the server on a free port, wait until it listens, run the clients, collect their
 * report, stop the server. Whatever happens, no process is left. */
enum row_end row_measure(const struct row_setting *w, const struct scenario_row *row, cJSON **out,
                         struct err_text *e);

/* Start a server with argv and wait for its "listening on ADDR:PORT"; address gets
 * "ADDR:PORT". ROW_DONE, or the way it went wrong, with the line in e. The server is the
 * caller's to stop and free in any case. */
enum row_end row_start_server(struct supervisor *n, struct child *server, char *const argv[],
                              const struct child_place *place, char *address, size_t cap,
                              struct err_text *e);

#endif
