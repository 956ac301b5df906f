#include "clients/send/upstream_account.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"

static int init_histogram(struct hdr *h)
{
    return hdr_init(h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES);
}

int upstream_account_init(struct upstream_account *a, const struct recorder *recorder)
{
    int err;

    *a = (struct upstream_account){.recorder = recorder};
    err = init_histogram(&a->latency_us);
    if (err == PL_OK)
        err = init_histogram(&a->echo_us);
    if (err == PL_OK)
        err = init_histogram(&a->late_us);
    if (err < 0)
        upstream_account_free(a);
    return err;
}

void upstream_account_free(struct upstream_account *a)
{
    hdr_free(&a->latency_us);
    hdr_free(&a->echo_us);
    hdr_free(&a->late_us);
}

static void add_to(struct upstream_counters *counters, size_t offset, uint64_t n)
{
    *(uint64_t *)(void *)((char *)counters + offset) += n;
}

void upstream_count(struct upstream_account *a, int64_t due_ns, size_t counter_offset, uint64_t n)
{
    add_to(&a->whole, counter_offset, n);
    if (recorder_in_window(a->recorder, due_ns))
        add_to(&a->window, counter_offset, n);
}

static void record(struct upstream_account *a, struct hdr *h, int64_t due_ns, int64_t then_ns)
{
    if (recorder_in_window(a->recorder, due_ns))
        hdr_record(h, (then_ns - due_ns + NS_PER_US / 2) / NS_PER_US, 1);
}

void upstream_account_sent(struct upstream_account *a, int64_t due_ns, size_t payload_bytes,
                           size_t framing_bytes, bool repeated, int64_t sent_ns)
{
    UPSTREAM_COUNT(a, due_ns, payload_bytes_out, payload_bytes);
    UPSTREAM_COUNT(a, due_ns, framing_bytes_out, framing_bytes);
    if (repeated) {
        UPSTREAM_COUNT(a, due_ns, repeated, 1);
        return;
    }
    UPSTREAM_COUNT(a, due_ns, messages, 1);
    record(a, &a->late_us, due_ns, sent_ns);
}

void upstream_account_heard(struct upstream_account *a, int64_t due_ns, bool is_echo,
                            int64_t recv_ns)
{
    record(a, is_echo ? &a->echo_us : &a->latency_us, due_ns, recv_ns);
}
