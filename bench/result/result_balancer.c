#include "bench/result/result_balancer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/http_message.h"
#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/result/counters.h"
#include "bench/result/percentile.h"

/* ---- what the links saw ---- */

/* Each of one link, or summed over a list of links; NAN where there are none. */

static double payload_up(const cJSON *links)
{
    return counters_at(links, "tcp.up.payload_bytes") -
           counters_at(links, "tcp.up.retransmitted_bytes");
}

static double payload_down(const cJSON *links)
{
    return counters_at(links, "tcp.down.payload_bytes") -
           counters_at(links, "tcp.down.retransmitted_bytes");
}

static double payload_bytes(const cJSON *links)
{
    return payload_up(links) + payload_down(links);
}

static double handshakes(const cJSON *links)
{
    return counters_at(links, "tcp.handshakes");
}

static double wire_bytes(const cJSON *links)
{
    return counters_both_ways(links, "tcp", "bytes");
}

static cJSON *add_sides(cJSON *balancer, const char *name, const cJSON *wire,
                        double (*count)(const cJSON *links), double per)
{
    cJSON *o = cJSON_AddObjectToObject(balancer, name);

    json_add_number(o, "front", count(wire) * per);
    json_add_number(o, "behind", count(json_at(wire, "behind")) * per);
    return o;
}

static void add_traffic(cJSON *balancer, const cJSON *row)
{
    const cJSON *wire = json_at(row, "wire"), *behind = json_at(wire, "behind");
    double per = counters_per(json_number(row, "whole_run.deliveries"));
    cJSON *payload;

    add_sides(balancer, "handshakes", wire, handshakes, 1);
    add_sides(balancer, "connections_per_client", wire, handshakes,
              1 / json_number(row, "clients"));
    payload = add_sides(balancer, "payload_bytes", wire, payload_bytes, 1);
    /* Towards the servers what came out behind it, towards the clients what came out in front. */
    json_add_number(payload, "added_up", (payload_up(behind) - payload_up(wire)) * per);
    json_add_number(payload, "added_down", (payload_down(wire) - payload_down(behind)) * per);
    add_sides(balancer, "wire_bytes_per_update", wire, wire_bytes, per);
}

/* ---- who served ---- */

/* "49 + 49", for tables. */
static void put_served_by(cJSON *balancer)
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
    cJSON_ReplaceItemInObjectCaseSensitive(balancer, "served_by", cJSON_CreateString(text));
}

static void add_served(cJSON *balancer, const cJSON *row, const cJSON *account)
{
    static const char *const counters[][2] = {
        {"handshakes", "accepted"}, {"requests", "requests"}, {"updates_sent", "updates_sent"}};
    cJSON *list = cJSON_AddArrayToObject(balancer, "served");
    const cJSON *server;
    char path[96];

    cJSON_ArrayForEach(server, json_at(account, "servers"))
    {
        cJSON *o = cJSON_CreateObject();

        json_add_text(o, "address", json_text(server, "address"));
        for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
            snprintf(path, sizeof path, "transports.%s.%s", json_text(row, "transport"),
                     counters[i][1]);
            json_add_number(o, counters[i][0],
                            counters_growth(server, "stats.start", "stats.end", path));
        }
        json_add_number(o, "cpu_us", counters_cpu_us(server, "stats.start", "stats.end"));
        json_add_number(o, "killed_after_s", json_number(server, "killed_after_s"));
        cJSON_AddItemToArray(list, o);
    }
    cJSON_AddNullToObject(balancer, "served_by");
}

/* ---- what it cost, and what went wrong ---- */

/* Per update that a client got; of the balancer's processes, or of the store's. */
static void add_cpu(cJSON *to, const cJSON *row, const cJSON *account)
{
    double share =
        (json_number(account, "cpu_us.window_end") - json_number(account, "cpu_us.window_start")) /
        (json_number(account, "time_us.window_end") - json_number(account, "time_us.window_start"));

    json_add_number(to, "cpu_us_per_update",
                    share * 1e3 * json_number(row, "phases.window_ms") *
                        counters_per(json_number(row, "deliveries")));
}

static void add_store(cJSON *balancer, const cJSON *row, const cJSON *account)
{
    const cJSON *store = json_at(account, "store");
    cJSON *o;

    if (store == NULL) {
        cJSON_AddNullToObject(balancer, "store");
        return;
    }
    o = cJSON_AddObjectToObject(balancer, "store");
    json_add_text(o, "program", json_text(store, "program"));
    add_cpu(o, row, store);
    /* Of every packet: its connections stand since before the row. */
    json_add_number(o, "wire_bytes_per_update",
                    counters_both_ways(json_at(row, "wire.beside"), "lanes", "bytes_in") *
                        counters_per(json_number(row, "whole_run.deliveries")));
}

