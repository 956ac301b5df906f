#include "bench/table/prediction.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "bench/model/plan.h"
#include "bench/model/predicted.h"
#include "bench/result/conditions.h"
#include "bench/table/table.h"
#include "bench/table/table_cells.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* What Linux gives connections to one address and port: ip_local_port_range, 32768 to 60999
 * (Documentation/networking/ip-sysctl.rst). */
#define LOCAL_PORTS 28232.0

/* ---- columns ---- */

#define ONE(path)    ALWAYS, path, NULL, NULL
#define IF_ANY(path) ALWAYS | VALUE_ONLY, path, NULL, NULL

static const struct column latency_columns[] = {
    {{"", "row"}, NULL, ONE("id")},
    {{"latency", "p50"}, NULL, ONE("latency_us.p50")},
    {{"latency", "p90"}, NULL, ONE("latency_us.p90")},
    {{"latency", "p99"}, NULL, ONE("latency_us.p99")},
    {{"latency", "mean"}, NULL, ONE("latency_us.mean")},
    {{"latency", "max"}, NULL, ONE("latency_us.max")},
    {{"age", "mean"}, NULL, ONE("age_us.mean")},
};
static const struct column cost_columns[] = {
    {{"", "per update"}, NULL, ONE("id")},
    {{"", "requests"}, NULL, ONE("requests_per_update")},
    {{"empty", "answers"}, NULL, ONE("empty_response_ratio")},
    {{"TCP", "handshakes"}, NULL, ONE("tcp_handshakes_per_update")},
    {{"bytes", "app+framing"},
     NULL,
     ALWAYS,
     "bytes_per_update.payload",
     "bytes_per_update.framing",
     NULL},
    {{"wire", "bytes"}, NULL, IF_ANY("bytes_per_update.wire")},
    {{"IP", "packets"}, NULL, IF_ANY("packets_per_update.total")},
};
static const struct table_source latency = {latency_columns, COUNT_OF(latency_columns)};
static const struct table_source cost = {cost_columns, COUNT_OF(cost_columns)};

/* Texts that plan_view() puts into its rows. */
static const struct column plan_columns[] = {
    {{"", "per second"}, NULL, ONE("id")},
    {{"", "requests"}, NULL, IF_ANY("requests")},
    {{"TCP", "handshakes"}, NULL, IF_ANY("handshakes")},
    {{"IP", "packets"}, NULL, IF_ANY("packets")},
    {{"to the", "clients"}, NULL, BREAK | IF_ANY("down")},
    {{"from the", "clients"}, NULL, IF_ANY("up")},
    {{"both ways", "together"}, NULL, IF_ANY("bandwidth")},
};
static const struct column machine_columns[] = {
    {{"", "the server"}, NULL, ONE("id")},
    {{"as measured", "in row"}, NULL, IF_ANY("from")},
    {{"", "cores"}, NULL, IF_ANY("cores")},
    {{"its", "memory"}, NULL, IF_ANY("memory")},
    {{"the kernel,", "both ends"}, NULL, IF_ANY("kernel")},
};
static const struct table_source plan = {plan_columns, COUNT_OF(plan_columns)};
static const struct table_source machine = {machine_columns, COUNT_OF(machine_columns)};

/* ---- the plan ---- */

static void put(cJSON *row, const char *name, units_format *format, double value)
{
    char text[UNITS_TEXT_BYTES];

    format(text, value);
    if (isfinite(value))
        json_add_text(row, name, text);
}

