/* A distribution of times, as shares of equal bins: what is known of it is where values lie and how
 * often. Mean and largest value are kept exactly, quantiles to a bin. Pure. */
#pragma once

enum { SPREAD_BINS = 1000 };
/* The quantiles that are asked for: 0.5, 0.9, 0.99. */
enum { SPREAD_PARTS = 3 };
extern const double spread_parts[SPREAD_PARTS];

struct spread {
    double bin_us;
    double zero, share[SPREAD_BINS]; /* zero: exactly 0; the others: of (bin, bin + 1] x bin_us */
    double total, sum_us, max_us;
};

/* Nothing yet; no value will be above most_us. */
void spread_init(struct spread *s, double most_us);
/* Add a share (of any whole: they are put in proportion) of values that lie evenly between low_us
 * and high_us, or all there when these are equal. 0 <= low_us <= high_us. */
void spread_add(struct spread *s, double low_us, double high_us, double share);
/* Add all that is in more, which began with the same most_us. */
void spread_add_all(struct spread *s, const struct spread *more);

/* Make s the distribution of its values, each later by one of n offsets_us >= 0, the last the
 * largest, with their shares of 1. */
void spread_shift(struct spread *s, const double *offsets_us, const double *shares, int n);

double spread_mean_us(const struct spread *s);
/* The value that this part of all values, 0 to 1, does not exceed. NAN: there are none. */
double spread_quantile_us(const struct spread *s, double part);
