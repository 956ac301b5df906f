/* What the report says about messages that clients sent, and what came of them: client_result.c
 * calls these. */
#ifndef PUSHLAB_UPSTREAM_RESULT_H
#define PUSHLAB_UPSTREAM_RESULT_H

#include <stdio.h>

#include "lib/base/buf.h"
#include "clients/fleet/fleet.h"

/* Append `"upstream":{...},"documents":{...},`, either of them null when there is nothing to say.
 * 0 or PL_ENOMEM. */
int upstream_json(const struct fleet *f, struct buf *out);
/* A line or two for people; nothing when nobody sent. */
void upstream_print(const struct fleet *f, FILE *out);
/* What is wrong with what was sent, as one line; NULL: nothing. */
const char *upstream_fault(const struct fleet *f);

#endif
