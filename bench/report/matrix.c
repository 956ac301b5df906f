#include "bench/report/matrix.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/advise/advise_html.h"
#include "bench/advise/advise_say.h"
#include "bench/result/facts.h"
#include "bench/base/file.h"
#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/report/report.h"
#include "bench/page/report_page.h"
#include "bench/page/report_table.h"
#include "bench/scenario/scenario.h"
#include "lib/proto/transport_info.h"

/* ---- columns ---- */

struct columns {
    const char *transports[TRANSPORT_COUNT];
    size_t n;
};

static bool occurs(const struct advise_book *b, const char *transport)
{
    for (int i = 0; i < b->n; i++)
        for (int k = 0; k < b->entries[i].advise->nrows; k++)
            if (strcmp(json_text(b->entries[i].advise->rows[k].row, "transport"), transport) == 0)
                return true;
    return false;
}

static struct columns columns_of(const struct advise_book *b)
{
    struct columns c = {.n = 0};

    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        if (occurs(b, transport_names[i]))
            c.transports[c.n++] = transport_names[i];
    return c;
}

/* ---- cells ---- */

static bool is_best(const struct advise *a, int row)
{
    for (int i = 0; i < a->nbest; i++)
        if (a->best[i] == row)
            return true;
    return false;
}

static const char *verdict_word(const struct advise *a, int row)
{
    static const char *const words[] = {"fits", "does not fit", "can't be judged"};

    if (a->rows[row].fit == ADVISE_FITS && is_best(a, row))
        return a->verdict == ADVISE_TIE ? "fits, ties as cheapest" : "fits, cheapest";
    return words[a->rows[row].fit];
}

/* "p99 27.1 ms", "97.2 % on time" */
static void put_deciding(struct writer *w, const struct advise *a, const struct advise_row *r)
{
    static const char *const after[] = {" lost", "", " to others", " to agree", " on time",
                                        " old",  ""};
    const struct advise_check *c = &r->checks[r->deciding];
    char text[UNITS_TEXT_BYTES], limit[UNITS_TEXT_BYTES];

    if (a->verdict == ADVISE_NO_ASK) {
        units_format_us(text, facts_value(r->row, "latency_us.p99"));
        writer_printf(w, "p99 %s", text);
        return;
    }
    if (c->criterion == ADVISE_COMPLETE) {
        units_format_count(text, json_number(r->row, "delivered"));
        writer_printf(w, "%s delivered", text);
        return;
    }
    if (c->criterion == ADVISE_BUDGET) {
        advise_costs[c->cost].format(text, c->value);
        advise_costs[c->cost].format(limit, c->limit);
        writer_printf(w, "%s %s of %s", text, advise_costs[c->cost].words, limit);
        return;
    }
    (c->criterion == ADVISE_ON_TIME ? advise_format_share : units_format_us)(text, c->value);
    if (c->criterion >= ADVISE_LATENCY && c->criterion <= ADVISE_CONVERGENCE)
        writer_printf(w, "p%g ", a->ask.percentile);
    writer_printf(w, "%s%s", text, after[c->criterion]);
}

/* The two costs that come first. */
static void put_price(struct writer *w, const struct advise *a, const struct advise_row *r)
{
    static const char *const short_words[ADVISE_COSTS] = {
        "CPU", "B wire", "B", "requests", "handshakes", "packets", "B memory"};
    char text[UNITS_TEXT_BYTES];
    int n = 0;

    for (int i = 0; i < a->norder && n < 2; i++) {
        double value =
            a->by_time ? advise_rate_of(r, a->order[i]) : advise_cost_of(r->row, a->order[i]);

        if (isnan(value))
            continue;
        advise_costs[a->order[i]].format(text, value);
        writer_printf(w, "%s%s %s%s", n++ > 0 ? "<br>" : "", text, short_words[a->order[i]],
                      a->by_time && !advise_costs[a->order[i]].per_client ? "/s" : "");
    }
}

static void put_cell_row(struct writer *w, const struct advise *a, int row)
{
    const struct advise_row *r = &a->rows[row];
    bool judged = a->verdict != ADVISE_NO_ASK && a->verdict != ADVISE_NO_TRUST;
    static const char *const classes[] = {"fits", "fails", "unknown"};

    writer_printf(w, "<div class=\"case %s%s\">", judged ? classes[r->fit] : "open",
                  judged && r->fit == ADVISE_FITS && is_best(a, row) ? " best" : "");
    if (strcmp(json_text(r->row, "id"), json_text(r->row, "transport")) != 0) {
        writer_puts(w, "<span class=\"which\">");
        html_text(w, json_text(r->row, "id"));
        writer_puts(w, "</span>");
    }
    if (judged) {
        advise_html_sign(w, r->fit);
        writer_printf(w, "<b>%s</b>", verdict_word(a, row));
    }
    writer_puts(w, "<span>");
    put_deciding(w, a, r);
    writer_puts(w, "</span><span class=\"note\">");
    put_price(w, a, r);
    writer_puts(w, "</span></div>");
}

