/* Is the one lower than the other? Two sets of repeats, compared with Welch's t-test, which does
 * not assume that both spread alike (Welch, Biometrika 34, 1947). Rank tests were weighed: with
 * three repeats a side their smallest p is 0.1, with five 0.008, so none is left after a correction
 * for many metrics. docs/statistics.md. */
#pragma once

#include <stddef.h>

#include "bench/stats/interval.h"

struct difference {
    double ratio;            /* of b's mean to a's; NAN where a mean is not above 0 */
    struct interval ratio95; /* its 95 % interval */
    double p;                /* that what was seen is chance: see difference_of(); NAN: not known */
};

/* margin: a share, such as 0.02. Runs differ by so much from one to the next, whatever their
 * repeats say; p is that of the hypothesis that the true ratio is within 1/(1 + margin) and 1 +
 * margin, and at most the stated one for each of them (a minimum-effect test). Where a mean is not
 * above 0, p is that of equal means. With fewer than two values on a side nothing is known but the
 * ratio. */
struct difference difference_of(const double *a, size_t na, const double *b, size_t nb,
                                double margin);

/* The same of two estimates that are not the means of the repeats' values, such as percentiles of
 * merged histograms: what lies around them counts, as in interval_of(). */
struct difference difference_around(const double *a, size_t na, double estimate_a, const double *b,
                                    size_t nb, double estimate_b, double margin);

/* Replace n values of p by those that account for so many tests (Holm, Scand. J. Statist. 6, 1979):
 * calling a difference where the result is at most 0.05 calls a wrong one in at most 5 % of
 * comparisons. NAN stays, and is not counted. 0 or PL_ENOMEM. */
int difference_correct(double *p, size_t n);
