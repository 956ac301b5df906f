/* Confidence intervals of what was measured several times. The repeat is the unit of analysis:
 * deliveries within one share the updates, the machine's state and the phase of the clients, so
 * they are not independent; repeats are. docs/statistics.md has the method and its proof. */
#pragma once

#include <stddef.h>

/* 95 %. Both NAN: not known, as with fewer than two repeats. */
struct interval {
    double low, high;
};

double interval_mean(const double *values, size_t n);
/* The sample's, with n - 1; NAN for n < 2. */
double interval_sd(const double *values, size_t n);

/* The interval of an estimate out of n repeats, which have these values: estimate ± t(n-1) s/√n,
 * Student's t. For a mean give the values' mean. For a percentile of the merged histograms give
 * that: s is then taken around it, which is sectioning (Asmussen & Glynn, Stochastic Simulation,
 * 2007, §III.5). A value that is not finite makes it unknown. */
struct interval interval_of(const double *values, size_t n, double estimate);

/* The same for one of so many intervals, wider, so that all of them hold in 95 % of cases
 * (Bonferroni). */
struct interval interval_among(const double *values, size_t n, double estimate, size_t intervals);
