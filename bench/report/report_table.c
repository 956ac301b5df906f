#include "bench/report/report_table.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/page/run_words.h"
#include "bench/result/predict.h"
#include "bench/table/table_cells.h"

static const cJSON *run_of(const struct template *t)
{
    const cJSON *run;

    template_find(t, "rows", &run);
    return run;
}

/* The number that a list gave its item: {"column": 3}. */
static size_t index_of(const struct template *t, const char *name)
{
    const cJSON *item = template_find(t, name, NULL);

    return cJSON_IsNumber(item) ? (size_t)item->valuedouble : 0;
}

/* ---- the big table ---- */

/* A share; e to the minus hundred is none. */
static void format_percent(char out[UNITS_TEXT_BYTES], double share)
{
    units_format_percent(out, fabs(share) < 5e-5 ? 0 : share);
}

static const struct column_of_numbers {
    const char *group, *head; /* neighbours of one group share its head */
    const char *path;
    facts_format *format; /* NULL: the metric's */
    bool bar;
    const char *definition;
} columns[] = {
    {"Updates", "delivered", "delivered", NULL, false, "completeness"},
    {"Updates", "superseded", "superseded", NULL, false, "completeness"},
    {"Updates", "on time", "deadline.share", format_percent, true, "deadline"},
    {"Latency", "median", "latency_us.p50", NULL, true, "latency"},
    {"Latency", "p99", "latency_us.p99", NULL, false, "latency"},
    {"Latency", "max", "latency_us.max", NULL, false, "latency"},
    {"Age", "mean", "age_us.mean", NULL, true, "age"},
    {"Per update", "requests", "requests_per_update", NULL, true, "requests"},
    {"Per update", "handshakes", "tcp_handshakes_per_update", NULL, true, "requests"},
    {"Per update", "packets", "packets_per_update.total", NULL, true, "bytes"},
    {"Responses", "empty", "empty_response_ratio", format_percent, false, "requests"},
    {"Bytes per update", "payload", "bytes_per_update.payload", NULL, false, "bytes"},
    {"Bytes per update", "framing", "bytes_per_update.framing", NULL, true, "bytes"},
    {"Bytes per update", "wire", "bytes_per_update.wire", NULL, true, "bytes"},
    {"CPU per update", "server", "server_cpu_us_per_update", NULL, true, "cpu"},
    {"CPU per update", "client", "client_cpu_us_per_update", NULL, true, "cpu"},
    {"Memory", "per client", "server_rss_bytes_per_client", units_format_kib, false, "cpu"},
    {"Sent", "messages", "upstream.messages", NULL, false, "upstream"},
    {"To everyone", "median", "upstream.latency_us.p50", NULL, true, "upstream"},
    {"To everyone", "p99", "upstream.latency_us.p99", NULL, false, "upstream"},
    {"Echo", "p99", "upstream.echo_us.p99", NULL, false, "upstream"},
    {"Per message", "requests", "upstream.requests_per_message", NULL, true, "upstream"},
    {"Per message", "handshakes", "upstream.handshakes_per_message", NULL, true, "upstream"},
    {"Bytes per message", "payload", "upstream.bytes_per_message.payload", NULL, false, "upstream"},
    {"Bytes per message", "framing", "upstream.bytes_per_message.framing", NULL, true, "upstream"},
    {"Converged", "p99", "convergence_us.p99", NULL, true, "documents"},
    {"Documents", "held", "documents.documents", NULL, false, "documents"},
};

/* That no response was empty is said once, in the model's tables; that nothing was superseded goes
 * without saying where all updates are wanted. */
static bool is_shown(const cJSON *run, const struct column_of_numbers *c)
{
    struct facts_range r = facts_range_of(run, c->path);
    bool zeros = c->format != format_percent && strcmp(c->path, "superseded") != 0;

    return r.n > 0 && (zeros || r.high > 0);
}

