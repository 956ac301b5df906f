#include "clients/send/order.h"

/* newest moves on by step; what leaves the memory has been counted in received. */
static uint64_t shifted(uint64_t recent, uint64_t step)
{
    return step < ORDER_MEMORY ? recent << step : 0;
}

static uint64_t count_bits(uint64_t bits)
{
    return (uint64_t)__builtin_popcountll(bits);
}

/* Numbers from before the memory that have not come. */
static uint64_t missing_before_memory(const struct order_track *t)
{
    uint64_t before = t->newest > ORDER_MEMORY ? t->newest - ORDER_MEMORY : 0;

    return before - (t->received - count_bits(t->recent));
}

static enum order_receipt take_old(struct order_track *t, uint64_t n)
{
    uint64_t back = t->newest - n;
    uint64_t bit = back < ORDER_MEMORY ? UINT64_C(1) << back : 0;

    if (bit != 0 ? (t->recent & bit) != 0 : missing_before_memory(t) == 0)
        return ORDER_DOUBLED;
    t->recent |= bit;
    t->received++;
    return ORDER_REORDERED;
}

static enum order_receipt take_latest(struct order_track *t, uint64_t n)
{
    if (n == t->newest)
        return ORDER_REPEATED;
    if (n < t->newest)
        return ORDER_REORDERED;
    t->newest = n;
    t->received++;
    return ORDER_NEW;
}

enum order_receipt order_take(struct order_track *t, enum order_kind kind, uint64_t n)
{
    if (kind == ORDER_LATEST)
        return take_latest(t, n);
    if (n <= t->newest)
        return take_old(t, n);
    t->recent = shifted(t->recent, n - t->newest) | 1;
    t->newest = n;
    t->received++;
    return ORDER_NEW;
}

uint64_t order_missing(const struct order_track *t, enum order_kind kind, uint64_t sent)
{
    if (kind == ORDER_EVERY)
        return sent > t->received ? sent - t->received : 0;
    return kind == ORDER_LATEST && t->newest < sent ? 1 : 0;
}
