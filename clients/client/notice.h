/* What a pushlab server sends besides updates, as messages of the streaming transports
 * (docs/protocol.md): {"hello":CURSOR} when a subscription starts, {"missed":N} when N updates
 * after the client's cursor are lost to it. No I/O. */
#pragma once

#include "lib/base/fields.h"

enum notice_kind { NOTICE_NONE, NOTICE_HELLO, NOTICE_MISSED };

struct notice {
    enum notice_kind kind;
    uint64_t value; /* the cursor, or the count */
};

/* NOTICE_NONE when text is anything else. */
static inline struct notice notice_scan(const char *text, size_t len)
{
    const char *end = text + len, *value;
    struct notice n = {NOTICE_HELLO, 0};

    value = field_skip(text, end, FIELD_KEY("{\"hello\":"));
    if (value == NULL) {
        value = field_skip(text, end, FIELD_KEY("{\"missed\":"));
        n.kind = NOTICE_MISSED;
    }
    value = field_skip(field_u64(value, end, &n.value, UINT64_MAX), end, FIELD_KEY("}"));
    return value == end ? n : (struct notice){NOTICE_NONE, 0};
}