/* A run whose rows have the plan's figures as texts. */
static cJSON *plan_view(const cJSON *run, double clients)
{
    cJSON *view = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(view, "rows");
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        struct capacity_model_at at = plan_of(run, row, clients);
        cJSON *o = json_object("id:s from:s", json_text(row, "id"), json_text(row, "measured_row"));

        put(o, "requests", units_format_plan, at.requests_hz);
        put(o, "handshakes", units_format_plan, at.handshakes_hz);
        put(o, "packets", units_format_plan, at.packets_hz);
        put(o, "down", units_format_bps, at.down_bps);
        put(o, "up", units_format_bps, at.up_bps);
        put(o, "bandwidth", units_format_bps, isnan(at.up_bps) ? at.bandwidth_bps : NAN);
        put(o, "cores", units_format_plan, at.cores);
        put(o, "memory", units_format_kb, at.memory_bytes);
        put(o, "kernel", units_format_kb, at.kernel_bytes);
        cJSON_AddItemToArray(rows, o);
    }
    return view;
}

/* Text in lines. */
static void put_paragraph(struct writer *w, const char *text, size_t width)
{
    writer_wrap(w, text, 0, width);
    writer_puts(w, "\n");
}

/* Sockets, and what they need. */
static void put_limits(struct writer *w, const cJSON *run, double clients, size_t width)
{
    double sockets = plan_of(run, cJSON_GetArrayItem(json_at(run, "rows"), 0), clients).sockets;
    char count[UNITS_TEXT_BYTES], text[400];
    int len;

    units_format_count(count, sockets);
    len = snprintf(text, sizeof text, "%s connections to the server, each an open file (ulimit -n)",
                   count);
    if (sockets > LOCAL_PORTS)
        snprintf(text + len, sizeof text - (size_t)len,
                 "; from a proxy they take %.0f addresses, each with 28,232 ports "
                 "(ip_local_port_range of "
                 "Linux)",
                 ceil(sockets / LOCAL_PORTS));
    put_paragraph(w, text, width);
}

static void put_plan(struct writer *w, const struct prediction *p, double clients, size_t width)
{
    bool markdown = width == TABLE_MARKDOWN;
    cJSON *view = plan_view(p->run, clients);
    char count[UNITS_TEXT_BYTES];

    units_format_count(count, clients);
    writer_printf(w, "\n%s%s %s%s\n", markdown ? "**" : "", count,
                  clients == 1 ? "client" : "clients", markdown ? "**\n" : "");
    table_put(w, &plan, view, width);
    if (p->measured != NULL) {
        writer_puts(w, "\n");
        table_put(w, &machine, view, width);
    }
    put_limits(w, p->run, clients, width);
    cJSON_Delete(view);
}

/* Has any row something between clients and servers? */
static bool is_balanced(const cJSON *run)
{
    const cJSON *row;
    bool any = strcmp(json_text(run, "scenario.balancer.kind"), "none") != 0;

    cJSON_ArrayForEach(row, json_at(run, "scenario.rows"))
    {
        const char *kind = json_text(row, "balancer.kind");

        any |= kind[0] != '\0' && strcmp(kind, "none") != 0;
    }
    return any;
}

/* Where CPU time and memory come from, and what is not included. */
static void put_source(struct writer *w, const struct prediction *p, size_t width)
{
    const cJSON *rows = json_at(p->run, "rows");
    struct buf text = {0};
    struct writer line = {.out = &text};

    if (p->measured != NULL) {
        writer_printf(&line, "CPU time and memory: %s (", p->measured_path);
        conditions_put(&line, p->measured, INT_MAX);
        writer_puts(&line, ").");
    } else {
        writer_puts(&line, "CPU time and memory: not known without a measured run (--measured).");
    }
    if (table_has_value(rows, "bytes_per_update.payload") &&
        !table_has_value(rows, "bytes_per_update.wire"))
        writer_puts(&line, " Bandwidth: payload and framing; what they take on the wire is not "
                           "known.");
    if (is_balanced(p->run))
        writer_puts(&line, " Not included: what stands between clients and servers.");
    if (strcmp(json_text(p->run, "scenario.send.workload"), "none") != 0)
        writer_puts(&line, " Not included: what clients send.");
    writer_puts(w, "\n");
    put_paragraph(w, writer_text(&line), width);
    buf_free(&text);
}