static const cJSON *find_columns(struct template *t)
{
    cJSON *list = cJSON_CreateArray(), *first = NULL;

    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const struct column_of_numbers *c = &columns[i];
        cJSON *o;

        if (!is_shown(run_of(t), c))
            continue;
        o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "group", c->group);
        cJSON_AddStringToObject(o, "head", c->head);
        cJSON_AddStringToObject(o, "definition", c->definition);
        cJSON_AddBoolToObject(o, "bar", c->bar && facts_range_of(run_of(t), c->path).high > 0);
        cJSON_AddNumberToObject(o, "column", (double)i);
        cJSON_AddItemToArray(list, o);
        if (first == NULL || strcmp(json_text(first, "group"), c->group) != 0) {
            cJSON_AddNumberToObject(o, "cols", 0);
            first = o;
        }
        cJSON_SetNumberValue(cJSON_GetObjectItem(first, "cols"), json_number(first, "cols") + 1);
    }
    return template_own(t, list);
}

static double put_cell(struct template *t)
{
    const struct column_of_numbers *c = &columns[index_of(t, "column")];

    return template_number(t, facts_value(run_words_row(t), c->path),
                           c->format != NULL ? c->format : facts_format_of(c->path));
}

static double put_share_bar(struct template *t)
{
    const char *path = columns[index_of(t, "column")].path;
    double share = facts_value(run_words_row(t), path) / facts_range_of(run_of(t), path).high;

    writer_puts(&t->w, "<svg class=\"bar ");
    output_row_class(&t->w, run_words_row(t));
    writer_printf(&t->w,
                  "\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                  "<rect width=\"%.1f\" height=\"1\"/></svg>",
                  share > 0 ? fmin(share, 1) * 100 : 0);
    return share;
}

/* ---- counts ---- */

static const struct count {
    const char *head, *path;
    bool optional; /* left out where no row has it: older runs, and runs without senders */
} completeness[] =
    {
        {"published", "published", false},
        {"clients", "clients", false},
        {"expected", "expected", true},
        {"delivered", "delivered", false},
        {"superseded", "superseded", true},
        {"missed", "missed", false},
        {"late", "late", false},
        {"came twice", "duplicated", false},
        {"out of order", "out_of_order", false},
        {"messages lost", "upstream.order.lost", true},
        {"doubled", "upstream.order.doubled", true},
        {"reordered", "upstream.order.reordered", true},
        {NULL, NULL, false},
},
  handshakes[] = {
      {"client", "handshakes.client", false},
      {"server", "handshakes.server", false},
      {"kernel", "handshakes.kernel", false},
      {"wire", "handshakes.wire", false},
      {"given up", "handshakes.given_up", false},
      {"to send", "handshakes.upstream", true},
      {NULL, NULL, false},
};

static void add_counts(cJSON *list, const cJSON *run, const char *title, const struct count *c)
{
    cJSON *table = cJSON_CreateObject(), *heads;

    cJSON_AddItemToArray(list, table);
    cJSON_AddStringToObject(table, "caption", title);
    heads = cJSON_AddArrayToObject(table, "heads");
    for (; c->head != NULL; c++) {
        cJSON *o;

        if (c->optional && facts_range_of(run, c->path).n == 0)
            continue;
        o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "head", c->head);
        cJSON_AddStringToObject(o, "path", c->path);
        cJSON_AddItemToArray(heads, o);
    }
}

static const cJSON *find_count_tables(struct template *t)
{
    cJSON *list = cJSON_CreateArray();

    add_counts(list, run_of(t), "Completeness of the window", completeness);
    add_counts(list, run_of(t), "TCP handshakes of the whole run, by who counted them", handshakes);
    return template_own(t, list);
}

/* ---- in between ---- */

static struct table_choice choice_of(const struct template *t)
{
    return table_choose(&table_balancer, run_of(t), WIRE, 0);
}

static const cJSON *find_between(struct template *t)
{
    struct table_choice c = choice_of(t);
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 1; i < c.n; i++) { /* the first is the id */
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "head", c.column[i]->head[0]);
        cJSON_AddStringToObject(o, "below", c.column[i]->head[1]);
        cJSON_AddNumberToObject(o, "column", (double)i);
        cJSON_AddItemToArray(list, o);
    }
    return template_own(t, list);
}

static double put_between_cell(struct template *t)
{
    char cell[TABLE_CELL_BYTES];

    table_format_cell(cell, choice_of(t).column[index_of(t, "column")], run_words_row(t));
    template_text(t, cell);
    return 1;
}

/* ---- measured against predicted ---- */

