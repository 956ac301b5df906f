/* Makes run.json (schema 1) from what the programs counted, and checks whether the counts agree.
 * Nothing here starts, waits or writes; docs/metrics.md has the definitions for people, this header
 * and result.c have them for programmers.
 *
 *   schema, pushlab, started, finished, complete, interrupted, link, seed
 *   scenario       as it was in effect; scenario_file: its path and its text as supplied
 *   environment    see environment.h
 *   order          {kind seed}: in what order rows were measured
 *   repeats[]      only where rows were measured several times: every measurement, see result_row()
 *   rows[]         one per measured row in the scenario's order: its measurement, or the summary of
 *                  its repeats (repeats.h)
 *   rows_planned[] the ids that were meant to be measured
 *   problems[]     why the run as a whole failed; empty when it did not
 *   notes[]        what a reader should know */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "bench/scenario/scenario.h"

enum { RESULT_SCHEMA = 1 };

/* A run without rows yet. environment is taken over. */
cJSON *result_new(const struct scenario *s, cJSON *environment);

/* A row that has only its name and its settings, the caller's; wire as below. */
cJSON *result_row_new(const struct scenario_row *row, const cJSON *wire);

/* One row out of the report that pushlab-client printed, which is taken over on success and
 * kept whole under "raw":
 *
 *   id transport connection clients interval_ms hold_ms seed, of a short poll also poll and, where
 *   that is backoff, interval_max_ms and backoff_factor
 *   published expected delivered superseded missed late duplicated out_of_order adds_up
 *   latency_us{count min p50 p90 p99 p999 max mean} request_late_us{same} unsent_requests
 *   age_us{mean peak max}
 *   the ratios of the window (see result.c), and of the whole run under "whole_run"
 *   handshakes{client server kernel wire given_up upstream}
 *       connections opened in the whole run, as each counted them; given_up: attempts that failed
 *       or were under way at the end, which the kernel counts, too, and the wire may have seen
 *       complete; upstream: how many of the client's carried messages up, where clients send
 *   deadline upstream convergence_us documents   see result_duplex.h
 *   server_memory and its figures                see result_memory.h
 *   forwarder_cpu_us_per_update                  of the emulated links' forwarders in the window
 *   total_cpu_us_per_update                      of server, client, forwarders, balancer and store
 *   balancer                                     see result_balancer.h
 *   intended achieved_rate_hz publish_late_us    see result_source.h
 *   disturbed[]                                  see disturbed.h
 *   predicted                                    see bench/model/predicted.h
 *   requests_per_client_s wire_bytes_per_client_s server_cpu_us_per_client_s
 *   phases problems[] notes[] raw position; where there are several, repeat; row.c adds
 * commands{server[] client[]} and machine (bench/run/ machine_watch.h), attempts.c attempts
 *
 * wire: what the emulated link's wire_counter counted (docs/link.md), null on loopback; taken over
 * on success and kept under "wire". It fills handshakes.wire, and of window and whole run
 * packets_per_update{up down total} and bytes_per_update{wire wire_headers wire_acks}.
 * kernel_is_ours: the namespace's counters count this run alone, so the kernel's count
 * must agree, too. Disagreement and sums that don't add up become problems of the row.
 * 0, or PL_EPROTO (the report lacks something: the line in e). */
int result_row(cJSON **out, const struct scenario_row *row, cJSON *report, cJSON *wire,
               bool kernel_is_ours, struct err_text *e);

/* Its last step, made up for when a run of an older pushlab is read: percentiles that rest on too
 * few updates become null (percentile.h), costs per client and second are added. */
void result_settle_row(cJSON *row);

/* A row of which there is no measurement, as its window was never reached: what it has in common
 * with others, and why. Takes over report and wire. */
void result_row_unmeasured(cJSON **out, const struct scenario_row *row, cJSON *report, cJSON *wire);

/* Add the row's measurement number repeat (from 1) to the run; position: in the order of measuring,
 * from 1. row is taken over. */
void result_add_row(cJSON *run, cJSON *row, unsigned repeat, size_t position);
/* How many measurements the run has, and how many it was to have. */
int result_measured(const cJSON *run);
int result_planned(const cJSON *run);
/* A line for the run's problems or notes. */
void result_add_problem(cJSON *run, const char *line);
void result_add_note(cJSON *run, const char *line);
/* The end: finished is now; complete when every planned measurement is there and nothing went
 * wrong. */
void result_finish(cJSON *run, bool interrupted);

/* Call visit with "ROW: line" for every problem of the run and its rows. Returns their number. */
int result_each_problem(const cJSON *run, void (*visit)(void *arg, const char *line), void *arg);
