#include "bench/result/result_balancer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/http_message.h"
#include "bench/base/json.h"
#include "bench/base/units.h"

/* ---- what the links saw ---- */

static double both_ways(const cJSON *wire, const char *counter)
{
    char up[64], down[64];

    snprintf(up, sizeof up, "tcp.up.%s", counter);
    snprintf(down, sizeof down, "tcp.down.%s", counter);
    return json_number(wire, up) + json_number(wire, down);
}

static double payload_up(const cJSON *wire)
{
    return json_number(wire, "tcp.up.payload_bytes") -
           json_number(wire, "tcp.up.retransmitted_bytes");
}

static double payload_down(const cJSON *wire)
{
    return json_number(wire, "tcp.down.payload_bytes") -
           json_number(wire, "tcp.down.retransmitted_bytes");
}

static double payload_bytes(const cJSON *wire)
{
    return payload_up(wire) + payload_down(wire);
}

static double handshakes(const cJSON *wire)
{
    return json_number(wire, "tcp.handshakes");
}

static double wire_bytes(const cJSON *wire)
{
    return both_ways(wire, "bytes");
}

/* Of every packet there was: for connections that stand since before the row. */
static double lane_bytes(const cJSON *wire)
{
    return json_number(wire, "lanes.up.bytes_in") + json_number(wire, "lanes.down.bytes_in");
}

/* Summed over a list of links; NAN where there are none. */
static double sum_over(const cJSON *links, double (*count)(const cJSON *))
{
    const cJSON *one;
    double sum = 0;

    if (links == NULL)
        return NAN;
    cJSON_ArrayForEach(one, links)
    {
        sum += count(one);
    }
    return sum;
}

static double sum_behind(const cJSON *wire, double (*count)(const cJSON *))
{
    return sum_over(json_at(wire, "behind"), count);
}

static cJSON *add_sides(cJSON *balancer, const char *name, const cJSON *wire,
                        double (*count)(const cJSON *), double per)
{
    cJSON *o = cJSON_AddObjectToObject(balancer, name);

    json_add_number(o, "front", count(wire) * per);
    json_add_number(o, "behind", sum_behind(wire, count) * per);
    return o;
}

static void add_traffic(cJSON *balancer, const cJSON *row)
{
    const cJSON *wire = json_at(row, "wire");
    double updates = json_number(row, "whole_run.deliveries");
    double per = updates > 0 ? 1 / updates : NAN;
    cJSON *payload;

    add_sides(balancer, "handshakes", wire, handshakes, 1);
    add_sides(balancer, "connections_per_client", wire, handshakes,
              1 / json_number(row, "clients"));
    payload = add_sides(balancer, "payload_bytes", wire, payload_bytes, 1);
    /* Towards the servers what came out behind it, towards the clients what came out in front. */
    json_add_number(payload, "added_up", (sum_behind(wire, payload_up) - payload_up(wire)) * per);
    json_add_number(payload, "added_down",
                    (payload_down(wire) - sum_behind(wire, payload_down)) * per);
    add_sides(balancer, "wire_bytes_per_update", wire, wire_bytes, per);
}

/* ---- who served ---- */

/* Of the row's transport, between the first look and the last. */
static double served(const cJSON *server, const char *transport, const char *counter)
{
    char from[96], to[96];

    snprintf(from, sizeof from, "stats.start.transports.%s.%s", transport, counter);
    snprintf(to, sizeof to, "stats.end.transports.%s.%s", transport, counter);
    return json_number(server, to) - json_number(server, from);
}

static double server_cpu_us(const cJSON *server)
{
    return json_number(server, "stats.end.process.cpu_user_us") +
           json_number(server, "stats.end.process.cpu_system_us") -
           json_number(server, "stats.start.process.cpu_user_us") -
           json_number(server, "stats.start.process.cpu_system_us");
}

/* "49 + 49", for tables. */
static void add_served_by(cJSON *balancer)
{
    char text[80] = "";
    const cJSON *server;
    size_t len = 0;

    cJSON_ArrayForEach(server, json_at(balancer, "served"))
    {
        if (len < sizeof text)
            len += (size_t)snprintf(text + len, sizeof text - len, "%s%.0f", len > 0 ? " + " : "",
                                    json_number(server, "requests"));
    }
    json_add_text(balancer, "served_by", text);
}

