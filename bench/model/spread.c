#include "bench/model/spread.h"

#include <math.h>

const double spread_parts[SPREAD_PARTS] = {0.5, 0.9, 0.99};

void spread_init(struct spread *s, double most_us)
{
    *s = (struct spread){.bin_us = fmax(most_us, 1) / SPREAD_BINS};
}

static int bin_of(const struct spread *s, double us)
{
    return (int)fmin(us / s->bin_us, SPREAD_BINS - 1);
}

void spread_add(struct spread *s, double low_us, double high_us, double share)
{
    int first = bin_of(s, low_us), last = bin_of(s, high_us);

    s->total += share;
    s->sum_us += share * (low_us + high_us) / 2;
    s->max_us = fmax(s->max_us, share > 0 ? high_us : 0);
    if (high_us <= 0) {
        s->zero += share;
        return;
    }
    if (first == last) {
        s->share[first] += share;
        return;
    }
    for (int i = first; i <= last; i++) {
        double from_us = fmax(low_us, i * s->bin_us);
        double to_us = i == last ? high_us : (i + 1) * s->bin_us;

        s->share[i] += share * (to_us - from_us) / (high_us - low_us);
    }
}

void spread_add_all(struct spread *s, const struct spread *more)
{
    s->total += more->total;
    s->sum_us += more->sum_us;
    s->zero += more->zero;
    s->max_us = fmax(s->max_us, more->max_us);
    for (int i = 0; i < SPREAD_BINS; i++)
        s->share[i] += more->share[i];
}

void spread_shift(struct spread *s, const double *offsets_us, const double *shares, int n)
{
    struct spread out;

    spread_init(&out, s->max_us + offsets_us[n - 1]);
    for (int k = 0; k < n; k++) {
        spread_add(&out, offsets_us[k], offsets_us[k], s->zero * shares[k]);
        for (int i = 0; i < SPREAD_BINS && s->bin_us * i <= s->max_us; i++)
            spread_add(&out, i * s->bin_us + offsets_us[k],
                       fmin((i + 1) * s->bin_us, s->max_us) + offsets_us[k],
                       s->share[i] * shares[k]);
    }
    *s = out;
}

double spread_mean_us(const struct spread *s)
{
    return s->total > 0 ? s->sum_us / s->total : NAN;
}

double spread_quantile_us(const struct spread *s, double part)
{
    double left = part * s->total - s->zero;

    if (!(s->total > 0))
        return NAN;
    if (left <= 0)
        return 0;
    for (int i = 0; i < SPREAD_BINS; i++) {
        if (left <= s->share[i])
            return fmin((i + left / s->share[i]) * s->bin_us, s->max_us);
        left -= s->share[i];
    }
    return s->max_us;
}
