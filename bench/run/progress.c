#include "bench/run/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "lib/base/terminal.h"
#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "lib/base/clock.h"
#include "lib/base/visible.h"

int progress_open(struct progress *p, const struct progress_wish *wish, struct err_text *e)
{
    if (wish->quiet && wish->verbose)
        return err_set(e, PL_EINVAL, "--quiet: not with --verbose; accepted: one of them");
    *p = (struct progress){.form = wish->quiet                                   ? PROGRESS_NONE
                                   : !wish->verbose && terminal_rewrites(stderr) ? PROGRESS_LINE
                                                                                 : PROGRESS_LINES,
                           .verbose = wish->verbose,
                           .p50_us = NAN};
    return PL_OK;
}

/* ---- texts ---- */

/* "about 50 s left", step_took_s into the step; "" when next to nothing is left. */
static void put_left(char *out, size_t cap, const struct progress *p, double step_took_s)
{
    double speed = p->planned_s > 0 ? p->took_s / p->planned_s : 1;
    double left_s = (p->left_s - p->step_s) * speed + fmax(0, p->step_s * speed - step_took_s);
    char text[UNITS_TEXT_BYTES];

    out[0] = '\0';
    if (!(left_s >= 0.5))
        return;
    units_format_duration(text, left_s);
    snprintf(out, cap, "about %s left", text);
}

/* ", " between two texts that are both there. */
static const char *comma(const char *a, const char *b)
{
    return a[0] != '\0' && b[0] != '\0' ? ", " : "";
}

static const char *part_mark(const struct progress *p)
{
    return p->part[0] != '\0' ? ": " : "";
}

/* "measuring, p50 25.4 ms" */
static void put_phase(char *out, size_t cap, const struct progress *p)
{
    char p50[UNITS_TEXT_BYTES], median[UNITS_TEXT_BYTES + 8] = "";

    out[0] = '\0';
    if (!p->measures || p->phase[0] == '\0')
        return;
    units_format_us(p50, p->p50_us);
    if (p->p50_us > 0)
        snprintf(median, sizeof median, "p50 %s", p50);
    snprintf(out, cap, ": %s%s%s", p->phase, comma(p->phase, median), median);
}

void progress_text_now(char *out, size_t cap, const struct progress *p, int64_t now_ns)
{
    char left[64], place[64] = "", phase[96];

    put_left(left, sizeof left, p, (double)(now_ns - p->step_ns) / (double)NS_PER_S);
    put_phase(phase, sizeof phase, p);
    if (p->measures)
        snprintf(place, sizeof place, "%zu of %zu", p->done + 1, p->n);
    if (p->form == PROGRESS_LINES)
        snprintf(out, cap, "%s%s%s%s%s", p->part, part_mark(p), p->step, comma(p->step, left),
                 left);
    else if (place[0] == '\0' && left[0] == '\0')
        snprintf(out, cap, "%s%s%s", p->part, part_mark(p), p->step);
    else
        snprintf(out, cap, "[%s%s%s] %s%s%s%s", place, comma(place, left), left, p->part,
                 part_mark(p), p->step, phase);
}

void progress_text_measured(char *out, size_t cap, const struct progress *p)
{
    char left[64];

    put_left(left, sizeof left, p, 0);
    snprintf(out, cap, "measured %s%s%s: %zu of %zu done%s%s", p->part, part_mark(p), p->step,
             p->done, p->n, left[0] != '\0' ? ", " : "", left);
}

/* ---- the terminal's line, and lines elsewhere ---- */

/* Bytes of text that take at most width columns. */
static int cut(const char *text, size_t width)
{
    size_t at = 0;

    for (size_t seen = 0; text[at] != '\0'; at++) {
        seen += ((unsigned char)text[at] & 0xC0) != 0x80;
        if (seen > width)
            break;
    }
    return (int)at;
}

static void rewrite(struct progress *p)
{
    size_t columns = terminal_columns(stderr);
    char text[512];

    if (p->form != PROGRESS_LINE || p->step[0] == '\0')
        return;
    progress_text_now(text, sizeof text, p, clock_now_ns());
    fprintf(stderr, "\r\033[K%.*s", cut(text, columns > 0 ? columns - 1 : 79), text);
    fflush(stderr);
    p->dirty = true;
}