static void put_cell(struct writer *w, const struct advise *a, const char *transport)
{
    int n = 0;

    writer_puts(w, "<td>");
    for (int i = 0; i < a->nrows; i++) {
        if (strcmp(json_text(a->rows[i].row, "transport"), transport) != 0)
            continue;
        put_cell_row(w, a, i);
        n++;
    }
    writer_puts(w, n > 0 ? "</td>" : "<span class=\"note\">not measured</span></td>");
}

/* ---- the table ---- */

static void put_head(struct writer *w, const struct columns *c)
{
    writer_puts(w, "<thead><tr><th scope=\"col\">Use case, link</th>");
    for (size_t i = 0; i < c->n; i++)
        writer_printf(w, "<th scope=\"col\"><span class=\"row t-%s\">%s</span></th>",
                      c->transports[i], c->transports[i]);
    writer_puts(w, "</tr></thead>\n<tbody>\n");
}

/* "p99 within 200 ms, 95 % on time" */
static void put_ask(struct writer *w, const struct advise_ask *ask)
{
    char text[UNITS_TEXT_BYTES];
    const char *comma = "";

    writer_puts(w, "<span class=\"note\">asked: ");
    if (!isnan(ask->latency_us)) {
        units_format_us(text, ask->latency_us);
        writer_printf(w, "p%g within %s", ask->percentile, text);
        comma = ", ";
    }
    if (!isnan(ask->on_time)) {
        advise_format_share(text, ask->on_time);
        writer_printf(w, "%s%s on time", comma, text);
        comma = ", ";
    }
    if (!isnan(ask->age_us)) {
        units_format_us(text, ask->age_us);
        writer_printf(w, "%smean age within %s", comma, text);
        comma = ", ";
    }
    if (ask->norder > 0)
        writer_printf(w, "%sa budget", comma);
    writer_puts(w, "</span>");
}

static void put_line(struct writer *w, const struct advise_book *b, int i, const struct columns *c)
{
    const struct advise_entry *entry = &b->entries[i];
    char clients[UNITS_TEXT_BYTES];

    units_format_count(clients, json_number(entry->run, "scenario.clients"));
    writer_printf(w, "<tr><th scope=\"row\"><a href=\"#case-%d\">", i + 1);
    html_text(w, report_title(entry->run));
    writer_puts(w, "</a><span class=\"note\">");
    html_textf(w, "%s, %s clients", json_text(entry->run, "link"), clients);
    writer_puts(w, "</span>");
    if (entry->advise->verdict == ADVISE_NO_TRUST)
        writer_puts(w, "<span class=\"mark\">incomplete</span>");
    else if (entry->advise->verdict == ADVISE_NO_ASK)
        writer_puts(w, "<span class=\"mark\">nothing asked</span>");
    else
        put_ask(w, &entry->advise->ask);
    writer_puts(w, "</th>");
    for (size_t k = 0; k < c->n; k++)
        put_cell(w, entry->advise, c->transports[k]);
    writer_puts(w, "</tr>\n");
}

static void put_legend(struct writer *w)
{
    static const char *const words[] = {"fits what is asked", "does not fit",
                                        "can't be judged: too few samples, or no figure"};

    writer_puts(w, "<ul class=\"key\">");
    for (int fit = ADVISE_FITS; fit <= ADVISE_UNKNOWN; fit++) {
        writer_puts(w, "<li>");
        advise_html_sign(w, (enum advise_fit)fit);
        writer_printf(w, "%s</li>", words[fit]);
    }
    writer_puts(w,
                "<li><span class=\"case best fits\">a frame</span>the cheapest that fits, or one "
                "of those that tie</li></ul>\n");
}

