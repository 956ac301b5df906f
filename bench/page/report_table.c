#include "bench/page/report_table.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench/result/facts.h"
#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/result/predict.h"
#include "bench/scenario/scenario.h"
#include "bench/base/units.h"
#include "lib/proto/transport_info.h"

/* ---- rows ---- */

void report_table_id(struct writer *w, const cJSON *row)
{
    const char *transport = json_text(row, "transport");
    bool known = transport_info_find(transport) != NULL;
    bool closes = strcmp(json_text(row, "connection"), "close") == 0;

    writer_printf(w, "<span class=\"row t-%s%s\">", known ? transport : "other",
                  closes ? " closes" : "");
    html_text(w, json_text(row, "id"));
    writer_puts(w, "</span>");
}

static void put_row_head(struct writer *w, const cJSON *row)
{
    writer_puts(w, "<tr><th scope=\"row\">");
    report_table_id(w, row);
    if (cJSON_GetArraySize(json_at(row, "problems")) > 0)
        writer_puts(w, " <span class=\"mark\">has problems</span>");
    writer_puts(w, "</th>");
}

static void format_bytes(char out[UNITS_TEXT_BYTES], double bytes)
{
    if (isfinite(bytes) && bytes < 0)
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    else if (bytes >= 1024 * 999.5)
        snprintf(out, UNITS_TEXT_BYTES, "%.3g MiB", bytes / (1024 * 1024));
    else if (bytes >= 1000)
        snprintf(out, UNITS_TEXT_BYTES, "%.3g KiB", bytes / 1024);
    else
        units_format_count(out, bytes);
}

static void format_percent(char out[UNITS_TEXT_BYTES], double ratio)
{
    if (fabs(ratio) < 5e-5) /* e to the minus hundred is no news */
        ratio = 0;
    units_format_percent(out, ratio);
}

/* ---- the big table ---- */

