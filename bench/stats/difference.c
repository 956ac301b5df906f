#include "bench/stats/difference.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <gsl/gsl_cdf.h>

#include "lib/base/err.h"

/* An estimate out of n values, and its variance: of n - 1 degrees of freedom. */
struct part {
    double mean, variance, n;
};

static struct part part_of(const double *values, size_t n, double estimate)
{
    double sd = interval_sd(values, n), off = interval_mean(values, n) - estimate,
           count = (double)n;

    return (struct part){estimate, sd * sd / count + off * off / (count - 1), count};
}

/* The means, or where scaled is true their logarithms (by the delta method), as b - a. */
static struct difference welch(struct part a, struct part b, bool scaled, double margin)
{
    double va = scaled ? a.variance / (a.mean * a.mean) : a.variance;
    double vb = scaled ? b.variance / (b.mean * b.mean) : b.variance;
    double apart = scaled ? log(b.mean / a.mean) : b.mean - a.mean;
    double error = sqrt(va + vb), beyond = fabs(apart) - (scaled ? log1p(margin) : 0);
    double freedom = (va + vb) * (va + vb) / (va * va / (a.n - 1) + vb * vb / (b.n - 1));
    struct difference d = {NAN, {NAN, NAN}, beyond > 0 ? 0 : 1};
    double half = 0;

    if (error > 0) {
        d.p = fmin(1, 2 * gsl_cdf_tdist_Q(beyond / error, freedom));
        half = gsl_cdf_tdist_Qinv(0.025, freedom) * error;
    }
    if (scaled) {
        d.ratio = exp(apart);
        d.ratio95 = (struct interval){exp(apart - half), exp(apart + half)};
    }
    return d;
}

struct difference difference_around(const double *a, size_t na, double estimate_a, const double *b,
                                    size_t nb, double estimate_b, double margin)
{
    struct part pa = part_of(a, na, estimate_a), pb = part_of(b, nb, estimate_b);
    bool scaled = pa.mean > 0 && pb.mean > 0;

    if (na < 2 || nb < 2 || !isfinite(pa.variance) || !isfinite(pb.variance))
        return (struct difference){scaled ? pb.mean / pa.mean : NAN, {NAN, NAN}, NAN};
    return welch(pa, pb, scaled, margin);
}

struct difference difference_of(const double *a, size_t na, const double *b, size_t nb,
                                double margin)
{
    return difference_around(a, na, interval_mean(a, na), b, nb, interval_mean(b, nb), margin);
}

int difference_correct(double *p, size_t n)
{
    size_t *order = calloc(n > 0 ? n : 1, sizeof *order), tests = 0;
    double so_far = 0;

    if (order == NULL)
        return PL_ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i]))
            order[tests++] = i;
    /* A few dozen tests: an insertion sort of their places. */
    for (size_t i = 1; i < tests; i++)
        for (size_t j = i; j > 0 && p[order[j]] < p[order[j - 1]]; j--) {
            size_t other = order[j];

            order[j] = order[j - 1];
            order[j - 1] = other;
        }
    for (size_t i = 0; i < tests; i++) {
        so_far = fmax(so_far, fmin(1, p[order[i]] * (double)(tests - i)));
        p[order[i]] = so_far;
    }
    free(order);
    return PL_OK;
}
