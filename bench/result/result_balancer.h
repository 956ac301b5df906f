/* A row's numbers where something stands between clients and servers; docs/balancers.md and
 * docs/metrics.md define them. "front" is the clients' side of it, "behind" the servers', which is
 * null where clients reach servers themselves.
 *
 *   balancer{
 *     kind config program source link layer
 *     handshakes{front behind}              in the whole run, as the links' counters saw them
 *     connections_per_client{front behind}  the same / clients
 *     payload_bytes{front behind            carried by TCP both ways, repetitions left out
 *                   added_up added_down}    per update: what left it less what came to it
 *     wire_bytes_per_update{front behind}   IP bytes of the whole run
 *     cpu_us_per_update                     its processes, in the window; null: no program
 *     store{program cpu_us_per_update wire_bytes_per_update}   what servers share; null: nothing
 *     added_latency_us{p50 p99 chance}      less the direct row's of this transport; null: none.
 *                                           chance: the most by which a row of dns, which adds
 *                                           nothing, differs from direct in p50; null: no such row
 *     served[{address handshakes requests updates_sent cpu_us killed_after_s}]   by server
 *     served_by                             their requests, for tables: "49 + 49"
 *     sequence_errors{duplicated out_of_order cursors_back all}
 *     outages                               the next, for tables: "5, 304 ms"; "": none
 *     outage_us{count p50 max}              from losing a connection to the next answer
 *   }
 *
 * and null where nothing stands between. What does not fit together is a problem of the row: each
 * client's connection must be one to a server through DNS and layer 4, and servers must have
 * accepted what arrived at them. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/scenario/scenario.h"

/* row: a row of run.json with everything else in place. */
void result_balancer(cJSON *row);

/* May the servers have accepted other connections than the clients opened? A layer-7 balancer makes
 * its own, and a server that was killed takes its count with it. */
bool result_balancer_rejoins(const cJSON *report);

/* (Re)write what tables show, served_by and outages, of a row's balancer; NULL: nothing. */
void result_balancer_describe(cJSON *balancer);

/* Each row against the direct one of its transport and repeat, where the rows have that. */
void result_balancer_compare(const cJSON *rows);

/* The row was expected to break: its problems, and what else went wrong with it, become its
 * "findings"; nothing did: that is its problem. */
void result_expect_broken(cJSON *row, const struct scenario *s);
