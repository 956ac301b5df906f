#include "clients/latency_text.h"

#include <stdio.h>

/* Three significant digits: 4.81, 48.1, 481. Borders are where rounding would add a digit. */
static int digits_after_point(double value)
{
    return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

void latency_text(char out[LATENCY_TEXT_BYTES], int64_t latency_us)
{
    double value = (double)latency_us / 1e3;
    const char *unit = "ms";

    if (latency_us < 1000) {
        snprintf(out, LATENCY_TEXT_BYTES, "%lld µs", (long long)(latency_us < 0 ? 0 : latency_us));
        return;
    }
    if (latency_us >= 999500) {
        value /= 1e3;
        unit = "s";
    }
    snprintf(out, LATENCY_TEXT_BYTES, "%.*f %s", digits_after_point(value), value, unit);
}
