#include "clients/client/backoff.h"

int64_t backoff_delay_ns(int64_t min_ns, int64_t max_ns, unsigned attempt, double unit)
{
    int64_t ceiling_ns = min_ns;

    while (attempt-- > 0 && ceiling_ns < max_ns)
        ceiling_ns = ceiling_ns > max_ns / 2 ? max_ns : ceiling_ns * 2;
    if (ceiling_ns > max_ns)
        ceiling_ns = max_ns;
    return (int64_t)((double)ceiling_ns * unit);
}
