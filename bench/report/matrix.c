#include "bench/report/matrix.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/page/run_words.h"
#include "lib/proto/transport_info.h"

/* ---- cells ---- */

static bool is_best(const struct advise *a, int row)
{
    for (int i = 0; i < a->nbest; i++)
        if (a->best[i] == row)
            return true;
    return false;
}

static const char *verdict_of(const struct advise *a, int row)
{
    static const char *const words[] = {"fits", "does not fit", "can't be judged"};

    if (a->rows[row].fit == ADVISE_FITS && is_best(a, row))
        return a->verdict == ADVISE_TIE ? "fits, ties as cheapest" : "fits, cheapest";
    return words[a->rows[row].fit];
}

/* "p99 27.1 ms", "97.2 % on time" */
static void format_deciding(char out[128], const struct advise *a, const struct advise_row *r)
{
    static const char *const after[] = {" delivered", "",         " to others",
                                        " to agree",  " on time", " old"};
    const struct advise_check *c = &r->checks[r->deciding];
    bool open = a->verdict == ADVISE_NO_ASK;
    bool latency = open || (c->criterion >= ADVISE_LATENCY && c->criterion <= ADVISE_CONVERGENCE);
    char text[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES], percentile[16] = "";

    if (c->criterion == ADVISE_BUDGET) {
        advise_costs[c->cost].format(text, c->value);
        advise_costs[c->cost].format(limit, c->limit);
        snprintf(out, 128, "%s %s of %s", text, advise_costs[c->cost].words, limit);
        return;
    }
    if (latency)
        snprintf(percentile, sizeof percentile, "p%g ", open ? 99 : a->ask.percentile);
    if (c->criterion == ADVISE_COMPLETE && !open)
        units_format_count(text, json_number(r->row, "delivered"));
    else
        (c->criterion == ADVISE_ON_TIME ? units_format_share : units_format_us)(
            text, open ? facts_value(r->row, "latency_us.p99") : c->value);
    snprintf(out, 128, "%s%s%s", percentile, text, open ? "" : after[c->criterion]);
}

/* The two costs that come first. */
static cJSON *prices_of(const struct advise *a, const struct advise_row *r)
{
    static const char *const words[ADVISE_COSTS] = {"CPU",        "B wire",  "B",       "requests",
                                                    "handshakes", "packets", "B memory"};
    cJSON *list = cJSON_CreateArray();
    char text[UNITS_TEXT_BYTES];

    for (int i = 0; i < a->norder && cJSON_GetArraySize(list) < 2; i++) {
        enum advise_cost cost = a->order[i];
        double value = a->by_time ? advise_rate_of(r, cost) : advise_cost_of(r->row, cost);

        if (isnan(value))
            continue;
        advise_costs[cost].format(text, value);
        json_append_printf(list, "%s %s%s", text, words[cost],
                           a->by_time && !advise_costs[cost].per_client ? "/s" : "");
    }
    return list;
}

static cJSON *case_of(const struct advise *a, int row)
{
    const struct advise_row *r = &a->rows[row];
    const char *id = json_text(r->row, "id");
    bool judged = a->verdict != ADVISE_NO_ASK && a->verdict != ADVISE_NO_TRUST;
    char deciding[128];
    cJSON *o;

    format_deciding(deciding, a, r);
    o = json_object("which:s sign:s best:b verdict:s decides:s",
                    strcmp(id, json_text(r->row, "transport")) != 0 ? id : "",
                    judged ? advise_fits[r->fit] : "",
                    judged && r->fit == ADVISE_FITS && is_best(a, row), verdict_of(a, row),
                    deciding);
    cJSON_AddItemToObject(o, "prices", prices_of(a, r));
    return o;
}

static cJSON *cell_of(const struct advise *a, const char *transport)
{
    cJSON *cell = cJSON_CreateObject(), *cases = cJSON_AddArrayToObject(cell, "cases");

    for (int i = 0; i < a->nrows; i++)
        if (strcmp(json_text(a->rows[i].row, "transport"), transport) == 0)
            cJSON_AddItemToArray(cases, case_of(a, i));
    return cell;
}

/* "p99 within 200 ms", "95 % on time" */
static cJSON *limits_of(const struct advise_ask *ask)
{
    cJSON *list = cJSON_CreateArray();
    char text[UNITS_TEXT_BYTES];

    units_format_us(text, ask->latency_us);
    if (!isnan(ask->latency_us))
        json_append_printf(list, "p%g within %s", ask->percentile, text);
    units_format_share(text, ask->on_time);
    if (!isnan(ask->on_time))
        json_append_printf(list, "%s on time", text);
    units_format_us(text, ask->age_us);
    if (!isnan(ask->age_us))
        json_append_printf(list, "mean age within %s", text);
    if (ask->norder > 0)
        json_append_text(list, "a budget");
    return list;
}

