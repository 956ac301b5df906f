#include "clients/text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/utf8.h"

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

size_t watch_cut(char *out, const char *text, size_t len, size_t columns)
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

void watch_bar(char out[WATCH_BAR_BYTES], int64_t latency_us)
{
    static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    double decades = latency_us > 10 ? log10((double)latency_us / 10.0) : 0.0;
    int filled = (int)lround(decades * 2.0 * 8.0);

    *out = '\0';
    for (int column = 0; column < WATCH_BAR_COLUMNS; column++) {
        int part = filled - column * 8;

        strcat(out, eighths[part < 0 ? 0 : part > 8 ? 8 : part]);
    }
}
