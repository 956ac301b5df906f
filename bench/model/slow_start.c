#include "bench/model/slow_start.h"

#include <math.h>

#include "bench/model/polls.h"

double slow_start_rtts(double bytes)
{
    enum { MOST_IN_FLIGHT = 40 };
    double left = ceil(bytes / TCP_SEGMENT_BYTES), rtts = 0;

    for (double window = TCP_FIRST_SEGMENTS; left > window; window *= 2, rtts++)
        left -= window;
    return TCP_FIRST_SEGMENTS * pow(2, rtts) <= MOST_IN_FLIGHT ? rtts : NAN;
}

/* The window grows by no more than what was acknowledged. */
bool slow_start_begins_again(double bytes, double idle_us, double rtt_us)
{
    double segments = TCP_FIRST_SEGMENTS + ceil(bytes / TCP_SEGMENT_BYTES);
    double halvings = ceil(log2(segments / TCP_FIRST_SEGMENTS));

    return idle_us > halvings * (rtt_us + RTO_MIN_US);
}
