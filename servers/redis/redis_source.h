/* A source that follows a log in Redis: --source redis://HOST:PORT/KEY. Updates come, with their
 * numbers, from a stream that any number of servers share; what is posted to this one goes there
 * first. docs/sources.md */
#pragma once

#include <stdint.h>

#include "lib/base/err.h"
#include "servers/hub/publish.h"

/* spec: HOST:PORT/KEY. keep: updates that the stream is to keep at least. NULL with the line in
 * e. */
struct source *redis_source_start(struct publisher *pub, const char *spec, int64_t keep,
                                  struct err_text *e);
