/* Any split of the bytes gives the same events, in both roles. The first byte of the input
 * chooses the role and the pieces' size. */
#include <stdio.h>

#include "tests/unit/lib/proto/http_transcript.h"

enum { ROLE_BIT = 1, HEAD_BIT = 2 };

/* Close-delimited bodies have no size line to be refused by, so they get no limit. */
static const struct http_limits request_limits = {
    .target_bytes = 50, .head_bytes = 300, .body_bytes = 60};
static const struct http_limits response_limits = {
    .target_bytes = 0, .head_bytes = 300, .body_bytes = SIZE_MAX};

static void run(struct transcript *t, uint8_t choice, const char *data, size_t len, size_t step)
{
    bool requests = choice & ROLE_BIT;
    ssize_t n = 0;

    transcript_begin(t, requests ? HTTP_REQUESTS : HTTP_RESPONSES,
                     requests ? &request_limits : &response_limits);
    t->reader.head_answer = choice & HEAD_BIT;
    for (size_t at = 0; at < len && n >= 0; at += step)
        n = transcript_feed(t, data + at, step < len - at ? step : len - at);
    if (n < 0)
        transcript_error(t, n);
    else
        transcript_eof(t);
}

/* The status tells the first reason met, and some limits are looked at once per feed: so it may
 * differ between two splits of a message that is wrong in two ways. That it is refused may not. */
static void check(struct transcript *t)
{
    int status = t->reader.error_status;
    bool known = status == 400 || status == 413 || status == 414 || status == 431 ||
                 status == 501 || status == 505;

    if ((t->reader.error < 0 && t->reader.error != PL_EOF) != known)
        abort();
    if (t->reader.msg.nfields > HTTP_FIELDS_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct transcript whole, split;
    const char *text = (const char *)data + 1;

    if (len < 2)
        return 0;
    run(&whole, data[0], text, len - 1, len);
    run(&split, data[0], text, len - 1, 1 + (data[0] >> 2));
    check(&whole);
    check(&split);
    if (whole.text.len != split.text.len ||
        (whole.text.len > 0 && memcmp(whole.text.data, split.text.data, whole.text.len) != 0)) {
        fprintf(stderr, "whole: %s\nsplit: %s\n", transcript_text(&whole), transcript_text(&split));
        abort();
    }
    transcript_free(&whole);
    transcript_free(&split);
    return 0;
}
