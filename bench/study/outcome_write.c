/* An outcome as people read it. */
#include "bench/study/outcome.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/page/output.h"

enum { COLUMNS = 96, INDENT = 15, HERE_BYTES = 120 };

/* " bytes"; a percent sign stands behind a no-break space as well. */
static void put_unit(char *out, size_t cap, const cJSON *claim)
{
    const char *unit = json_text(claim, "unit");

    snprintf(out, cap, "%s%.20s", unit[0] != '\0' ? "\u00a0" : "", unit);
}

/* Half of an interval with as many decimals as the value in front of it, rounded up. */
static void put_half(char out[UNITS_TEXT_BYTES], const char *value, double half)
{
    const char *point = strchr(value, '.');
    int decimals = point != NULL ? (int)strlen(point + 1) : 0;
    double unit = pow(10, -decimals);

    if (half == 0 || strcmp(value, "0") == 0 || strchr(value, 'e') != NULL)
        units_format_ratio(out, half);
    else
        snprintf(out, UNITS_TEXT_BYTES, "%.*f", decimals, ceil(half / unit) * unit);
}

/* "3.12 ±0.04 times" */
static void put_here(char out[HERE_BYTES], const cJSON *claim)
{
    double half = (json_number(claim, "ci95.high") - json_number(claim, "ci95.low")) / 2;
    char value[UNITS_TEXT_BYTES], more[UNITS_TEXT_BYTES], unit[40];

    if (isnan(half) && json_number(claim, "value") < 1e4) /* computed: as exact as it is */
        snprintf(value, sizeof value, "%.4g", json_number(claim, "value"));
    else
        units_format_ratio(value, json_number(claim, "value"));
    put_half(more, value, half);
    put_unit(unit, sizeof unit, claim);
    if (isnan(json_number(claim, "value")))
        snprintf(out, HERE_BYTES, "%s", UNITS_NONE);
    else if (isnan(half))
        snprintf(out, HERE_BYTES, "%s%s", value, unit);
    else
        snprintf(out, HERE_BYTES, "%s ±%s%s", value, more, unit);
}

/* "2.31 to 4.48 times", "at most 3" */
static void put_limits(char out[HERE_BYTES], const cJSON *claim)
{
    double low = json_number(claim, "at_least"), high = json_number(claim, "at_most");
    char from[UNITS_TEXT_BYTES], to[UNITS_TEXT_BYTES], unit[40];

    snprintf(from, sizeof from, "%.10g", low);
    snprintf(to, sizeof to, "%.10g", high);
    put_unit(unit, sizeof unit, claim);
    if (isnan(low) || isnan(high))
        snprintf(out, HERE_BYTES, "at %s %s%s", isnan(low) ? "most" : "least",
                 isnan(low) ? to : from, unit);
    else if (low == high)
        snprintf(out, HERE_BYTES, "%s%s", from, unit);
    else
        snprintf(out, HERE_BYTES, "%s to %s%s", from, to, unit);
}

static int count_of(const cJSON *outcome, const char *verdict)
{
    const cJSON *claim;
    int n = 0;

    cJSON_ArrayForEach(claim, json_at(outcome, "claims"))
    {
        n += strcmp(json_text(claim, "verdict"), verdict) == 0;
    }
    return n;
}

/* "2 claims hold, 1 does not, 1 can't be told" */
static void put_sum(struct writer *w, const cJSON *outcome)
{
    int holds = count_of(outcome, "holds"), fails = count_of(outcome, "does not hold");

    writer_printf(w, "%d %s here, %d %s not, %d can't be told", holds,
                  holds == 1 ? "claim holds" : "claims hold", fails, fails == 1 ? "does" : "do",
                  count_of(outcome, "can't be told"));
}

