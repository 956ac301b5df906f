#include "clients/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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