/* "5, 304 ms", for tables. */
static void put_outages(cJSON *balancer)
{
    double count = json_number(balancer, "outage_us.count");
    char text[80] = "", max[UNITS_TEXT_BYTES];

    units_format_us(max, json_number(balancer, "outage_us.max"));
    if (count > 0)
        snprintf(text, sizeof text, "%.0f, %s", count, max);
    cJSON_ReplaceItemInObjectCaseSensitive(balancer, "outages", cJSON_CreateString(text));
}

void result_balancer_describe(cJSON *balancer)
{
    if (!cJSON_IsObject(balancer))
        return;
    put_served_by(balancer);
    put_outages(balancer);
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
    cJSON_AddNullToObject(balancer, "outages");
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

/* Between the servers and their links; and below layer 7 between the two sides of the balancer. */
static void judge(cJSON *row, const cJSON *balancer, const cJSON *account)
{
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");
    double front = json_number(balancer, "handshakes.front");
    double behind = json_number(balancer, "handshakes.behind");
    double accepted = counters_at(json_at(balancer, "served"), "handshakes");

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
    add_cpu(balancer, row, json_number(account, "layer") > 0 ? account : NULL);
    add_store(balancer, row, account);
    cJSON_AddNullToObject(balancer, "added_latency_us");
    add_served(balancer, row, account);
    add_errors(balancer, row);
    result_balancer_describe(balancer);
    if (json_at(row, "handshakes") != NULL) /* of a row that was measured */
        judge(row, balancer, account);
}

/* ---- against the direct row ---- */

/* Rows without "repeat" are all of one. */
static bool is_same_repeat(const cJSON *a, const cJSON *b)
{
    return cJSON_Compare(json_at(a, "repeat"), json_at(b, "repeat"), true) ||
           json_at(a, "repeat") == NULL;
}

static const cJSON *find_direct(const cJSON *rows, const cJSON *like)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (row != like && strcmp(json_text(row, "balancer.kind"), "direct") == 0 &&
            strcmp(json_text(row, "transport"), json_text(like, "transport")) == 0 &&
            is_same_repeat(row, like))
            return row;
    }
    return NULL;
}

/* A client of dns has the direct row's path: what it "adds" is chance. Short polls, which arrive at
 * any moment of their interval, are witnesses for each other only. */
static double chance_us(const cJSON *rows, const cJSON *like)
{
    bool polls = strcmp(json_text(like, "transport"), "short-poll") == 0;
    const cJSON *row;
    double most = NAN;

    cJSON_ArrayForEach(row, rows)
    {
        if (strcmp(json_text(row, "balancer.kind"), "dns") == 0 && is_same_repeat(row, like) &&
            (strcmp(json_text(row, "transport"), "short-poll") == 0) == polls)
            most = fmax(most, fabs(json_number(row, "balancer.added_latency_us.p50")));
    }
    return most;
}

static void compare(const cJSON *rows, const cJSON *row)
{
    cJSON *balancer = cJSON_GetObjectItemCaseSensitive(row, "balancer"), *added;
    const cJSON *direct = find_direct(rows, row);

    if (balancer == NULL || direct == NULL)
        return;
    added = cJSON_CreateObject();
    json_add_number(added, "p50",
                    json_number(row, "latency_us.p50") - json_number(direct, "latency_us.p50"));
    json_add_number(added, "p99",
                    json_number(row, "latency_us.p99") - json_number(direct, "latency_us.p99"));
    cJSON_ReplaceItemInObjectCaseSensitive(balancer, "added_latency_us", added);
}

void result_balancer_compare(const cJSON *rows)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        compare(rows, row);
    }
    cJSON_ArrayForEach(row, rows)
    {
        cJSON *added = (cJSON *)json_at(row, "balancer.added_latency_us");

        if (cJSON_IsObject(added))
            json_add_number(added, "chance", chance_us(rows, row));
    }
}

/* ---- expected to break ---- */

/* The scenario's own requirement, if it has one. */
static void find_latency(cJSON *findings, const cJSON *row, const struct scenario *s)
{
    const struct percentile *p = percentile_from(s->require.percentile);
    double limit_us = s->require.latency_ms * 1000, us;
    char path[32], is[UNITS_TEXT_BYTES], must[UNITS_TEXT_BYTES];

    snprintf(path, sizeof path, "latency_us.%s", p->name);
    us = json_number(row, path);
    if (!(limit_us > 0 && us > limit_us))
        return;
    units_format_us(is, us);
    units_format_us(must, limit_us);
    json_append_printf(findings, "latency %s %s, required %s", p->words, is, must);
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
