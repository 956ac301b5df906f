/* What a pushlab server sends besides updates, as messages of the streaming transports
 * (docs/protocol.md): hello, with the client's cursor, when a subscription starts, and {"missed":N}
 * when N updates after the client's cursor are lost to it, {"retry":MS} when the server stops. No
 * I/O. */
#pragma once

#include "lib/base/fields.h"
#include "lib/proto/cursor.h"

enum notice_kind { NOTICE_NONE, NOTICE_HELLO, NOTICE_MISSED, NOTICE_RETRY };

struct notice {
    enum notice_kind kind;
    struct cursor cursor; /* hello */
    bool restarted;       /* hello: the cursor that we came with is of another epoch */
    uint64_t missed;
    uint64_t retry_ms; /* to wait before the next connection; the server is about to end this one */
};

/* NOTICE_NONE when text is anything else. */
static inline struct notice notice_scan(const char *text, size_t len)
{
    struct notice n = {.kind = NOTICE_HELLO};
    const char *end = text + len, *after;

    if (hello_read(&n.cursor, &n.restarted, text, len))
        return n;
    n.kind = NOTICE_MISSED;
    after = field_skip(text, end, FIELD_KEY("{\"missed\":"));
    after = field_skip(field_u64(after, end, &n.missed, UINT64_MAX), end, FIELD_KEY("}"));
    if (after == end)
        return n;
    n.kind = NOTICE_RETRY;
    after = field_skip(text, end, FIELD_KEY("{\"retry\":"));
    after = field_skip(field_u64(after, end, &n.retry_ms, INT64_MAX), end, FIELD_KEY("}"));
    return after == end ? n : (struct notice){.kind = NOTICE_NONE};
}
