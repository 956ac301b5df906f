#include "bench/run/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench/base/json.h"
#include "bench/base/units.h"

void progress_open(struct progress *p)
{
    *p = (struct progress){.shown = isatty(STDERR_FILENO) == 1};
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

/* phase: "start", or the client's word. left_s, p50_us: NAN or 0 when not known. */
static void show(struct progress *p, const char *phase, double left_s, double p50_us)
{
    char left[48] = "", again[32] = "", p50[UNITS_TEXT_BYTES], median[UNITS_TEXT_BYTES + 16] = "",
         text[256];
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
    snprintf(text, sizeof text, "[%zu/%zu] %s%s · %.12s%s%s", p->i, p->n, p->id, again, phase, left,
             median);
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        size.ws_col = 80;
    fprintf(stderr, "\r\033[K%.*s", cut(text, size.ws_col - 1U), text);
    fflush(stderr);
    p->dirty = true;
}

void progress_row(struct progress *p, const char *id, size_t i, size_t n, int attempt)
{
    p->attempt = attempt;
    p->id = id;
    p->i = i;
    p->n = n;
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
