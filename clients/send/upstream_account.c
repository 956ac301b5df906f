#include "clients/send/upstream_account.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"

int upstream_account_init(struct upstream_account *a, const struct recorder *recorder)
{
    *a = (struct upstream_account){.recorder = recorder};
    if (recorder_init_hdr(&a->latency_us) < 0 || recorder_init_hdr(&a->echo_us) < 0 ||
        recorder_init_hdr(&a->late_us) < 0)
        return PL_ENOMEM;
    return PL_OK;
}

void upstream_account_free(struct upstream_account *a)
{
    hdr_free(&a->latency_us);
    hdr_free(&a->echo_us);
    hdr_free(&a->late_us);
}

static void record(struct upstream_account *a, struct hdr *h, int64_t due_ns, int64_t then_ns)
{
    if (recorder_in_window(a->recorder, due_ns))
        hdr_record(h, (then_ns - due_ns + NS_PER_US / 2) / NS_PER_US, 1);
}

void upstream_account_framing(struct upstream_account *a, int64_t at_ns, size_t bytes)
{
    UPSTREAM_COUNT(a, at_ns, framing_bytes_out, bytes);
    UPSTREAM_COUNT(a, at_ns, bytes_out, bytes);
}

void upstream_account_sent(struct upstream_account *a, int64_t due_ns, size_t payload_bytes,
                           size_t framing_bytes, bool repeated, int64_t sent_ns)
{
    upstream_account_framing(a, due_ns, framing_bytes);
    UPSTREAM_COUNT(a, due_ns, payload_bytes_out, payload_bytes);
    UPSTREAM_COUNT(a, due_ns, bytes_out, payload_bytes);
    UPSTREAM_COUNT(a, due_ns, repeated, repeated);
    UPSTREAM_COUNT(a, due_ns, messages, !repeated);
    if (!repeated)
        record(a, &a->late_us, due_ns, sent_ns);
}

void upstream_account_received(struct upstream_account *a, int64_t due_ns, bool is_echo,
                               int64_t recv_ns)
{
    record(a, is_echo ? &a->echo_us : &a->latency_us, due_ns, recv_ns);
}
