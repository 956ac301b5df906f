/* Pieces of pushlab-client's JSON that more than one part of it writes. Each appends a member and
 * a comma: `"name":value,`. 0 or PL_ENOMEM. */
#ifndef PUSHLAB_CLIENT_JSON_H
#define PUSHLAB_CLIENT_JSON_H

#include "lib/base/buf.h"
#include "lib/hdr/hdr.h"

int client_json_string(struct buf *out, const char *name, const char *text);
/* text NULL: null */
int client_json_string_or_null(struct buf *out, const char *name, const char *text);
/* {"count","min","p50","p90","p99","p999","max","mean"}, in h's unit. */
int client_json_histogram(struct buf *out, const char *name, const struct hdr *h);

#endif