static void put_table(struct writer *w, const struct advise_book *b)
{
    struct columns c = columns_of(b);

    writer_puts(w, "<section id=\"matrix\">\n<h2>At a glance</h2>\n");
    put_legend(w);
    writer_puts(w, "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Matrix\">\n"
                   "<table class=\"matrix\">\n<caption><span>In each cell: does it fit, the figure "
                   "that decides, and its price per update, or per client and second where they "
                   "deliver differently many.</span></caption>\n");
    put_head(w, &c);
    for (int i = 0; i < b->n; i++)
        put_line(w, b, i, &c);
    writer_puts(w, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* ---- the use cases ---- */

/* A path as a URL, percent-encoded (RFC 3986 §2.1). */
static void put_url(struct writer *w, const char *path)
{
    for (; *path != '\0'; path++) {
        bool plain = (*path >= 'a' && *path <= 'z') || (*path >= 'A' && *path <= 'Z') ||
                     (*path >= '0' && *path <= '9') || strchr("-._~+@/", *path) != NULL;

        if (plain)
            writer_add(w, path, 1);
        else
            writer_printf(w, "%%%02X", (unsigned char)*path);
    }
}

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

/* From the folder of one file to another's: "../2026-run/". */
static void put_way(struct writer *w, const char *from_file, const char *to_file)
{
    char from[PATH_MAX], to[PATH_MAX];
    size_t common = 0;

    folder_of(from, from_file);
    folder_of(to, to_file);
    for (size_t i = 0; from[i] != '\0' && from[i] == to[i]; i++)
        if (from[i] == '/')
            common = i + 1;
    for (const char *c = from + common; *c != '\0'; c++)
        if (*c == '/')
            writer_puts(w, "../");
    put_url(w, to + common);
}

/* Its own report, when it has one. */
static void put_link(struct writer *w, const struct advise_entry *entry, const char *path)
{
    char folder[PATH_MAX], report[PATH_MAX + 16];

    folder_of(folder, entry->file);
    snprintf(report, sizeof report, "%sreport.html", folder);
    if (access(report, F_OK) < 0)
        return;
    writer_puts(w, "<p><a href=\"");
    put_way(w, path, entry->file);
    writer_puts(w, "report.html\">The whole report of this run</a></p>\n");
}

static void put_case(struct writer *w, const struct advise_book *b, int i, const char *path)
{
    const struct advise_entry *entry = &b->entries[i];

    writer_printf(w, "<section id=\"case-%d\">\n<h2>", i + 1);
    html_textf(w, "%s: %s", report_title(entry->run), json_text(entry->run, "link"));
    writer_puts(w, "</h2>\n");
    advise_html_ask(w, &entry->words);
    advise_html_words(w, &entry->words);
    put_link(w, entry, path);
    writer_puts(w, "</section>\n");
}

/* ---- the document ---- */

static void put_body(struct writer *w, const struct advise_book *b, const char *path)
{
    writer_puts(w, "<header><p class=\"kicker\">pushlab advise</p>\n"
                   "<h1>What to choose, for which use</h1>\n<p class=\"lead\">");
    writer_printf(w, "%d measured run%s of use cases over links, each held against what it needs. ",
                  b->n, b->n == 1 ? "" : "s");
    writer_puts(w,
                "Every figure has a number that leads to where it stands.</p></header>\n<main>\n");
    put_table(w, b);
    for (int i = 0; i < b->n; i++)
        put_case(w, b, i, path);
    if (b->together.n > 0) {
        writer_puts(w, "<section id=\"together\">\n<h2>All links together</h2>\n");
        advise_html_words(w, &b->together);
        writer_puts(w, "</section>\n");
    }
    writer_puts(w, "<section id=\"figures\">\n<h2>The figures behind these sentences</h2>\n");
    advise_html_references(w, &b->citations);
    writer_puts(w, "</section>\n</main>\n");
}

int matrix_html(struct buf *out, const struct advise_book *b, const char *path, const char *css)
{
    struct writer w = {.out = out};

    report_page_open(&w, "What to choose", css);
    report_page_body(&w);
    put_body(&w, b, path);
    report_page_close(&w, PUSHLAB_VERSION);
    return w.rc < 0 ? w.rc : b->citations.rc;
}

int matrix_write(const char *path, const struct advise_book *b, struct err_text *e)
{
    struct buf css = {0}, html = {0};
    int rc = report_read_css(&css, e);

    if (rc < 0)
        return rc;
    rc = matrix_html(&html, b, path, (const char *)css.data);
    if (rc < 0)
        err_set(e, rc, "%.200s: %s", path, pl_strerror(rc));
    else
        rc = file_write(path, html.data, html.len, e);
    buf_free(&css);
    buf_free(&html);
    return rc;
}
