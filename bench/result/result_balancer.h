/* A row's numbers where something stands between clients and servers. docs/balancers.md.
 *
 *   balancer{
 *     kind layer config program source link   what it was
 *     handshakes{front behind}       TCP connections made on the clients' side of it and on the
 *                                    servers', in the whole run, as the links' wire_counters saw
 * them; behind, here and below: null where clients reach servers connections_per_client{front
 * behind}    the same / clients payload_bytes{front behind added_up added_down}    what TCP carried
 * there, both ways, without repetitions; added: per update, by how much more left the balancer
 * towards the servers (up) and the clients than came wire_bytes_per_update{front behind}     IP
 * bytes of the whole run cpu_us_per_update              the balancer's processes, in the window;
 * null: no program store{program cpu_us_per_update wire_bytes_per_update}    what the servers
 * share: its CPU in the window, and the IP bytes between it and all servers in the whole run, per
 * update that a client got; null: nothing added_latency_us{p50 p99}      more than the run's direct
 * row of this transport had; null: there is none served[{address handshakes requests updates_sent
 * cpu_us killed_after_s}]   by server served_by                      their requests, for tables:
 * "49 + 49" sequence_errors{duplicated out_of_order cursors_back all} outages the next, for tables:
 * "5, 304 ms"; "": none outage_us{count p50 max}       from losing a connection to the next answer;
 * null: no outage
 *   }
 *
 * and null where nothing stands between. What does not fit together is a problem of the row: each
 * client's connection must be one to a server through DNS and layer 4, and servers must have
 * accepted what arrived at them. */
#ifndef PUSHLAB_RESULT_BALANCER_H
#define PUSHLAB_RESULT_BALANCER_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/scenario/scenario.h"

/* row: a row of run.json with everything else in place. */
void result_balancer(cJSON *row);

/* Does what stood between make connections of its own, or did a server die that had accepted some,
 * so that the servers need not have accepted what the clients opened? */
bool result_balancer_rejoins(const cJSON *report);

/* The last row against the direct one of its transport, when the run has that. */
void result_balancer_compare(cJSON *run);

/* The row was expected to break: its problems, and what else went wrong with it, become its
 * "findings"; nothing did: that is its problem. */
void result_expect_broken(cJSON *row, const struct scenario *s);

#endif
