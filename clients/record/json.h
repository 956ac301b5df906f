/* A JSON object as text, member by member (RFC 8259): what pushlab-client reports. A comma is put
 * before every member but the first of its object. The first failure is kept and nothing is
 * appended after it, so that one look at err at the end is enough. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/hdr/hdr.h"

enum { JSON_SHORTEST = -1 };

struct json {
    struct buf *out; /* borrowed */
    int err;         /* PL_ENOMEM: out is incomplete */
};

/* "name":{ (the outermost object has no name: NULL), and the closing brace. */
void json_begin(struct json *j, const char *name);
void json_end(struct json *j);

/* "name":value. decimals: behind the point, or JSON_SHORTEST: as %g prints it. text is escaped,
 * NULL becomes null; raw is appended as it is and must be valid JSON. */
void json_u64(struct json *j, const char *name, uint64_t value);
void json_i64(struct json *j, const char *name, int64_t value);
void json_real(struct json *j, const char *name, int decimals, double value);
void json_bool(struct json *j, const char *name, bool value);
void json_text(struct json *j, const char *name, const char *text);
void json_raw(struct json *j, const char *name, const void *text, size_t len);
/* {"count","min","p50","p90","p99","p999","max","mean","hdr"}, in h's unit; hdr: all of it, as
 * hdr_encode_base64() writes it, so that histograms can be merged. */
void json_hdr(struct json *j, const char *name, const struct hdr *h);
