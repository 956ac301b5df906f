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

void progress_row(struct progress *p, const char *id, size_t i, size_t n)
{
    p->id = id;
    p->i = i;
    p->n = n;
    progress_show(p, "start", NAN, NAN);
}

static size_t terminal_columns(void)
{
    struct winsize size = {0};

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
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

void progress_show(struct progress *p, const char *phase, double left_s, double p50_us)
{
    char text[256], p50[UNITS_TEXT_BYTES];
    int len;

    if (!p->shown)
        return;
    len = snprintf(text, sizeof text, "[%zu/%zu] %s · %.12s", p->i, p->n, p->id, phase);
    if (left_s > 0 && len > 0 && (size_t)len < sizeof text)
        len += snprintf(text + len, sizeof text - (size_t)len, " · %.1f s left", left_s);
    units_format_us(p50, p50_us);
    if (isfinite(p50_us) && p50_us > 0 && len > 0 && (size_t)len < sizeof text)
        snprintf(text + len, sizeof text - (size_t)len, " · p50 %s", p50);
    fprintf(stderr, "\r\033[K%.*s", cut(text, terminal_columns() - 1), text);
    fflush(stderr);
    p->dirty = true;
}

void progress_line(struct progress *p, const char *line)
{
    cJSON *o;

    if (!p->shown)
        return;
    o = cJSON_Parse(line);
    if (json_text(o, "phase")[0] != '\0')
        progress_show(p, json_text(o, "phase"), json_number(o, "left_s"), json_number(o, "p50_us"));
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
