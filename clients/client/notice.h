/* What a pushlab server says besides updates, in the streaming transports' own messages:
 * {"hello":CURSOR} when a subscription starts, {"missed":N} when N updates after the
 * client's cursor are lost to it. Pure. */
#ifndef PUSHLAB_NOTICE_H
#define PUSHLAB_NOTICE_H

#include <stddef.h>
#include <stdint.h>

enum notice_kind { NOTICE_NONE, NOTICE_HELLO, NOTICE_MISSED };

struct notice {
    enum notice_kind kind;
    uint64_t value; /* the cursor, or the count */
};

/* NOTICE_NONE when text is anything else. */
struct notice notice_scan(const char *text, size_t len);

#endif
