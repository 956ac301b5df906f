#include "bench/report/report_balancer.h"

#include "bench/result/facts.h"
#include "bench/result/findings.h"
#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/page/report_table.h"
#include "bench/table/table_cells.h"
#include "bench/table/table_findings.h"

bool report_balancer_has(const cJSON *run)
{
    return table_has_balancers(run);
}

/* ---- prose ---- */

void report_balancer_setting(struct writer *w, const cJSON *run)
{
    const char *link = json_text(run, "scenario.balancer.link");

    if (!report_balancer_has(run))
        return;
    writer_puts(w, " That link is between the clients and what each row puts before its servers, "
                   "which have hosts of their own");
    if (link[0] != '\0')
        writer_printf(w, ", a link **%.80s** behind it", link);
    writer_puts(w, ".");
}

void report_balancer_left_out(struct writer *w, const cJSON *view)
{
    int n = json_number(view, "left_out") > 0 ? (int)json_number(view, "left_out") : 0;
    char word[UNITS_TEXT_BYTES];

    if (n == 1)
        writer_puts(w, " Left out here is the row that was meant to break, and did.");
    if (n > 1)
        writer_printf(w, " Left out here are the %s rows that were meant to break, and did.",
                      facts_number_word(n, word));
}

void report_balancer_read(struct writer *w, const cJSON *run)
{
    struct facts_range behind = facts_range_of(run, "balancer.connections_per_client.behind");
    struct facts_range latency = facts_range_of(run, "balancer.added_latency_us.p50");
    struct facts_range cpu = facts_range_of(run, "balancer.cpu_us_per_update");

    if (behind.n == 0) {
        writer_puts(w, "Clients reach the servers themselves: there is nothing in between.");
        return;
    }
    writer_puts(w, "Behind the balancer there are ");
    facts_span(w, &behind, units_format_ratio);
    writer_puts(w, " TCP connections for each client.");
    if (latency.n > 0) {
        writer_puts(w, " The median latency is more than without by ");
        facts_span(w, &latency, units_format_us);
        writer_puts(w, ".");
    }
    if (cpu.n > 0) {
        writer_puts(w, " An update costs the balancer ");
        facts_span(w, &cpu, units_format_us);
        writer_puts(w, " of CPU.");
    }
}

/* ---- both sides ---- */

static void put_head(struct writer *w, const struct column *c)
{
    writer_puts(w, "<th scope=\"col\">");
    html_text(w, c->head[0]);
    writer_puts(w, "<br>");
    html_text(w, c->head[1]);
    writer_puts(w, "</th>");
}

static void put_cells(struct writer *w, const struct table_choice *c, const cJSON *row)
{
    char cell[TABLE_CELL_BYTES];

    writer_puts(w, "<tr><th scope=\"row\">");
    report_table_id(w, row);
    writer_puts(w, "</th>");
    for (size_t i = 1; i < c->n; i++) { /* the first is the id */
        table_format_cell(cell, c->column[i], row);
        writer_puts(w, "<td>");
        html_text(w, cell);
        writer_puts(w, "</td>");
    }
    writer_puts(w, "</tr>\n");
}

static void put_sides(struct writer *w, const cJSON *run)
{
    struct table_choice c = table_choose(&table_balancer, run, WIRE, 0);
    const cJSON *row;

    writer_puts(w,
                "<p>In front are the clients' TCP connections, behind those to the servers, as "
                "the links' referees counted them; added is what a row has more than the run's "
                "direct row of its transport.</p>\n"
                "<section class=\"scroll\" tabindex=\"0\" aria-label=\"Both sides of what "
                "stands in between\"><table class=\"big\">\n<thead><tr><th scope=\"col\">Row</th>");
    for (size_t i = 1; i < c.n; i++)
        put_head(w, c.column[i]);
    writer_puts(w, "</tr></thead>\n<tbody>\n");
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        put_cells(w, &c, row);
    }
    writer_puts(w, "</tbody></table></section>\n");
}

/* ---- before and after ---- */

static void put_findings(struct writer *w, const cJSON *row)
{
    const cJSON *finding;

    cJSON_ArrayForEach(finding, json_at(row, "findings"))
    {
        if (!cJSON_IsString(finding))
            continue;
        writer_puts(w, "<li>");
        html_text(w, finding->valuestring);
        writer_puts(w, "</li>");
    }
}

static void put_cure(struct writer *w, const cJSON *row)
{
    struct buf text = {0};

    if (table_findings_cure(&text, row) < 0 || buf_add(&text, "", 1) < 0) {
        w->rc = PL_ENOMEM;
    } else {
        writer_puts(w, "<li>");
        report_table_id(w, row);
        writer_puts(w, " ");
        html_text(w, (const char *)text.data);
        writer_puts(w, "</li>");
    }
    buf_free(&text);
}

static void put_pair(struct writer *w, const cJSON *run, const cJSON *broken)
{
    const cJSON *row;

    writer_puts(w, "<tr><th scope=\"row\">");
    report_table_id(w, broken);
    writer_puts(w, "</th><td><ul>");
    put_findings(w, broken);
    writer_puts(w, "</ul></td><td><ul>");
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (findings_cures(row, broken))
            put_cure(w, row);
    }
    writer_puts(w, "</ul></td></tr>\n");
}

static void put_pairs(struct writer *w, const cJSON *run)
{
    const cJSON *row;

    writer_puts(w,
                "<h3>What breaks, and what cures it</h3>\n<section class=\"scroll\" "
                "tabindex=\"0\" aria-label=\"What breaks, and what cures it\"><table "
                "class=\"prose\">\n<thead><tr><th scope=\"col\">Row</th><th scope=\"col\">it was "
                "meant to break, and did</th><th scope=\"col\">the same with a cure</th></tr>"
                "</thead>\n<tbody>\n");
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (findings_broke(row))
            put_pair(w, run, row);
    }
    writer_puts(w, "</tbody></table></section>\n");
}

void report_balancer_section(struct writer *w, const cJSON *run)
{
    if (!report_balancer_has(run))
        return;
    writer_puts(w, "<section id=\"between\">\n<h2>In between</h2>\n");
    put_sides(w, run);
    if (findings_count_broken(run) > 0)
        put_pairs(w, run);
    writer_puts(w, "</section>\n");
}