/* ---- links to the runs' own reports ---- */

/* The folder of a file, absolute, with / at its end; "" when there is none. */
static void folder_of(char out[PATH_MAX], const char *file)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(file, '/');
    size_t len;

    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - file + 1) : 2,
             slash != NULL ? file : "./");
    if (realpath(folder, out) == NULL)
        out[0] = '\0';
    len = strlen(out);
    if (len > 1 && len + 1 < PATH_MAX)
        snprintf(out + len, PATH_MAX - len, "/");
}

/* Adds the report of the run at to_file, as seen from from_file, if it has one:
 * "../2026-run/report.html". */
static void add_report(cJSON *o, const char *from_file, const char *to_file)
{
    char from[PATH_MAX], to[PATH_MAX], report[PATH_MAX + 16];
    struct buf way = {0};
    struct writer w = {.out = &way};
    size_t common = 0;

    folder_of(from, from_file);
    folder_of(to, to_file);
    snprintf(report, sizeof report, "%sreport.html", to);
    if (access(report, F_OK) < 0)
        return;
    for (size_t i = 0; from[i] != '\0' && from[i] == to[i]; i++)
        if (from[i] == '/')
            common = i + 1;
    for (const char *c = from + common; *c != '\0'; c++)
        writer_puts(&w, *c == '/' ? "../" : "");
    writer_puts(&w, report + common);
    cJSON_AddStringToObject(o, "report", writer_text(&w));
    buf_free(&way);
}

/* ---- the page ---- */

/* The transports that any row has, in the order of their table. */
static cJSON *transports_of(const struct advise_book *b)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t t = 0; t < TRANSPORT_COUNT; t++) {
        bool occurs = false;

        for (int i = 0; i < b->n; i++)
            for (int k = 0; k < b->entries[i].advise->nrows; k++)
                occurs |= strcmp(json_text(b->entries[i].advise->rows[k].row, "transport"),
                                 transport_names[t]) == 0;
        if (occurs)
            json_append_text(list, transport_names[t]);
    }
    return list;
}

/* advise_book_page(), with what the table shows of each run. */
static cJSON *page_of(const struct advise_book *b, const char *path)
{
    static const char *const meanings[] = {"fits what is asked", "does not fit",
                                           "can't be judged: too few samples, or no figure"};
    cJSON *page = advise_book_page(b), *key = cJSON_AddArrayToObject(page, "key");
    cJSON *transports = transports_of(b), *transport;

    cJSON_AddNumberToObject(page, "runs", b->n);
    cJSON_AddItemToObject(page, "transports", transports);
    for (int fit = ADVISE_FITS; fit <= ADVISE_UNKNOWN; fit++)
        cJSON_AddItemToArray(key, json_object("sign:s meaning:s", advise_fits[fit], meanings[fit]));
    for (int i = 0; i < b->n; i++) {
        cJSON *o = cJSON_GetArrayItem(cJSON_GetObjectItem(page, "entries"), i);
        cJSON *cells = cJSON_AddArrayToObject(o, "cells");
        const struct advise *a = b->entries[i].advise;

        cJSON_AddNumberToObject(o, "case", i + 1);
        cJSON_AddStringToObject(o, "mark",
                                a->verdict == ADVISE_NO_TRUST ? "incomplete"
                                : a->verdict == ADVISE_NO_ASK ? "nothing asked"
                                                              : "");
        cJSON_AddItemToObject(o, "limits", limits_of(&a->ask));
        add_report(o, path, b->entries[i].file);
        cJSON_ArrayForEach(transport, transports)
        {
            cJSON_AddItemToArray(cells, cell_of(a, transport->valuestring));
        }
    }
    return page;
}

int matrix_write(const char *path, const struct advise_book *b, struct err_text *e)
{
    struct buf html = {0};
    struct template t = {.w = {.out = &html}, .output = OUTPUT_HTML, .words = {run_words}};
    cJSON *page = page_of(b, path);
    int rc;

    template_enter(&t, page);
    template_put(&t, "matrix.html");
    rc = template_end(&t, path, e);
    cJSON_Delete(page);
    rc = rc < 0 ? rc : file_write(path, html.data, html.len, e);
    buf_free(&html);
    return rc;
}