static const struct column {
    const char *group, *head; /* neighbours of one group share its head */
    const char *path;
    facts_format *format;
    bool bar;
    const char *definition;
} columns[] = {
    {"Updates", "delivered", "delivered", units_format_count, false, "completeness"},
    {"Updates", "superseded", "superseded", units_format_count, false, "completeness"},
    {"Updates", "on time", "deadline.share", format_percent, true, "deadline"},
    {"Latency", "median", "latency_us.p50", units_format_us, true, "latency"},
    {"Latency", "p99", "latency_us.p99", units_format_us, false, "latency"},
    {"Latency", "max", "latency_us.max", units_format_us, false, "latency"},
    {"Age", "mean", "age_us.mean", units_format_us, true, "age"},
    {"Per update", "requests", "requests_per_update", units_format_ratio, true, "requests"},
    {"Per update", "handshakes", "tcp_handshakes_per_update", units_format_ratio, true, "requests"},
    {"Per update", "packets", "packets_per_update.total", units_format_ratio, true, "bytes"},
    {"Responses", "empty", "empty_response_ratio", format_percent, false, "requests"},
    {"Bytes per update", "payload", "bytes_per_update.payload", units_format_ratio, false, "bytes"},
    {"Bytes per update", "framing", "bytes_per_update.framing", units_format_ratio, true, "bytes"},
    {"Bytes per update", "wire", "bytes_per_update.wire", units_format_ratio, true, "bytes"},
    {"CPU per update", "server", "server_cpu_us_per_update", units_format_us, true, "cpu"},
    {"CPU per update", "client", "client_cpu_us_per_update", units_format_us, true, "cpu"},
    {"Memory", "per client", "server_rss_bytes_per_client", format_bytes, false, "cpu"},
    {"Sent", "messages", "upstream.messages", units_format_count, false, "upstream"},
    {"To everyone", "median", "upstream.latency_us.p50", units_format_us, true, "upstream"},
    {"To everyone", "p99", "upstream.latency_us.p99", units_format_us, false, "upstream"},
    {"Echo", "p99", "upstream.echo_us.p99", units_format_us, false, "upstream"},
    {"Per message", "requests", "upstream.requests_per_message", units_format_ratio, true,
     "upstream"},
    {"Per message", "handshakes", "upstream.handshakes_per_message", units_format_ratio, true,
     "upstream"},
    {"Bytes per message", "payload", "upstream.bytes_per_message.payload", units_format_ratio,
     false, "upstream"},
    {"Bytes per message", "framing", "upstream.bytes_per_message.framing", units_format_ratio, true,
     "upstream"},
    {"Converged", "p99", "convergence_us.p99", units_format_us, true, "documents"},
    {"Documents", "held", "documents.documents", units_format_count, false, "documents"},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

struct shown {
    struct facts_range range[COLUMNS];
};

/* Nobody came back empty: the model's tables say it once. No value gave way to a newer one: of
 * course, where all are wanted. */
static bool is_shown(const struct shown *s, size_t i)
{
    bool zeros = columns[i].format != format_percent && strcmp(columns[i].path, "superseded") != 0;

    return s->range[i].n > 0 && (zeros || s->range[i].high > 0);
}

static void put_groups(struct writer *w, const struct shown *s)
{
    writer_puts(w, "<thead><tr><th scope=\"col\" rowspan=\"2\">Row</th>");
    for (size_t i = 0, next; i < COLUMNS; i = next) {
        int span = 0;

        for (next = i; next < COLUMNS && strcmp(columns[next].group, columns[i].group) == 0; next++)
            span += is_shown(s, next);
        if (span > 0)
            writer_printf(w, "<th scope=\"colgroup\" colspan=\"%d\" class=\"group\">%s</th>", span,
                          columns[i].group);
    }
    writer_puts(w, "</tr>\n<tr>");
    for (size_t i = 0; i < COLUMNS; i++)
        if (is_shown(s, i))
            writer_printf(w, "<th scope=\"col\"%s><a href=\"#def-%s\">%s</a></th>",
                          i == 0 || strcmp(columns[i].group, columns[i - 1].group) != 0
                              ? " class=\"first\""
                              : "",
                          columns[i].definition, columns[i].head);
    writer_puts(w, "</tr></thead>\n<tbody>\n");
}

static void put_bar(struct writer *w, const cJSON *row, double share)
{
    const char *transport = json_text(row, "transport");

    if (!(share > 0))
        share = 0;
    writer_printf(w,
                  "<svg class=\"bar t-%s\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" "
                  "aria-hidden=\"true\"><rect width=\"%.1f\" height=\"1\"/></svg>",
                  transport_info_find(transport) != NULL ? transport : "other",
                  fmin(share, 1) * 100);
}

static void put_cell(struct writer *w, const cJSON *row, const struct shown *s, size_t i)
{
    const struct column *c = &columns[i];
    double value = facts_value(row, c->path);
    bool first = i == 0 || strcmp(c->group, columns[i - 1].group) != 0;
    char text[UNITS_TEXT_BYTES];

    c->format(text, value);
    writer_printf(w, "<td%s>%s", first ? " class=\"first\"" : "", text);
    if (c->bar && s->range[i].high > 0)
        put_bar(w, row, value / s->range[i].high);
    writer_puts(w, "</td>");
}

void report_table_rows(struct writer *w, const cJSON *run)
{
    struct shown s;
    const cJSON *row;

    if (cJSON_GetArraySize(json_at(run, "rows")) == 0) {
        writer_puts(w, "<p class=\"missing\">No row was measured.</p>\n");
        return;
    }
    for (size_t i = 0; i < COLUMNS; i++)
        s.range[i] = facts_range_of(run, columns[i].path);
    writer_puts(
        w, "<section class=\"scroll\" tabindex=\"0\" aria-label=\"Table of all "
           "rows\"><table class=\"big\">\n<caption><span>Window of each row; a bar's length is "
           "the share of the largest value in its column.</span></caption>\n");
    put_groups(w, &s);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        put_row_head(w, row);
        for (size_t i = 0; i < COLUMNS; i++)
            if (is_shown(&s, i))
                put_cell(w, row, &s, i);
        writer_puts(w, "</tr>\n");
    }
    writer_puts(w, "</tbody></table></section>\n");
}

