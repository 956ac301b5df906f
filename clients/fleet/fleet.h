/* N clients of one transport through the phases of a run:
 *
 *   set-up   the control connection asks for the server's statistics, then clients start at
 *            a bounded rate (with --gate only after a line on stdin, so that other counters of
 *            connections can leave the control connection out; later lines tell of faults, see
 *            fleet_faults.h); ends when every one has
 *            joined (knows its cursor). At each quarter the server's statistics are asked for
 *   warm-up  as in the window, but not measured
 *   window   what is measured: the updates published in it, the requests due in it
 *   drain    clients go on; ends early when every one holds the window's last update
 *   leave    connections end in an orderly way; the last statistics are asked for
 *
 * One loop, one thread. fleet_run() returns when all is over, also after SIGINT or SIGTERM.
 *
 * With --progress-fd a line of JSON is written about four times a second, and when the gate or the
 * warm-up is reached: {"phase":"measure","left_s":1.5,"p50_us":312}. left_s: how long the phase
 * will still take; p50_us: the median latency of the updates since the line before, null when there
 * were none. From warm-up on "window_ns":[START,END] says when the window is, for programs that
 * count along.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "clients/fleet/control.h"
#include "clients/fleet/fleet_faults.h"
#include "clients/send/upstream.h"
#include "lib/base/proc.h"

enum fleet_phase {
    FLEET_CONTROL,
    FLEET_GATE,
    FLEET_SETUP,
    FLEET_WARMUP,
    FLEET_MEASURE,
    FLEET_DRAIN,
    FLEET_LEAVE,
};

struct fleet {
    struct upstream upstream; /* first, so that its hooks get it; zeroed: clients send nothing */
    struct client_env env;
    struct control control;
    struct client_array clients;
    uint64_t begun, joined, gave_up, ended;
    uint64_t drained;      /* clients 0..drained-1 hold all that the window published */
    uint64_t connected;    /* clients 0..connected-1 have been, or wait for a later attempt */
    uint64_t samples;      /* of the server's statistics, taken during set-up */
    uint64_t step_samples; /* of the next of them, which may have to be repeated */

    enum fleet_phase phase;
    bool use_control, interrupted;
    bool windows_known;      /* of channels, from /stats */
    struct err_text failure; /* why the run is not valid; "" */
    struct deadline border, ramp, progress;
    int progress_fd;    /* -1: none */
    struct event input; /* stdin, with --gate */
    char line[FAULT_LINE_BYTES];
    size_t line_len;
    struct fleet_faults faults;

    /* CLOCK_MONOTONIC; 0: that border was not reached. */
    int64_t setup_start_ns, setup_end_ns, window_start_ns, window_end_ns, leave_start_ns;
    int64_t window_start_unix_ms;
    int64_t setup_pauses_ns, paused_ns; /* of the ramp, for samples; since when it does, or 0 */
    int64_t drain_due_ns;
    struct proc_usage usage_start, usage_window_start, usage_window_end, usage_end;
    struct proc_tcp tcp_start, tcp_end;
};

/* Build the clients; nothing connects yet. 0, or negative with the line in e. */
int fleet_init(struct fleet *f, const struct client_options *opt, struct err_text *e);
/* The whole run. Afterwards f has its results, and failure if it went wrong. */
void fleet_run(struct fleet *f);
void fleet_free(struct fleet *f);

/* The sequence numbers that the window held, as the server told (true) or as far as any client has
 * seen (false). */
bool fleet_published(const struct fleet *f, struct seq_range *window);
