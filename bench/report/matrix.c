#include "bench/report/matrix.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/advise/advise_words.h"
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

/* May a row that is not judged be cheaper? */
static bool may_be_beaten(const struct advise *a)
{
    for (int i = 0; i < a->ncheaper; i++)
        if (a->rows[a->cheaper[i]].fit == ADVISE_UNKNOWN)
            return true;
    return false;
}

/* The two costs that come first. */
static cJSON *prices_of(const struct advise *a, const struct advise_row *r)
{
    static const char *const words[ADVISE_COSTS] = {"CPU",        "B wire",  "B",     "requests",
                                                    "handshakes", "packets", "memory"};
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

/* sign is absent where nothing was judged; deciding is a check as advise_check_item() has it. */
static cJSON *case_of(const struct advise *a, int row)
{
    const struct advise_row *r = &a->rows[row];
    const char *id = json_text(r->row, "id");
    bool judged = a->verdict != ADVISE_NO_ASK && a->verdict != ADVISE_NO_TRUST;
    cJSON *o = json_object("which:s sign:s best:b kept_out:b tie:b beaten:b open:b there:r",
                           strcmp(id, json_text(r->row, "transport")) != 0 ? id : "",
                           judged ? advise_fits[r->fit] : "",
                           judged && r->fit == ADVISE_FITS && is_best(a, row), r->disturbed,
                           a->verdict == ADVISE_TIE, may_be_beaten(a), a->verdict == ADVISE_NO_ASK,
                           r->row);

    cJSON_AddItemToObject(o, "deciding", advise_check_item(r, &r->checks[r->deciding]));
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
    cJSON *page = advise_book_page(b);
    cJSON *transports = transports_of(b), *transport;

    cJSON_AddNumberToObject(page, "runs", b->n);
    cJSON_AddItemToObject(page, "transports", transports);
    for (int i = 0; i < b->n; i++) {
        cJSON *o = cJSON_GetArrayItem(cJSON_GetObjectItem(page, "entries"), i);
        cJSON *cells = cJSON_AddArrayToObject(o, "cells");
        const struct advise *a = b->entries[i].advise;

        cJSON_AddNumberToObject(o, "case", i + 1);
        cJSON_AddStringToObject(o, "mark",
                                a->verdict == ADVISE_NO_TRUST ? "incomplete"
                                : a->verdict == ADVISE_NO_ASK ? "nothing asked"
                                                              : "");
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
    struct template_fill t = {.w = {.out = &html}, .output = OUTPUT_HTML, .words = {run_words}};
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
