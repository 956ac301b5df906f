#include "clients/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"

/* 4.81, 48.1, 481. The borders are where rounding would add a digit. */
static int digits_after_point(double value)
{
    return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

void text_latency(char out[TEXT_LATENCY_BYTES], int64_t latency_us)
{
    bool seconds = latency_us >= 999500;
    double value = (double)latency_us / (seconds ? 1e6 : 1e3);

    if (latency_us < 1000)
        snprintf(out, TEXT_LATENCY_BYTES, "%d µs", latency_us < 0 ? 0 : (int)latency_us);
    else
        snprintf(out, TEXT_LATENCY_BYTES, "%.*f %s", digits_after_point(value), value,
                 seconds ? "s" : "ms");
}

/* Bytes of the code point at text, 0 when it is none that a terminal should see. */
static size_t code_point_bytes(const uint8_t *text, size_t len)
{
    size_t n = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    struct utf8 check = {0};

    if (text[0] < 0x20 || text[0] == 0x7f || n > len)
        return 0;
    if (text[0] == 0xc2 && text[1] < 0xa0)
        return 0; /* C1 controls */
    return utf8_feed(&check, text, n) && utf8_done(&check) ? n : 0;
}

size_t text_cut(char *out, const char *text, size_t len, size_t columns)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + len;
    size_t used = 0, last_start = 0;
    char *to = out;

    while (at < end && used < columns) {
        size_t n = code_point_bytes(at, (size_t)(end - at));

        last_start = (size_t)(to - out);
        if (n > 0)
            memcpy(to, at, n);
        else
            *to = '?';
        to += n > 0 ? n : 1;
        at += n > 0 ? n : 1;
        used++;
    }
    if (at < end && used > 0) {
        to = out + last_start;
        memcpy(to, "…", strlen("…"));
        to += strlen("…");
    }
    *to = '\0';
    return (size_t)(to - out);
}

void text_bar(char out[TEXT_BAR_BYTES], int64_t latency_us)
{
    static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    double decades = latency_us > 10 ? log10((double)latency_us / 10.0) : 0.0;
    int filled = (int)lround(decades * 2.0 * 8.0);

    *out = '\0';
    for (int column = 0; column < TEXT_BAR_COLUMNS; column++) {
        int part = filled - column * 8;

        strcat(out, eighths[part < 0 ? 0 : part > 8 ? 8 : part]);
    }
}