/* ---- measured against predicted ---- */

static const struct quantity {
    const char *name, *path;
    size_t model; /* offset of the model's word in struct predict_answer */
    facts_format *format;
    bool is_share; /* of a whole: deviations are differences, not ratios */
} quantities[] = {
    {"Latency, mean", "latency_us.mean", offsetof(struct predict_answer, latency_mean_us),
     units_format_us, false},
    {"Latency, worst", "latency_us.max", offsetof(struct predict_answer, latency_max_us),
     units_format_us, false},
    {"Age, mean", "age_us.mean", offsetof(struct predict_answer, age_mean_us), units_format_us,
     false},
    {"Requests per update", "requests_per_update",
     offsetof(struct predict_answer, requests_per_update), units_format_ratio, false},
    {"Handshakes per update", "tcp_handshakes_per_update",
     offsetof(struct predict_answer, handshakes_per_update), units_format_ratio, false},
    {"Empty responses", "empty_response_ratio",
     offsetof(struct predict_answer, empty_response_ratio), format_percent, true},
};
enum { QUANTITIES = sizeof quantities / sizeof *quantities };

struct pair {
    double seen, model;
};

static struct pair pair_of(const struct quantity *q, const cJSON *run, const cJSON *row)
{
    struct predict_question question = predict_question_of(run, row);
    struct predict_answer answer = predict(&question);
    struct pair p = {.seen = facts_value(row, q->path)};

    memcpy(&p.model, (const char *)&answer + q->model, sizeof p.model);
    if (!(json_number(row, "delivered") > 0))
        p.seen = NAN;
    return p;
}

/* How far off, as a share: of the model, or of the whole where the quantity is a share itself.
 * NAN where the model says 0 or nothing. */
static double deviation_of(const struct quantity *q, struct pair p)
{
    double off = p.seen - p.model;

    if (q->is_share)
        return off;
    return p.model > 0 ? off / p.model : NAN;
}

/* In percent (of a share: in points) where there is something to take it of, else in the
 * quantity's own unit. */
static void format_deviation(char out[UNITS_TEXT_BYTES], const struct quantity *q, struct pair p)
{
    double off = p.seen - p.model, share = deviation_of(q, p);
    const char *sign = off > 0 ? "+" : "−";
    char amount[UNITS_TEXT_BYTES];

    if (!isfinite(off)) {
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    } else if (off == 0 || fabs(share) < 5e-4) {
        snprintf(out, UNITS_TEXT_BYTES, "0");
    } else if (isfinite(share)) {
        snprintf(out, UNITS_TEXT_BYTES, "%s%.*f %s", sign, fabs(share) < 0.0995 ? 1 : 0,
                 fabs(share) * 100, q->is_share ? "points" : "%");
    } else {
        q->format(amount, fabs(off));
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

static void put_quantity(struct writer *w, const struct quantity *q, const cJSON *run)
{
    const cJSON *row;
    char seen[UNITS_TEXT_BYTES], model[UNITS_TEXT_BYTES], deviation[UNITS_TEXT_BYTES];

    writer_printf(w,
                  "<table class=\"pair\"><caption>%s</caption>\n<thead><tr><th scope=\"col\">Row"
                  "</th><th scope=\"col\">measured</th><th scope=\"col\">model</th>"
                  "<th scope=\"col\">deviation</th></tr></thead>\n<tbody>\n",
                  q->name);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        struct pair p = pair_of(q, run, row);
        bool off = fabs(deviation_of(q, p)) > 0.1;

        if (!isfinite(p.model))
            continue;
        q->format(seen, p.seen);
        q->format(model, p.model);
        if (p.model == 0)
            snprintf(model, sizeof model, "0");
        format_deviation(deviation, q, p);
        writer_puts(w, "<tr><th scope=\"row\">");
        report_table_id(w, row);
        writer_printf(w, "</th><td>%s</td><td class=\"model\">%s</td><td%s>%s</td></tr>\n", seen,
                      model, off ? " class=\"off\"" : "", deviation);
    }
    writer_puts(w, "</tbody></table>\n");
}

void report_table_model(struct writer *w, const cJSON *run)
{
    writer_puts(w, "<div class=\"pairs\">\n");
    for (size_t i = 0; i < QUANTITIES; i++)
        if (has_model(&quantities[i], run))
            put_quantity(w, &quantities[i], run);
    writer_puts(w, "</div>\n");
}

void report_table_model_markdown(struct writer *w, const cJSON *run)
{
    const cJSON *row;
    char seen[UNITS_TEXT_BYTES], model[UNITS_TEXT_BYTES];

    writer_puts(w, "| row: measured (model) |");
    for (size_t i = 0; i < QUANTITIES; i++)
        writer_printf(w, " %s |", quantities[i].name);
    writer_puts(w, "\n|:---|");
    for (size_t i = 0; i < QUANTITIES; i++)
        writer_puts(w, "---:|");
    writer_puts(w, "\n");
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        writer_puts(w, "| ");
        facts_name(w, row);
        writer_puts(w, " |");
        for (size_t i = 0; i < QUANTITIES; i++) {
            struct pair p = pair_of(&quantities[i], run, row);

            quantities[i].format(seen, p.seen);
            quantities[i].format(model, p.model);
            writer_printf(w, " %s (%s) |", seen, p.model == 0 ? "0" : model);
        }
        writer_puts(w, "\n");
    }
}

