#include "bench/compare/compare_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/page/output.h"
#include "bench/result/disturbed.h"
#include "bench/result/run_file.h"

enum { COLUMNS = 5, CELL_BYTES = 112, NAMED_MAX = 3, TEXT_COLUMNS = 80 };

/* ---- a line for each figure ---- */

struct line {
    char cells[COLUMNS][CELL_BYTES];
};

static const struct line heads = {{"", "A", "B", "B / A (95 %)", "difference"}};

/* Two digits behind the point where that is enough to see 1 %. */
static void format_ratio(char out[UNITS_TEXT_BYTES], double ratio)
{
    if (ratio >= 0.095 && ratio < 9.995)
        snprintf(out, UNITS_TEXT_BYTES, "%.2f", ratio);
    else
        units_format_ratio(out, ratio);
}

static void format_interval(char out[CELL_BYTES], const struct difference *d)
{
    char ratio[UNITS_TEXT_BYTES], low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES];

    format_ratio(ratio, d->ratio);
    format_ratio(low, d->ratio95.low);
    format_ratio(high, d->ratio95.high);
    if (isnan(d->ratio95.low))
        snprintf(out, CELL_BYTES, "%s", ratio);
    else
        snprintf(out, CELL_BYTES, "%s (%s–%s)", ratio, low, high);
}

/* Means of counts: "0.333" missed. */
static void format_value(char out[UNITS_TEXT_BYTES], const struct metric *m, double value)
{
    if (m->format == units_format_count && value < 10 && value != floor(value))
        units_format_ratio(out, value);
    else
        m->format(out, value);
}

/* Is it another figure than what the run's other outputs have under that name? */
static bool differs(const struct metric *m, double value, const cJSON *row)
{
    char here[UNITS_TEXT_BYTES], there[UNITS_TEXT_BYTES];

    format_value(here, m, value);
    m->format(there, metric_value(m, row));
    return strcmp(here, there) != 0;
}

static struct line line_of(const struct figure *f)
{
    struct line l;

    snprintf(l.cells[0], CELL_BYTES, "%s%s", f->metric->name,
             differs(f->metric, f->a, f->row_a) || differs(f->metric, f->b, f->row_b) ? ", mean"
                                                                                      : "");
    format_value(l.cells[1], f->metric, f->a);
    format_value(l.cells[2], f->metric, f->b);
    format_interval(l.cells[3], &f->d);
    snprintf(l.cells[4], CELL_BYTES, "%s", comparison_verdict(f));
    return l;
}

static bool is_shown(const struct figure *f, const struct comparison *c, struct compare_view view)
{
    return view.all || c->tests == 0 || f->threshold != NULL || f->verdict == VERDICT_LOWER ||
           f->verdict == VERDICT_HIGHER;
}

static bool is_any_shown(const struct comparison *c, struct compare_view view)
{
    for (size_t i = 0; i < c->n; i++)
        if (is_shown(&c->figures[i], c, view))
            return true;
    return false;
}

static bool is_disturbed(const struct figure *f)
{
    return disturbed_is(f->row_a) || disturbed_is(f->row_b);
}

/* ---- as text ---- */

/* Names and verdicts stand to the left, numbers to the right. */
static void put_cells(struct writer *w, const struct line *l, const size_t width[COLUMNS])
{
    for (size_t i = 0; i < COLUMNS; i++) {
        int pad = (int)(width[i] - units_text_width(l->cells[i]));
        bool left = i == 0 || i == COLUMNS - 1;

        writer_printf(w, "  %*s%s%*s", left ? 0 : pad, "", l->cells[i], left && i == 0 ? pad : 0,
                      "");
    }
    writer_puts(w, "\n");
}

static void widen(size_t width[COLUMNS], const struct line *l)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (units_text_width(l->cells[i]) > width[i])
            width[i] = units_text_width(l->cells[i]);
}

static void put_text(struct writer *w, const struct comparison *c, struct compare_view view)
{
    size_t width[COLUMNS] = {0};
    const cJSON *row = NULL;

    widen(width, &heads);
    for (size_t i = 0; i < c->n; i++) {
        struct line l = line_of(&c->figures[i]);

        if (is_shown(&c->figures[i], c, view))
            widen(width, &l);
    }
    for (size_t i = 0; i < c->n; i++) {
        const struct figure *f = &c->figures[i];
        struct line l = line_of(f);

        if (!is_shown(f, c, view))
            continue;
        if (row == NULL)
            put_cells(w, &heads, width);
        if (f->row_a != row)
            output_printf(w, OUTPUT_TERMINAL, "%s%s", is_disturbed(f) ? DISTURBED_MARK " " : "",
                          comparison_row(f));
        writer_puts(w, f->row_a != row ? "\n" : "");
        put_cells(w, &l, width);
        row = f->row_a;
    }
}

/* ---- as Markdown ---- */

