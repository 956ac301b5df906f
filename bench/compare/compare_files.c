#include "bench/compare/compare_files.h"

#include <math.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/page/output.h"
#include "bench/result/disturbed.h"
#include "bench/result/run_file.h"

/* ---- JSON ---- */

static void add_text_or_null(cJSON *o, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0')
        json_add_text(o, name, text);
    else
        cJSON_AddNullToObject(o, name);
}

static void add_run(cJSON *o, const char *name, const cJSON *run)
{
    cJSON *of = cJSON_AddObjectToObject(o, name);
    double repeats = json_number(run, "scenario.repeat");

    add_text_or_null(of, "title", json_text(run, "scenario.title"));
    add_text_or_null(of, "link", json_text(run, "link"));
    add_text_or_null(of, "started", json_text(run, "started"));
    json_add_number(of, "repeats", repeats > 0 ? repeats : 1);
}

static void add_settings(cJSON *o, const struct settings *s)
{
    cJSON *list = cJSON_AddArrayToObject(o, "settings");

    for (size_t i = 0; i < s->n; i++) {
        cJSON *one = cJSON_CreateObject();

        json_add_text(one, "key", s->list[i].key);
        add_text_or_null(one, "row", s->list[i].row);
        json_add_text(one, "a", s->list[i].a);
        json_add_text(one, "b", s->list[i].b);
        cJSON_AddBoolToObject(one, "varied", s->list[i].varied);
        cJSON_AddItemToArray(list, one);
    }
}

static cJSON *figure_json(const struct figure *f)
{
    static const char *const better[] = {
        [METRIC_NEITHER] = NULL, [METRIC_LOWER] = "lower", [METRIC_HIGHER] = "higher"};
    cJSON *o = cJSON_CreateObject(), *interval;

    json_add_text(o, "metric", f->metric->path);
    json_add_text(o, "name", f->metric->name);
    json_add_text(o, "unit", f->metric->unit);
    add_text_or_null(o, "better", better[f->metric->better]);
    json_add_number(o, "a", f->a);
    json_add_number(o, "b", f->b);
    json_add_number(o, "repeats_a", (double)f->na);
    json_add_number(o, "repeats_b", (double)f->nb);
    json_add_number(o, "ratio", f->d.ratio);
    interval = cJSON_AddObjectToObject(o, "ratio95");
    json_add_number(interval, "low", f->d.ratio95.low);
    json_add_number(interval, "high", f->d.ratio95.high);
    json_add_number(o, "margin", f->margin);
    json_add_number(o, "p", f->d.p);
    json_add_text(o, "verdict", comparison_verdict(f));
    cJSON_AddBoolToObject(o, "worse", comparison_is_worse(f));
    json_add_number(o, "threshold", f->threshold != NULL ? f->threshold->share : NAN);
    return o;
}

static void add_rows(cJSON *o, const struct comparison *c)
{
    cJSON *rows = cJSON_AddArrayToObject(o, "rows"), *figures = NULL;

    for (size_t i = 0; i < c->n; i++) {
        const struct figure *f = &c->figures[i];

        if (i == 0 || f->row_a != c->figures[i - 1].row_a) {
            cJSON *row = cJSON_CreateObject();

            json_add_text(row, "id", comparison_row(f));
            cJSON_AddBoolToObject(row, "disturbed",
                                  disturbed_is(f->row_a) || disturbed_is(f->row_b));
            figures = cJSON_AddArrayToObject(row, "figures");
            cJSON_AddItemToArray(rows, row);
        }
        cJSON_AddItemToArray(figures, figure_json(f));
    }
}

static void add_only_in(cJSON *o, const char *name, const cJSON *run, const cJSON *other)
{
    cJSON *ids = cJSON_AddArrayToObject(o, name);
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (run_file_row(other, json_text(row, "id")) == NULL)
            json_append_text(ids, json_text(row, "id"));
    }
}

static size_t count_worse(const struct comparison *c)
{
    size_t worse = 0;

    for (size_t i = 0; i < c->n; i++)
        worse += comparison_is_worse(&c->figures[i]);
    return worse;
}