/* ---- all of it ---- */

/* Why the row has no latency; "" when it has one. */
static const char *why_not(const cJSON *row)
{
    return json_at(row, "predicted") != NULL ? json_text(row, "predicted.why")
                                             : "when its updates come is not known beforehand";
}

/* The reason of a row, and of those after it that have the same: nothing where it was given. */
static void put_reason(struct writer *w, const cJSON *rows, const cJSON *row, size_t width)
{
    const char *why = why_not(row);
    struct buf text = {0};
    struct writer line = {.out = &text};

    for (const cJSON *other = rows->child; other != row; other = other->next)
        if (strcmp(why_not(other), why) == 0)
            return;
    writer_printf(&line, "No latency of %s", json_text(row, "id"));
    for (const cJSON *other = row->next; other != NULL; other = other->next)
        if (strcmp(why_not(other), why) == 0)
            writer_printf(&line, ", %s", json_text(other, "id"));
    writer_printf(&line, ": %s.", why);
    put_paragraph(w, writer_text(&line), width);
    buf_free(&text);
}

static void put_reasons(struct writer *w, const cJSON *run, size_t width)
{
    const cJSON *rows = json_at(run, "rows"), *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (why_not(row)[0] != '\0')
            put_reason(w, rows, row, width);
    }
}

/* A table, if the figure at the path is predicted of any row. */
static void put_table(struct writer *w, const struct table_source *from, const cJSON *run,
                      const char *path, size_t width)
{
    const cJSON *row;
    bool known = false;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        known |= isfinite(predicted_value(row, path));
    }
    if (!known)
        return;
    writer_puts(w, "\n");
    table_put(w, from, run, width);
}

int prediction_write(struct buf *out, const struct prediction *p, size_t width)
{
    struct buf text = {0};
    struct writer w = {.out = out}, line = {.out = &text};

    writer_printf(&line, "Predicted, not measured: ");
    conditions_put(&line, p->run, INT_MAX);
    put_paragraph(&w, json_text(p->run, "scenario.title"), width);
    put_paragraph(&w, writer_text(&line), width);
    buf_free(&text);
    put_table(&w, &latency, p->run, "latency_us.mean", width);
    put_reasons(&w, p->run, width);
    put_table(&w, &cost, p->run, "bytes_per_update.payload", width);
    for (size_t i = 0; i < p->n; i++)
        put_plan(&w, p, p->clients[i], width);
    put_source(&w, p, width);
    return w.rc < 0 ? w.rc : line.rc;
}

/* ---- JSON ---- */

/* The members of from with these names, with spaces between them. */
static void copy(cJSON *to, const cJSON *from, const char *names)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, from)
    {
        const char *at = strstr(names, item->string);
        size_t len = strlen(item->string);

        if (at != NULL && (at == names || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            cJSON_AddItemToObject(to, item->string, cJSON_Duplicate(item, true));
    }
}

cJSON *prediction_json(const struct prediction *p)
{
    cJSON *o = cJSON_CreateObject(), *rows, *to, *plans;
    const cJSON *row;

    copy(o, p->run, "pushlab scenario link");
    cJSON_AddItemToObject(o, "measured",
                          p->measured != NULL ? cJSON_CreateString(p->measured_path)
                                              : cJSON_CreateNull());
    rows = cJSON_AddArrayToObject(o, "rows");
    cJSON_ArrayForEach(row, json_at(p->run, "rows"))
    {
        to = cJSON_CreateObject();
        copy(to, row, "id transport connection clients interval_ms hold_ms predicted measured_row");
        plans = cJSON_AddArrayToObject(to, "plan");
        for (size_t i = 0; i < p->n; i++) {
            struct capacity_model_at at = plan_of(p->run, row, p->clients[i]);

            cJSON_AddItemToArray(plans, capacity_model_describe(&at));
        }
        cJSON_AddItemToArray(rows, to);
    }
    return o;
}