static void put_markdown(struct writer *w, const struct comparison *c, struct compare_view view)
{
    bool any = false;

    for (size_t i = 0; i < c->n; i++) {
        const struct figure *f = &c->figures[i];
        struct line l = line_of(f);

        if (!is_shown(f, c, view))
            continue;
        if (!any)
            writer_puts(w, "| row | metric | A | B | B / A (95 %) | difference |\n"
                           "|:---|:---|---:|---:|---:|:---|\n");
        any = true;
        writer_printf(w, "| %s", is_disturbed(f) ? DISTURBED_MARK " " : "");
        output_text(w, OUTPUT_MARKDOWN, comparison_row(f));

        writer_printf(w, " | %s | %s | %s | %s | %s |\n", l.cells[0], l.cells[1], l.cells[2],
                      l.cells[3], l.cells[4]);
    }
}

/* ---- sentences ---- */

static enum output output_of(struct compare_view view)
{
    return view.markdown ? OUTPUT_MARKDOWN : OUTPUT_TERMINAL;
}

/* What stands in text, some of which others wrote, escaped; frees it. */
static void put_escaped(struct writer *w, struct writer *text, struct compare_view view)
{
    output_text(w, output_of(view), writer_text(text));
    w->rc = w->rc < 0 ? w->rc : text->rc;
    buf_free(text->out);
}

/* Prose that is wrapped on a terminal. */
static void put_sentences(struct writer *w, struct buf *prose, struct compare_view view)
{
    struct writer text = {.out = prose};

    writer_wrap(w, writer_text(&text), 0, view.markdown ? 100000 : TEXT_COLUMNS);
    writer_puts(w, "\n");
    buf_free(prose);
}

/* "sse latency p50, sse latency p90 and 7 more" */
static void put_different(struct writer *w, const struct comparison *c, enum output o)
{
    size_t named = 0;

    for (size_t i = 0; i < c->n && named < NAMED_MAX; i++) {
        const struct figure *f = &c->figures[i];

        if (f->verdict != VERDICT_LOWER && f->verdict != VERDICT_HIGHER)
            continue;
        output_printf(w, o, "%s%s %s %s", named > 0 ? ", " : "", comparison_row(f), f->metric->name,
                      comparison_verdict(f));
        named++;
    }
    if (c->different > named)
        writer_printf(w, " and %zu more", c->different - named);
}

static void put_answer(struct writer *w, const struct comparison *c, struct compare_view view)
{
    struct buf prose = {0};
    struct writer text = {.out = &prose};

    if (c->n == 0)
        writer_puts(&text, "Nothing can be compared: no row is in both.");
    else if (c->tests == 0)
        writer_puts(&text,
                    "Whether figures differ is not known: that takes at least two repeats of "
                    "each row in both runs (pushlab run SCENARIO --repeat 5).");
    else if (c->different == 0)
        writer_printf(&text, "No difference is shown in %zu figures%s.", c->tests,
                      view.all ? "" : " (--all lists them)");
    else {
        writer_printf(&text, "%zu of %zu figures %s: ", c->different, c->tests,
                      c->different == 1 ? "differs" : "differ");
        put_different(&text, c, output_of(view));
        writer_puts(&text, ".");
    }
    if (c->tests > 0 && c->n > c->tests)
        writer_printf(&text, " %zu more can't be judged%s.", c->n - c->tests,
                      comparison_one_network(c)
                          ? ": they don't have two repeats with a value in both runs"
                          : "");
    put_sentences(w, &prose, view);
}

/* What the verdicts rest on. */
static void put_method(struct writer *w, const struct comparison *c, struct compare_view view)
{
    struct buf prose = {0};
    struct writer text = {.out = &prose};

    if (c->tests == 0)
        return;
    writer_puts(w, is_any_shown(c, view) ? "\n" : "");
    if (!view.all && c->different > 0 && c->tests > c->different)
        writer_printf(&text, "No difference is shown in the other %zu (--all lists them). ",
                      c->tests - c->different);
    writer_printf(
        &text,
        "Of two runs of the same thing, at least 95 in 100 comparisons show no difference in any "
        "figure: Welch's t-test on the logarithms of the repeats, against what runs differ "
        "by anyway, corrected for %zu tests (Holm). The intervals are not corrected. "
        "Counts and maxima are means of the repeats. See docs/statistics.md.",
        c->tests);
    put_sentences(w, &prose, view);
}

static bool was_said(const struct comparison *c, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (c->figures[i].metric == c->figures[before].metric &&
            comparison_limit_is_margin(&c->figures[i]))
            return true;
    return false;
}