/* ---- can it be believed? ---- */

struct plain_column {
    const char *head, *path;
};

/* What older runs, and those without senders, have no numbers for. */
static bool is_absent(const cJSON *run, const struct plain_column *c)
{
    static const char *const optional[] = {"expected", "superseded", "upstream.order.",
                                           "handshakes.upstream"};

    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++)
        if (strncmp(c->path, optional[i], strlen(optional[i])) == 0)
            return facts_range_of(run, c->path).n == 0;
    return false;
}

static void put_plain(struct writer *w, const cJSON *run, const char *caption,
                      const struct plain_column *c, size_t n)
{
    const cJSON *row;
    char text[UNITS_TEXT_BYTES];

    if (cJSON_GetArraySize(json_at(run, "rows")) == 0)
        return;
    writer_printf(w,
                  "<section class=\"scroll\" tabindex=\"0\" aria-label=\"%s\"><table>"
                  "<caption>%s</caption>\n<thead><tr><th scope=\"col\">Row</th>",
                  caption, caption);
    for (size_t i = 0; i < n; i++)
        if (!is_absent(run, &c[i]))
            writer_printf(w, "<th scope=\"col\">%s</th>", c[i].head);
    writer_puts(w, "</tr></thead>\n<tbody>\n");
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        put_row_head(w, row);
        for (size_t i = 0; i < n; i++) {
            if (is_absent(run, &c[i]))
                continue;
            units_format_count(text, json_number(row, c[i].path));
            writer_printf(w, "<td>%s</td>", text);
        }
        writer_puts(w, "</tr>\n");
    }
    writer_puts(w, "</tbody></table></section>\n");
}

void report_table_completeness(struct writer *w, const cJSON *run)
{
    static const struct plain_column c[] = {
        {"published", "published"},
        {"clients", "clients"},
        {"expected", "expected"},
        {"delivered", "delivered"},
        {"superseded", "superseded"},
        {"missed", "missed"},
        {"late", "late"},
        {"came twice", "duplicated"},
        {"out of order", "out_of_order"},
        {"messages lost", "upstream.order.lost"},
        {"doubled", "upstream.order.doubled"},
        {"reordered", "upstream.order.reordered"},
    };

    put_plain(w, run, "Completeness of the window", c, sizeof c / sizeof *c);
}

void report_table_witnesses(struct writer *w, const cJSON *run)
{
    static const struct plain_column c[] = {
        {"client", "handshakes.client"},     {"server", "handshakes.server"},
        {"kernel", "handshakes.kernel"},     {"wire", "handshakes.wire"},
        {"given up", "handshakes.given_up"}, {"to send", "handshakes.upstream"},
    };

    put_plain(w, run, "TCP handshakes of the whole run, by witness", c, sizeof c / sizeof *c);
}
