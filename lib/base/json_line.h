/* JSON as text (RFC 8259), without parsing it into values. No I/O. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum { JSON_LINE_MAX_DEPTH = 64 };

/* Check strictly that text is one JSON value, and write it back without insignificant white space,
 * so that it fits one line of NDJSON or SSE and is valid UTF-8 for WebSocket. cJSON is not
 * used for this: it accepts raw control characters, bad UTF-8 and numbers such as 007
 * (docs/dependencies.md).
 *
 * Compact text[0..len) to dst (room for len bytes; dst may equal text). The value's bytes
 * are otherwise unchanged: numbers and strings are not rewritten.
 * Returns the compact length (> 0), PL_EPROTO (not one JSON value), PL_EUTF8, or
 * PL_ELIMIT (nested deeper than JSON_LINE_MAX_DEPTH). After an error dst holds nothing of use. */
ssize_t json_line_compact(char *dst, const char *text, size_t len);

/* What is wrong with a text, for a message. */
struct json_line_fault {
    const char *at;       /* in text, or its end */
    const char *expected; /* "',' or '}'" */
};

/* The same; after an error *fault says where and why. */
ssize_t json_line_check(char *dst, const char *text, size_t len, struct json_line_fault *fault);

/* Where a JSON value ends, in text that is known to be JSON (or that is checked elsewhere): only
 * strings, braces and brackets are recognized. For readers that run once per
 * update and only pass values on. at stands on an opening brace or bracket, or on the first
 * character of any value. Returns what follows it, or NULL when end comes first. */
const char *json_skip_nested(const char *at, const char *end);
const char *json_skip_value(const char *at, const char *end);
