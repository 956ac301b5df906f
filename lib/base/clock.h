/* One clock for everything: CLOCK_MONOTONIC, int64_t nanoseconds. Server and client share
 * a kernel, so receive time minus publish time is a true one-way latency. Only the edges
 * of an event loop read it; everything below takes now_ns as an argument. */
#pragma once

#include <stdint.h>
#include <time.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

static inline int64_t clock_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}