static void add_served(cJSON *balancer, const cJSON *row, const cJSON *account)
{
    const char *transport = json_text(row, "transport");
    cJSON *list = cJSON_AddArrayToObject(balancer, "served");
    const cJSON *server;

    cJSON_ArrayForEach(server, json_at(account, "servers"))
    {
        cJSON *o = cJSON_CreateObject();

        json_add_text(o, "address", json_text(server, "address"));
        json_add_number(o, "handshakes", served(server, transport, "accepted"));
        json_add_number(o, "requests", served(server, transport, "requests"));
        json_add_number(o, "updates_sent", served(server, transport, "updates_sent"));
        json_add_number(o, "cpu_us", server_cpu_us(server));
        json_add_number(o, "killed_after_s", json_number(server, "killed_after_s"));
        cJSON_AddItemToArray(list, o);
    }
    add_served_by(balancer);
}

/* ---- what it cost, and what went wrong ---- */

/* Per update that a client got. */
static void add_cpu(cJSON *to, const cJSON *row, const cJSON *account)
{
    double used_us =
        json_number(account, "cpu_us.window_end") - json_number(account, "cpu_us.window_start");
    double updates = json_number(row, "deliveries");

    json_add_number(to, "cpu_us_per_update", updates > 0 ? used_us / updates : NAN);
}

static void add_balancer_cpu(cJSON *balancer, const cJSON *row, const cJSON *account)
{
    if (json_number(account, "layer") > 0)
        add_cpu(balancer, row, account);
    else
        json_add_number(balancer, "cpu_us_per_update", NAN);
}

static void add_store(cJSON *balancer, const cJSON *row, const cJSON *account)
{
    const cJSON *store = json_at(account, "store");
    double updates = json_number(row, "whole_run.deliveries");
    cJSON *o;

    if (store == NULL) {
        cJSON_AddNullToObject(balancer, "store");
        return;
    }
    o = cJSON_AddObjectToObject(balancer, "store");
    json_add_text(o, "program", json_text(store, "program"));
    add_cpu(o, row, store);
    json_add_number(o, "wire_bytes_per_update",
                    updates > 0 ? sum_over(json_at(row, "wire.beside"), lane_bytes) / updates
                                : NAN);
}

/* "5, 304 ms", for tables. */
static void add_outages(cJSON *balancer, double count, double max_us)
{
    char text[80] = "", max[UNITS_TEXT_BYTES];

    units_format_us(max, max_us);
    if (count > 0)
        snprintf(text, sizeof text, "%.0f, %s", count, max);
    json_add_text(balancer, "outages", text);
}

static void add_errors(cJSON *balancer, const cJSON *row)
{
    cJSON *errors = cJSON_AddObjectToObject(balancer, "sequence_errors");
    cJSON *outage = cJSON_AddObjectToObject(balancer, "outage_us");

    double duplicated = json_number(row, "duplicated");
    double out_of_order = json_number(row, "out_of_order");
    double back = json_number(row, "raw.server_restarts");
    double outages = json_number(row, "raw.outage_us.count");

    json_add_number(errors, "duplicated", duplicated);
    json_add_number(errors, "out_of_order", out_of_order);
    json_add_number(errors, "cursors_back", back);
    json_add_number(errors, "all", duplicated + out_of_order + back);
    json_add_number(outage, "count", outages);
    add_outages(balancer, outages, json_number(row, "raw.outage_us.max"));
    json_add_number(outage, "p50", outages > 0 ? json_number(row, "raw.outage_us.p50") : NAN);
    json_add_number(outage, "max", outages > 0 ? json_number(row, "raw.outage_us.max") : NAN);
}

static bool has_killed(const cJSON *account)
{
    const cJSON *server;

    cJSON_ArrayForEach(server, json_at(account, "servers"))
    {
        if (json_number(server, "killed_after_s") >= 0)
            return true;
    }
    return false;
}

bool result_balancer_rejoins(const cJSON *report)
{
    const cJSON *account = json_at(report, "balancer");

    return json_number(account, "layer") == 7 || has_killed(account);
}

static double all_accepted(const cJSON *balancer)
{
    const cJSON *server;
    double sum = 0;

    cJSON_ArrayForEach(server, json_at(balancer, "served"))
    {
        sum += json_number(server, "handshakes");
    }
    return sum;
}

/* Between the servers and their links; and below layer 7 between the two sides of the balancer. */
static void judge(cJSON *row, const cJSON *balancer, const cJSON *account)
{
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");
    double front = json_number(balancer, "handshakes.front");
    double behind = json_number(balancer, "handshakes.behind");
    double accepted = all_accepted(balancer);

    if (has_killed(account))
        return; /* what was on its way to the dead one was neither */
    if (accepted != (isnan(behind) ? front : behind))
        json_append_printf(problems,
                           "TCP handshakes disagree at the servers: servers %.0f, wire %.0f",
                           accepted, isnan(behind) ? front : behind);
    if (json_number(account, "layer") == 4 && front != behind)
        json_append_printf(
            problems, "a layer-4 balancer makes one connection of one: front %.0f, behind %.0f",
            front, behind);
}

