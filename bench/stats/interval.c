#include "bench/stats/interval.h"

#include <math.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>

double interval_mean(const double *values, size_t n)
{
    return n > 0 ? gsl_stats_mean(values, 1, n) : NAN;
}

double interval_sd(const double *values, size_t n)
{
    return n > 1 ? gsl_stats_sd(values, 1, n) : NAN;
}

struct interval interval_among(const double *values, size_t n, double estimate, size_t intervals)
{
    double squares = 0, half;

    if (n < 2)
        return (struct interval){NAN, NAN};
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - estimate) * (values[i] - estimate);
    half = gsl_cdf_tdist_Qinv(0.025 / (double)intervals, (double)(n - 1)) *
           sqrt(squares / (double)(n - 1) / (double)n);
    return (struct interval){estimate - half, estimate + half};
}

struct interval interval_of(const double *values, size_t n, double estimate)
{
    return interval_among(values, n, estimate, 1);
}
