/* A server that begins when the log has dropped its beginning: what is still known of that. */
#ifndef PUSHLAB_REDIS_RESTORE_H
#define PUSHLAB_REDIS_RESTORE_H

#include <stdint.h>

#include "servers/redis/redis_entry.h"

struct hub;
struct redisReply;

/* Where a reply has a string; else NULL and 0. */
struct redis_text redis_text_of(const struct redisReply *r);

/* h has nothing yet, and the log begins after seq. counts: [channel, n, ...]; latest: [field,
 * value, ...] of KEY:latest. 0, PL_EPROTO or PL_ENOMEM. */
int redis_restore(struct hub *h, uint64_t seq, const struct redisReply *counts,
                  const struct redisReply *latest);

#endif