static const struct quantity {
    const char *name, *path;
    size_t model;  /* offset of the model's answer in struct predict_answer */
    bool is_share; /* of a whole: deviations are differences, not ratios */
} quantities[] = {
    {"Latency, mean", "latency_us.mean", offsetof(struct predict_answer, latency_mean_us), false},
    {"Latency, worst", "latency_us.max", offsetof(struct predict_answer, latency_max_us), false},
    {"Age, mean", "age_us.mean", offsetof(struct predict_answer, age_mean_us), false},
    {"Requests per update", "requests_per_update",
     offsetof(struct predict_answer, requests_per_update), false},
    {"Handshakes per update", "tcp_handshakes_per_update",
     offsetof(struct predict_answer, handshakes_per_update), false},
    {"Empty responses", "empty_response_ratio",
     offsetof(struct predict_answer, empty_response_ratio), true},
};
enum { QUANTITIES = sizeof quantities / sizeof *quantities };

struct pair {
    double seen, model, share; /* share: how far off, of the model, or of the whole; NAN: of 0 */
};

static struct pair pair_of(const struct quantity *q, const cJSON *run, const cJSON *row)
{
    struct predict_question question = predict_question_of(run, row);
    struct predict_answer answer = predict(&question);
    struct pair p = {.seen = facts_value(row, q->path)};

    memcpy(&p.model, (const char *)&answer + q->model, sizeof p.model);
    if (!(json_number(row, "delivered") > 0))
        p.seen = NAN;
    p.share = q->is_share ? p.seen - p.model : p.model > 0 ? (p.seen - p.model) / p.model : NAN;
    return p;
}

static facts_format *format_of(const struct quantity *q)
{
    return q->is_share ? format_percent : facts_format_of(q->path);
}

/* In percent (of a share: in points) where there is something to take it of, else in the
 * quantity's own unit. */
static void format_deviation(char out[UNITS_TEXT_BYTES], const struct quantity *q, struct pair p)
{
    double off = p.seen - p.model;
    const char *sign = off > 0 ? "+" : "−";
    char amount[UNITS_TEXT_BYTES];

    if (!isfinite(off)) {
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    } else if (off == 0 || fabs(p.share) < 5e-4) {
        snprintf(out, UNITS_TEXT_BYTES, "0");
    } else if (isfinite(p.share)) {
        snprintf(out, UNITS_TEXT_BYTES, "%s%.*f %s", sign, fabs(p.share) < 0.0995 ? 1 : 0,
                 fabs(p.share) * 100, q->is_share ? "points" : "%");
    } else {
        format_of(q)(amount, fabs(off));
        snprintf(out, UNITS_TEXT_BYTES, "%s%.26s", sign, amount);
    }
}

static bool has_model(const struct quantity *q, const cJSON *run)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (isfinite(pair_of(q, run, row).model))
            return true;
    }
    return false;
}

static const cJSON *find_quantities(struct template *t)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < QUANTITIES; i++) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "name", quantities[i].name);
        cJSON_AddBoolToObject(o, "known", has_model(&quantities[i], run_of(t)));
        cJSON_AddNumberToObject(o, "quantity", (double)i);
        cJSON_AddItemToArray(list, o);
    }
    return template_own(t, list);
}

static const cJSON *find_pair(struct template *t)
{
    const struct quantity *q = &quantities[index_of(t, "quantity")];
    struct pair p = pair_of(q, run_of(t), run_words_row(t));
    cJSON *o = cJSON_CreateObject();
    char text[UNITS_TEXT_BYTES];

    cJSON_AddBoolToObject(o, "known", isfinite(p.model));
    cJSON_AddBoolToObject(o, "off", fabs(p.share) > 0.1);
    format_of(q)(text, p.seen);
    cJSON_AddStringToObject(o, "measured", text);
    format_of(q)(text, p.model);
    cJSON_AddStringToObject(o, "model", p.model == 0 ? "0" : text);
    format_deviation(text, q, p);
    cJSON_AddStringToObject(o, "deviation", text);
    return template_own(t, o);
}

const struct template_word report_table_words[] = {
    {"columns", NULL, find_columns},
    {"cell", put_cell, NULL},
    {"share-bar", put_share_bar, NULL},
    {"count-tables", NULL, find_count_tables},
    {"between", NULL, find_between},
    {"between-cell", put_between_cell, NULL},
    {"quantities", NULL, find_quantities},
    {"pair", NULL, find_pair},
    {NULL, NULL, NULL},
};