void result_balancer(cJSON *row)
{
    static const char *const words[] = {"kind", "config", "program", "source", "link"};
    const cJSON *account = json_at(row, "raw.balancer");
    cJSON *balancer;

    if (account == NULL)
        return;
    balancer = cJSON_AddObjectToObject(row, "balancer");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        json_add_text(balancer, words[i], json_text(account, words[i]));
    json_add_number(balancer, "layer", json_number(account, "layer"));
    add_traffic(balancer, row);
    add_balancer_cpu(balancer, row, account);
    add_store(balancer, row, account);
    cJSON_AddNullToObject(balancer, "added_latency_us");
    add_served(balancer, row, account);
    add_errors(balancer, row);
    if (json_at(row, "handshakes") != NULL) /* of a row that was measured */
        judge(row, balancer, account);
}

/* ---- against the direct row ---- */

static const cJSON *find_direct(const cJSON *run, const cJSON *like)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (row != like && strcmp(json_text(row, "balancer.kind"), "direct") == 0 &&
            strcmp(json_text(row, "transport"), json_text(like, "transport")) == 0)
            return row;
    }
    return NULL;
}

void result_balancer_compare(cJSON *run)
{
    const cJSON *rows = json_at(run, "rows");
    cJSON *row = cJSON_GetArrayItem(rows, cJSON_GetArraySize(rows) - 1);
    cJSON *balancer = cJSON_GetObjectItemCaseSensitive(row, "balancer"), *added;
    const cJSON *direct = find_direct(run, row);

    if (balancer == NULL || direct == NULL)
        return;
    added = cJSON_CreateObject();
    json_add_number(added, "p50",
                    json_number(row, "latency_us.p50") - json_number(direct, "latency_us.p50"));
    json_add_number(added, "p99",
                    json_number(row, "latency_us.p99") - json_number(direct, "latency_us.p99"));
    cJSON_ReplaceItemInObjectCaseSensitive(balancer, "added_latency_us", added);
}

/* ---- expected to break ---- */

/* The scenario's own requirement, if it has one. */
static void find_latency(cJSON *findings, const cJSON *row, const struct scenario *s)
{
    static const struct {
        double percentile;
        const char *path, *name;
    } known[] = {{50, "latency_us.p50", "p50"},
                 {90, "latency_us.p90", "p90"},
                 {99, "latency_us.p99", "p99"},
                 {100, "latency_us.max", "max"}};
    double limit_us = s->require.latency_ms * 1000;
    char is[UNITS_TEXT_BYTES], must[UNITS_TEXT_BYTES];

    for (size_t i = 0; limit_us > 0 && i < sizeof known / sizeof *known; i++) {
        double us = json_number(row, known[i].path);

        if (known[i].percentile != s->require.percentile || !(us > limit_us))
            continue;
        units_format_us(is, us);
        units_format_us(must, limit_us);
        json_append_printf(findings, "latency %s %s, required %s", known[i].name, is, must);
    }
}

/* "once 504 Gateway Timeout", "68 times 502 Bad Gateway". */
static void find_refusals(cJSON *findings, const cJSON *row)
{
    const cJSON *refusal;
    char text[80];

    cJSON_ArrayForEach(refusal, json_at(row, "raw.refused"))
    {
        snprintf(text, sizeof text, "%.8s %s", refusal->string,
                 http_status_phrase(atoi(refusal->string)));
        if (refusal->valuedouble > 1)
            json_append_printf(findings, "%.0f times %s", refusal->valuedouble, text);
        else if (!json_any_quotes(findings, text))
            json_append_printf(findings, "once %s", text);
    }
}

void result_expect_broken(cJSON *row, const struct scenario *s)
{
    cJSON *findings = cJSON_DetachItemFromObjectCaseSensitive(row, "problems"), *problems;

    cJSON_AddItemToObject(row, "findings", findings);
    problems = cJSON_AddArrayToObject(row, "problems");
    find_latency(findings, row, s);
    find_refusals(findings, row);
    json_append_count(findings, row, "missed", "update missed", "updates missed");
    json_append_count(findings, row, "late", "update not there when the drain ended",
                      "updates not there when the drain ended");
    json_append_count(findings, row, "duplicated", "update came twice", "updates came twice");
    json_append_count(findings, row, "raw.server_restarts", "time the cursor went back",
                      "times the cursor went back");
    json_append_count(findings, row, "raw.whole.reconnects", "reconnection", "reconnections");
    json_append_count(findings, row, "raw.whole.failed_responses", "response failed",
                      "responses failed");
    if (cJSON_GetArraySize(findings) == 0)
        json_append_text(problems, "was expected to break, and did not");
}