void progress_clear(struct progress *p)
{
    if (p->dirty)
        fprintf(stderr, "\r\033[K");
    fflush(stderr);
    p->dirty = false;
}

void progress_warn(struct progress *p, const char *line)
{
    progress_clear(p);
    fprintf(stderr, "pushlab: %s\n", line);
    fflush(stderr);
}

/* ---- steps ---- */

void progress_part(struct progress *p, const char *name, size_t done, size_t n, double left_s)
{
    snprintf(p->part, sizeof p->part, "%s", name != NULL ? name : "");
    p->done = done;
    p->n = n;
    p->left_s = left_s;
    p->step_s = 0;
    p->step[0] = '\0';
}

/* The step before, if any, is over. */
static void begin(struct progress *p, bool measures, double planned_s)
{
    p->left_s = fmax(0, p->left_s - p->step_s);
    p->measures = measures;
    p->step_s = planned_s;
    p->step_ns = clock_now_ns();
    p->phase[0] = '\0';
    p->p50_us = NAN;
}

void progress_measure(struct progress *p, const char *id, unsigned repeat, unsigned repeats,
                      int attempt, double planned_s)
{
    char again[32] = "", which[64] = "";

    if (attempt > 1) {
        p->left_s += p->step_s; /* it is not over */
        snprintf(again, sizeof again, ", attempt %d", attempt);
    }
    begin(p, true, planned_s);
    if (repeats > 1)
        snprintf(which, sizeof which, ", repeat %u of %u", repeat, repeats);
    snprintf(p->step, sizeof p->step, "%s%s%s", id, which, again);
    if (p->verbose)
        fprintf(stderr, "measuring %s%s%s\n", p->part, part_mark(p), p->step);
    rewrite(p);
}

void progress_measured(struct progress *p)
{
    char text[512];

    p->took_s += (double)(clock_now_ns() - p->step_ns) / (double)NS_PER_S;
    p->planned_s += p->step_s;
    p->left_s = fmax(0, p->left_s - p->step_s);
    p->step_s = 0;
    p->done++;
    if (p->form != PROGRESS_LINES)
        return;
    progress_text_measured(text, sizeof text, p);
    fprintf(stderr, "%s\n", text);
}

void progress_step(struct progress *p, const char *what, double planned_s)
{
    char text[512];

    begin(p, false, planned_s);
    snprintf(p->step, sizeof p->step, "%s", what);
    rewrite(p);
    if (p->form != PROGRESS_LINES)
        return;
    progress_text_now(text, sizeof text, p, p->step_ns);
    fprintf(stderr, "%s\n", text);
}

/* ---- within a step ---- */

/* The client's word for a phase, as people read it. */
static const char *phase_text(const char *word)
{
    static const char *const words[][2] = {{"gate", "connecting"},
                                           {"setup", "connecting"},
                                           {"warmup", "warming up"},
                                           {"measure", "measuring"},
                                           {"drain", "waiting for the last updates"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], word) == 0)
            return words[i][1];
    return "";
}

void progress_line(struct progress *p, const char *line)
{
    const char *phase;
    cJSON *o;

    if (p->form == PROGRESS_NONE)
        return;
    o = cJSON_Parse(line);
    phase = phase_text(json_text(o, "phase"));
    if (phase[0] != '\0' && p->verbose && strcmp(p->phase, phase) != 0)
        fprintf(stderr, "%s%s%s: %s\n", p->part, part_mark(p), p->step, phase);
    if (phase[0] != '\0') {
        snprintf(p->phase, sizeof p->phase, "%s", phase);
        p->p50_us = json_number(o, "p50_us");
        rewrite(p);
    }
    cJSON_Delete(o);
}

void progress_started(void *progress, char *const argv[])
{
    const struct progress *p = progress;
    struct buf text = {0};
    struct writer w = {.out = &text};

    if (!p->verbose)
        return;
    for (; *argv != NULL; argv++) {
        writer_puts(&w, " ");
        writer_shell_word(&w, *argv);
    }
    writer_add(&w, "", 1);
    if (w.rc == PL_OK) {
        visible_make((char *)text.data);
        fprintf(stderr, "start%s\n", (const char *)text.data);
    }
    buf_free(&text);
}
