/* A log of updates in Redis, as one server sees it: what its reader, its writer and its source
 * (redis_reader.h, redis_writer.h, source_redis.c) have in common. */
#ifndef PUSHLAB_REDIS_LOG_H
#define PUSHLAB_REDIS_LOG_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/name.h"
#include "servers/redis/redis_script.h"
#include "servers/hub/publish.h"

enum { REDIS_LIFE_CHARS = 32, REDIS_SUFFIX_BYTES = 16 };

struct redis_log {
    struct publisher *publisher;
    struct log_state state;
    char name[sizeof "redis://[]:65535/" + 256 + NAME_MAX_BYTES];
    char host[256];
    uint16_t port;
    int64_t keep; /* updates that the stream is to keep at least */
    char keys[REDIS_SCRIPT_KEYS][NAME_MAX_BYTES + REDIS_SUFFIX_BYTES]; /* redis_script.h */
    char life[REDIS_LIFE_CHARS + 1];                                   /* "": not known yet */
    bool lost;
};

/* 128 bits that nobody else has, in hexadecimal. */
void redis_log_make_life(char life[REDIS_LIFE_CHARS + 1]);

/* An EVAL under construction: it begins with the script and the keys. */
struct redis_command {
    int argc, room;
    const char **argv;
    size_t *bytes;
};

/* Room for that and nargs arguments. 0 or PL_ENOMEM. */
int redis_command_begin(struct redis_command *c, const struct redis_log *log, const char *script,
                        int nargs);
void redis_command_add(struct redis_command *c, const char *text, size_t len);
void redis_command_free(struct redis_command *c);

/* What its clients were told is not in the log any more, or what they would be is not: the server
 * ends, and says why. */
extern const char redis_log_another[];
void redis_log_lose(struct redis_log *log, const char *why);

#endif
