#include "bench/run/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "lib/base/clock.h"

void progress_open(struct progress *p, const char *before)
{
    *p = (struct progress){.shown = isatty(STDERR_FILENO) == 1,
                           .before = before != NULL ? before : ""};
}

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

/* Until all measurements are made, as the finished ones went; 0 when not known. */
static double all_left_s(const struct progress *p)
{
    double before_s = (double)(p->row_ns - p->begun_ns) / 1e9;
    double row_s = (double)(clock_now_ns() - p->row_ns) / 1e9;
    double each_s = p->i > 1 ? before_s / (double)(p->i - 1) : p->each_s;
    double left_s = each_s * (double)(p->n - p->i) + fmax(0, each_s - row_s);

    return p->n > 1 && left_s > 0 ? left_s : 0;
}

/* "3/24", with "48 s left" behind it. */
static void write_place(char *out, size_t cap, const struct progress *p)
{
    double left_s = all_left_s(p);
    int n = snprintf(out, cap, "%zu/%zu", p->i, p->n);

    if (left_s >= 120)
        snprintf(out + n, cap - (size_t)n, ", %.0f min left", left_s / 60);
    else if (left_s > 0)
        snprintf(out + n, cap - (size_t)n, ", %.0f s left", left_s);
}

/* phase: "start", or the client's word. left_s, p50_us: NAN or 0 when not known. */
static void show(struct progress *p, const char *phase, double left_s, double p50_us)
{
    char left[48] = "", again[32] = "", p50[UNITS_TEXT_BYTES], median[UNITS_TEXT_BYTES + 16] = "",
         repeat[48] = "", place[80], text[512];
    struct winsize size = {0};

    if (!p->shown)
        return;
    if (left_s > 0)
        snprintf(left, sizeof left, " · %.1f s left", left_s);
    units_format_us(p50, p50_us);
    if (p50_us > 0)
        snprintf(median, sizeof median, " · p50 %s", p50);
    if (p->attempt > 1)
        snprintf(again, sizeof again, " (attempt %d)", p->attempt);
    if (p->repeat > 0)
        snprintf(repeat, sizeof repeat, ", repeat %u of %u", p->repeat, p->repeats);
    write_place(place, sizeof place, p);
    snprintf(text, sizeof text, "%.180s[%s] %s%s%s · %.12s%s%s", p->before, place, p->id, repeat,
             again, phase, left, median);
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        size.ws_col = 80;
    fprintf(stderr, "\r\033[K%.*s", cut(text, size.ws_col - 1U), text);
    fflush(stderr);
    p->dirty = true;
}

void progress_plan(struct progress *p, size_t n, unsigned repeats, double each_s)
{
    p->n = n;
    p->repeats = repeats;
    p->each_s = each_s;
    p->begun_ns = clock_now_ns();
}

void progress_row(struct progress *p, const char *id, size_t i, unsigned repeat, int attempt)
{
    if (attempt == 1)
        p->row_ns = clock_now_ns();
    p->attempt = attempt;
    p->id = id;
    p->i = i;
    p->repeat = repeat;
    show(p, "start", NAN, NAN);
}

void progress_line(struct progress *p, const char *line)
{
    cJSON *o;

    if (!p->shown)
        return;
    o = cJSON_Parse(line);
    if (json_text(o, "phase")[0] != '\0')
        show(p, json_text(o, "phase"), json_number(o, "left_s"), json_number(o, "p50_us"));
    cJSON_Delete(o);
}

void progress_clear(struct progress *p)
{
    if (!p->dirty)
        return;
    fprintf(stderr, "\r\033[K");
    fflush(stderr);
    p->dirty = false;
}