cJSON *compare_json(const struct comparison *c, const struct settings *s)
{
    cJSON *o = cJSON_CreateObject(), *method;

    json_add_number(o, "schema", 1);
    add_run(o, "a", c->a);
    add_run(o, "b", c->b);
    add_settings(o, s);
    method = cJSON_AddObjectToObject(o, "method");
    json_add_text(method, "test", "Welch's t-test on logarithms, beyond each figure's margin");
    json_add_text(method, "correction", "Holm");
    json_add_number(method, "level", COMPARISON_LEVEL);
    json_add_number(method, "tests", (double)c->tests);
    json_add_number(o, "different", (double)c->different);
    json_add_number(o, "worse", (double)count_worse(c));
    add_rows(o, c);
    add_only_in(o, "only_in_a", c->a, c->b);
    add_only_in(o, "only_in_b", c->b, c->a);
    return o;
}

/* ---- JUnit ---- */

enum outcome { PASSED, FAILED, ERROR, SKIPPED };

/* With thresholds only what they name can fail. */
static enum outcome outcome_of(const struct figure *f, const struct thresholds *t)
{
    if (f->threshold != NULL)
        return isnan(f->threshold_p) ? ERROR : comparison_is_worse(f) ? FAILED : PASSED;
    if (f->verdict == VERDICT_NOT_KNOWN)
        return SKIPPED;
    return t->n == 0 && comparison_is_worse(f) ? FAILED : PASSED;
}

/* The attributes tests, failures, errors and skipped, of the figures from first up to end. */
static void put_counts(struct writer *w, const struct comparison *c, const struct thresholds *t,
                       size_t first, size_t end)
{
    size_t of[SKIPPED + 1] = {0};

    for (size_t i = first; i < end; i++)
        of[outcome_of(&c->figures[i], t)]++;
    writer_printf(w, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\">\n",
                  end - first, of[FAILED], of[ERROR], of[SKIPPED]);
}

static void put_attribute(struct writer *w, const char *name, const char *text)
{
    writer_printf(w, " %s=\"", name);
    output_text(w, OUTPUT_HTML, text);
    writer_puts(w, "\"");
}

/* "25.5 ms, then 26.5 ms: higher" */
static void put_figures(struct writer *w, const struct figure *f)
{
    char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES], share[UNITS_TEXT_BYTES];

    f->metric->format(a, f->a);
    f->metric->format(b, f->b);
    output_printf(w, OUTPUT_HTML, "%s: %s in A, %s in B, %s", f->metric->name, a, b,
                  comparison_verdict(f));
    if (isfinite(f->d.ratio95.low))
        writer_printf(w, "; B / A %.4g, 95 %% interval %.4g to %.4g", f->d.ratio, f->d.ratio95.low,
                      f->d.ratio95.high);
    if (f->threshold == NULL)
        return;
    units_format_percent(share, f->threshold->share);
    output_printf(w, OUTPUT_HTML, "; threshold %s", share);
}

static void put_case(struct writer *w, const struct figure *f, enum outcome outcome)
{
    static const char *const elements[] = {
        [FAILED] = "failure", [ERROR] = "error", [SKIPPED] = "skipped"};

    writer_puts(w, "    <testcase");
    put_attribute(w, "classname", comparison_row(f));
    put_attribute(w, "name", f->metric->path);
    if (outcome == PASSED) {
        writer_puts(w, "/>\n");
        return;
    }
    writer_printf(w, ">\n      <%s message=\"", elements[outcome]);
    put_figures(w, f);
    writer_puts(w, "\"/>\n    </testcase>\n");
}

static size_t end_of_row(const struct comparison *c, size_t first)
{
    size_t i = first;

    while (i < c->n && c->figures[i].row_a == c->figures[first].row_a)
        i++;
    return i;
}

int compare_junit(struct buf *out, const struct comparison *c, const struct thresholds *t)
{
    struct writer w = {.out = out};

    writer_puts(&w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                    "<testsuites name=\"pushlab compare\"");
    put_counts(&w, c, t, 0, c->n);
    for (size_t first = 0, end; first < c->n; first = end) {
        end = end_of_row(c, first);
        writer_puts(&w, "  <testsuite");
        put_attribute(&w, "name", comparison_row(&c->figures[first]));
        put_counts(&w, c, t, first, end);
        for (size_t i = first; i < end; i++)
            put_case(&w, &c->figures[i], outcome_of(&c->figures[i], t));
        writer_puts(&w, "  </testsuite>\n");
    }
    writer_puts(&w, "</testsuites>\n");
    return w.rc;
}
