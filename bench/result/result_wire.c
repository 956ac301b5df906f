#include "bench/result/result_wire.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "bench/base/json.h"

/* A counter of both directions together, at a path made with printf that holds one %s for "up"
 * or "down" at its end. */
static double both_ways(const cJSON *wire, const char *scope, const char *counter)
{
    char up[96], down[96];

    snprintf(up, sizeof up, "%sup.%s", scope, counter);
    snprintf(down, sizeof down, "%sdown.%s", scope, counter);
    return json_number(wire, up) + json_number(wire, down);
}

static double one_way(const cJSON *wire, const char *scope, const char *way, const char *counter)
{
    char path[96];

    snprintf(path, sizeof path, "%s%s.%s", scope, way, counter);
    return json_number(wire, path);
}

static void replace_number(cJSON *object, const char *name, double number)
{
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    json_add_number(object, name, number);
}

/* scope: "tcp." for the whole run, "tcp.window." for the window. */
static void add_ratios(cJSON *ratios, const cJSON *wire, const char *scope)
{
    double updates = json_number(ratios, "deliveries");
    double per = updates > 0 ? 1 / updates : NAN;
    double headers =
        both_ways(wire, scope, "ip_header_bytes") + both_ways(wire, scope, "tcp_header_bytes");
    double acks = both_ways(wire, scope, "pure_ack_bytes");
    cJSON *bytes = cJSON_GetObjectItemCaseSensitive(ratios, "bytes_per_update"), *packets;

    replace_number(bytes, "wire", both_ways(wire, scope, "bytes") * per);
    json_add_number(bytes, "wire_headers", (headers - acks) * per);
    json_add_number(bytes, "wire_acks", acks * per);
    cJSON_DeleteItemFromObjectCaseSensitive(ratios, "packets_per_update");
    packets = cJSON_AddObjectToObject(ratios, "packets_per_update");
    json_add_number(packets, "up", one_way(wire, scope, "up", "packets") * per);
    json_add_number(packets, "down", one_way(wire, scope, "down", "packets") * per);
    json_add_number(packets, "total", both_ways(wire, scope, "packets") * per);
}

static void judge_handshakes(cJSON *row, cJSON *problems, const cJSON *wire)
{
    double seen = json_number(wire, "tcp.handshakes");
    double client = json_number(row, "handshakes.client");
    double given_up = json_number(row, "handshakes.given_up");

    replace_number(cJSON_GetObjectItemCaseSensitive(row, "handshakes"), "wire", seen);
    /* A client that leaves while it connects may not learn that its handshake just ended. */
    if (seen < client || seen > client + given_up)
        json_append_printf(problems, "TCP handshakes disagree: client %.0f, wire %.0f", client,
                           seen);
}

/* On a network without loss what the wire carried and nobody sent again is what both ends read. */
static void judge_instrument(cJSON *problems, cJSON *notes, const cJSON *wire)
{
    double own = json_number(wire, "own_drops");
    double again = both_ways(wire, "tcp.", "retransmissions");
    double lost = both_ways(wire, "tcp.", "lost");

    if (own > 0)
        json_append_printf(problems,
                           "the emulated link itself dropped %.0f packets: too much for "
                           "this machine",
                           own);
    if (lost > 0 || again > 0)
        json_append_printf(notes, "%.0f segments lost on the link, %.0f sent again", lost, again);
}

void result_wire(cJSON *row)
{
    const cJSON *wire = cJSON_GetObjectItemCaseSensitive(row, "wire");
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");

    if (!cJSON_IsObject(wire))
        return;
    add_ratios(row, wire, "tcp.window.");
    add_ratios(cJSON_GetObjectItemCaseSensitive(row, "whole_run"), wire, "tcp.");
    judge_handshakes(row, problems, wire);
    judge_instrument(problems, cJSON_GetObjectItemCaseSensitive(row, "notes"), wire);
}