/* Where a limit of --fail-over is not what decides, a line for each metric. */
static void put_limits(struct writer *w, const struct comparison *c, struct compare_view view)
{
    const char *before = "\n";

    for (size_t i = 0; i < c->n; i++) {
        const struct figure *f = &c->figures[i];
        char margin[UNITS_TEXT_BYTES];

        if (!comparison_limit_is_margin(f) || was_said(c, i))
            continue;
        units_format_percent(margin, f->margin);
        writer_printf(w, "%s%slimit of %s: runs differ by up to %s in it anyway, so it is that\n",
                      before, view.markdown ? "- " : "", f->metric->path, margin);
        before = "";
    }
}

/* ---- the whole ---- */

static double repeats_of(const cJSON *run)
{
    double n = json_number(run, "scenario.repeat");

    return n > 0 ? n : 1;
}

static void put_run(struct writer *w, const char *name, const cJSON *run, struct compare_view view)
{
    enum output o = output_of(view);

    writer_printf(w, "%s%s: ", view.markdown ? "- " : "", name);
    output_printf(w, o, "%s · link: %s · %.10s", json_text(run, "scenario.title"),
                  json_text(run, "link"), json_text(run, "started"));
    if (repeats_of(run) > 1)
        writer_printf(w, " · %g repeats", repeats_of(run));
    writer_printf(w, "%s\n", cJSON_IsFalse(json_at(run, "complete")) ? " · incomplete" : "");
}

static void put_conditions(struct writer *w, const struct comparison *c, const struct settings *s,
                           struct compare_view view)
{
    const char *mark = view.markdown ? "- " : "";
    struct buf text = {0};
    struct writer m = {.out = &text};

    if (s->n > settings_unmeant(s)) {
        writer_printf(w, "%svaried: ", mark);
        settings_put(&m, s, true);
        put_escaped(w, &m, view);
        writer_puts(w, "\n");
    }
    if (settings_unmeant(s) > 0) {
        writer_printf(w, "%sscenarios differ, which may be the cause of any difference: ", mark);
        settings_put(&m, s, false);
        put_escaped(w, &m, view);
        writer_puts(w, "\n");
    }
    settings_put_machine(&m, c->a, c->b);
    if (text.len > 0) {
        writer_printf(w, "%smachines differ: ", mark);
        put_escaped(w, &m, view);
        writer_puts(w, "\n");
    }
    buf_free(&text);
}

static void put_only_in(struct writer *w, const char *name, const cJSON *run, const cJSON *other,
                        enum output o)
{
    const cJSON *row;
    bool any = false;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        const char *id = json_text(row, "id");

        if (run_file_row(other, id) != NULL)
            continue;
        if (any)
            writer_puts(w, ", ");
        else
            writer_printf(w, "\nonly in %s: ", name);
        output_text(w, o, id);
        any = true;
    }
    writer_puts(w, any ? "\n" : "");
}

/* A line, after before and mark, for each row that is compared and was disturbed. */
static void put_disturbed(struct writer *w, const char **before, const char *mark, const char *name,
                          const cJSON *run, const cJSON *other, struct compare_view view)
{
    struct buf text = {0};
    struct writer reasons = {.out = &text};
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        const char *id = json_text(row, "id");

        if (!disturbed_is(row) || run_file_row(other, id) == NULL)
            continue;
        writer_printf(w, "%s%s%s: ", *before, mark, name);
        *before = "";
        writer_printf(&reasons, "%s was disturbed: ", id);
        disturbed_put(&reasons, row);
        put_escaped(w, &reasons, view);
        writer_puts(w, "\n");
    }
}

/* mark: before each line; the first comes after before. */
static void put_reasons(struct writer *w, const char *before, const char *mark, const cJSON *a,
                        const cJSON *b, struct compare_view view)
{
    put_disturbed(w, &before, mark, "A", a, b, view);
    put_disturbed(w, &before, mark, "B", b, a, view);
}

int compare_disturbed(struct buf *out, const cJSON *a, const cJSON *b)
{
    struct writer w = {.out = out};

    put_reasons(&w, "", "", a, b, (struct compare_view){.markdown = false});
    return w.rc;
}

int compare_write(struct buf *out, const struct comparison *c, const struct settings *s,
                  struct compare_view view)
{
    struct writer w = {.out = out};

    put_run(&w, "A", c->a, view);
    put_run(&w, "B", c->b, view);
    put_conditions(&w, c, s, view);
    writer_puts(&w, "\n");
    put_answer(&w, c, view);
    writer_puts(&w, "\n");
    (view.markdown ? put_markdown : put_text)(&w, c, view);
    put_method(&w, c, view);
    put_limits(&w, c, view);
    put_only_in(&w, "A", c->a, c->b, output_of(view));
    put_only_in(&w, "B", c->b, c->a, output_of(view));
    if (!comparison_one_network(c))
        writer_puts(
            &w, "\nCPU has no ratio: over a link the link's forwarder does the kernel's work of "
                "receiving,\non loopback servers and clients do it themselves\n");
    put_reasons(&w, "\n", view.markdown ? "- " : DISTURBED_MARK " ", c->a, c->b, view);
    return w.rc;
}
