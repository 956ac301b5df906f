/* When updates come: at equal gaps, at random (Poisson), or in bursts, as servers/model/arrivals.h
 * makes them. Pure. */
#pragma once

#include "bench/model/question.h"

/* One period of gaps, all but the last alike. Fixed: the one gap. Poisson has no period. */
struct gaps {
    double n, gap_us, last_us;
};

/* An update that falls into the off-phase moves to the next burst. */
struct gaps process_gaps(const struct predict_question *q);
/* When an update comes, counted from update 0. */
double process_moment_us(const struct gaps *g, double update);

/* The mean age of the newest update where it is published: E[gap²] / 2E[gap], the inspection
 * paradox. NAN: the pace is not known; so for the others. */
double process_age_us(const struct predict_question *q);
/* The chance that a span, begun at any moment, has no update in it. */
double process_empty_chance(const struct predict_question *q, double span_us);
/* The share of gaps that are longer. */
double process_long_gaps(const struct predict_question *q, double span_us);

enum { PROCESS_COUNTS = 128 };
/* Add to counts[k] share × the chance that a span has k updates; the last has all beyond, too. */
void process_add_counts(double counts[PROCESS_COUNTS], const struct predict_question *q,
                        double span_us, double share);
