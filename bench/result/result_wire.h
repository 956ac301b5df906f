/* A row's numbers from the packets themselves: what the emulated link's wire_counter adds to
 * run.json, and whether it agrees with what client and server say. docs/metrics.md. */
#ifndef PUSHLAB_RESULT_WIRE_H
#define PUSHLAB_RESULT_WIRE_H

#include <cjson/cJSON.h>

/* row: a row of run.json with everything else in place, its "wire" (null: nothing to do; the
 * keys below stay null) and its "problems" and "notes". Fills, for the window and for
 * the whole run:
 *   packets_per_update{up down total}
 *   bytes_per_update.wire          IP bytes, both ways; of these
 *   bytes_per_update.wire_headers  IP and TCP headers of packets that carry something
 *   bytes_per_update.wire_acks     packets that only acknowledge
 * and handshakes.wire. */
void result_wire(cJSON *row);

#endif
