/* Any bytes as a V2 encoding, plain and compressed: what is accepted can be used, and comes
 * back the same from an encoding of our own. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/hdr/hdr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_order(const struct hdr *h)
{
    int64_t p50 = hdr_value_at_percentile(h, 50), p99 = hdr_value_at_percentile(h, 99);
    double mean = hdr_mean(h);

    assert(0 <= hdr_min(h) && hdr_min(h) <= p50 && p50 <= p99 && p99 <= hdr_max(h));
    assert(hdr_value_at_percentile(h, 100) == hdr_max(h));
    assert((double)hdr_min(h) * 0.999999 <= mean && mean <= (double)hdr_max(h) * 1.000001);
}

static void check_same(const struct hdr *a, const struct hdr *b)
{
    assert(a->counts_len == b->counts_len && a->total_count == b->total_count);
    assert(memcmp(a->counts, b->counts, (size_t)a->counts_len * sizeof *a->counts) == 0);
    assert(hdr_min(a) == hdr_min(b) && hdr_max(a) == hdr_max(b));
}

static void check_round_trip(const struct hdr *h)
{
    struct buf out = {0};
    struct hdr back;
    int rc = hdr_encode(h, &out);

    assert(rc == PL_OK);
    rc = hdr_decode(&back, out.data, out.len);
    assert(rc == PL_OK);
    check_same(h, &back);
    hdr_reset(&back);
    assert(back.total_count == 0);
    rc = hdr_add(&back, h);
    assert(rc == PL_OK);
    check_same(h, &back);
    hdr_free(&back);
    buf_free(&out);
}

static void check(int rc, struct hdr *h)
{
    assert(rc == PL_OK || rc == PL_EPROTO);
    assert((rc == PL_OK) == (h->counts != NULL));
    if (rc != PL_OK)
        return;
    check_order(h);
    if (h->counts_len < 100000) /* 50 MB are allowed, but slow to go through many times */
        check_round_trip(h);
    hdr_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hdr h;

    check(hdr_decode(&h, data, len), &h);
    check(hdr_decode_compressed(&h, data, len), &h);
    return 0;
}