static void put_citation(struct writer *w, const cJSON *outcome)
{
    char line[1024];
    const cJSON *c = json_at(outcome, "citation");
    const char *doi = json_text(c, "doi"), *url = json_text(c, "url");

    snprintf(line, sizeof line, "%s: %s. %s, %.0f%s%s", json_text(c, "authors"),
             json_text(c, "title"), json_text(c, "venue"), json_number(c, "year"),
             doi[0] != '\0'   ? ", doi:"
             : url[0] != '\0' ? ", "
                              : "",
             doi[0] != '\0' ? doi : url);
    writer_wrap(w, line, 0, COLUMNS);
}

/* ---- for a terminal ---- */

static void put_claim(struct writer *w, const cJSON *claim)
{
    char here[HERE_BYTES], limits[HERE_BYTES], line[1024];
    const char *where = json_text(claim, "where"), *why = json_text(claim, "why");

    put_here(here, claim);
    put_limits(limits, claim);
    writer_printf(w, "\n%-*s", INDENT, json_text(claim, "verdict"));
    snprintf(line, sizeof line, "%s%s%s%s", json_text(claim, "claim"), where[0] != '\0' ? " (" : "",
             where, where[0] != '\0' ? ")" : "");
    writer_wrap(w, line, INDENT, COLUMNS);
    snprintf(line, sizeof line, "published: %s; here: %s, %s; holds when %s%s%s",
             json_text(claim, "published"), here, json_text(claim, "kind"), limits,
             why[0] != '\0' ? "; not known, because " : "", why);
    writer_printf(w, "\n%*s", INDENT, "");
    writer_wrap(w, line, INDENT, COLUMNS);
    writer_puts(w, "\n");
}

void outcome_put_text(struct writer *w, const cJSON *outcome)
{
    const cJSON *claim;

    output_printf(w, OUTPUT_TERMINAL, "%s: %s", json_text(outcome, "study"),
                  json_text(outcome, "title"));
    writer_puts(w, "\n");
    put_citation(w, outcome);
    writer_puts(w, "\n");
    cJSON_ArrayForEach(claim, json_at(outcome, "claims"))
    {
        put_claim(w, claim);
    }
    writer_puts(w, "\n");
    put_sum(w, outcome);
    writer_puts(w, ".\n");
}

/* ---- Markdown ---- */

static void put_row(struct writer *w, const cJSON *claim)
{
    char here[HERE_BYTES], limits[HERE_BYTES];
    const char *where = json_text(claim, "where"), *why = json_text(claim, "why");

    put_here(here, claim);
    put_limits(limits, claim);
    writer_puts(w, "| ");
    output_text(w, OUTPUT_MARKDOWN, json_text(claim, "claim"));
    if (where[0] != '\0')
        output_printf(w, OUTPUT_MARKDOWN, " (%s)", where);
    writer_puts(w, " | ");
    output_text(w, OUTPUT_MARKDOWN, json_text(claim, "published"));
    writer_printf(w, " | %s | %s%s | **%s**", limits, here,
                  strcmp(json_text(claim, "kind"), "computed") == 0 ? ", computed" : "",
                  json_text(claim, "verdict"));
    if (why[0] != '\0')
        output_printf(w, OUTPUT_MARKDOWN, ": %s", why);
    writer_puts(w, " |\n");
}

void outcome_put_markdown(struct writer *w, const cJSON *outcome)
{
    const cJSON *claim;

    writer_puts(w, "| claim | published | holds when | here | verdict |\n"
                   "|:---|:---|:---|:---|:---|\n");
    cJSON_ArrayForEach(claim, json_at(outcome, "claims"))
    {
        put_row(w, claim);
    }
    writer_puts(w, "\n");
    put_sum(w, outcome);
    writer_puts(w, ". ± is half of the 95 % interval.");
    output_printf(w, OUTPUT_MARKDOWN, " Measured on %.10s: %s, %s.%s",
                  json_text(outcome, "measured"), json_text(outcome, "cpu_model"),
                  json_text(outcome, "kernel"),
                  json_true(outcome, "anyway") ? " Disturbed rows count." : "");
    writer_puts(w, "\n");
}
