/* Any text as an interval log: refused with the line's number, or merged into a histogram
 * that a log of our own carries; what is read can be joined to a log, whatever its tags and times.
 */
#include <assert.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/hdr/hdr_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_rewritten(const struct hdr *h)
{
    struct buf log = {0};
    struct hdr back;
    int rc = hdr_log_header(&log, NULL, 0);

    assert(rc == PL_OK);
    rc = hdr_log_interval(&log, "fuzz", 0, 1, h);
    assert(rc == PL_OK);
    rc = hdr_log_read(&back, (const char *)log.data, log.len, NULL);
    assert(rc == PL_OK && back.total_count == h->total_count && hdr_max(&back) == hdr_max(h));
    hdr_free(&back);
    buf_free(&log);
}

static void check_joined(const struct hdr *h, const uint8_t *data, size_t len)
{
    struct buf log = {0}, more = {0};
    struct hdr back;
    int rc = buf_add(&more, data, len);

    assert(rc == PL_OK);
    rc = buf_add(&more, "", 1);
    assert(rc == PL_OK);
    rc = hdr_log_header(&log, NULL, 0);
    assert(rc == PL_OK);
    rc = hdr_log_join(&log, (const char *)more.data, len);
    assert(rc == PL_OK);
    rc = hdr_log_read(&back, (const char *)log.data, log.len, NULL);
    assert(rc == PL_OK && back.total_count == h->total_count);
    hdr_free(&back);
    buf_free(&more);
    buf_free(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct err_text e = {""};
    struct hdr h;
    int rc = hdr_log_read(&h, (const char *)data, len, &e);

    assert(rc == PL_OK || rc == PL_EPROTO);
    assert((rc == PL_OK) == (h.counts != NULL));
    if (rc == PL_EPROTO)
        assert(strncmp(e.text, "line ", 5) == 0);
    if (rc == PL_OK && h.counts_len < 100000) { /* larger ones are allowed, but slow */
        check_rewritten(&h);
        check_joined(&h, data, len);
    }
    hdr_free(&h);
    return 0;
}
