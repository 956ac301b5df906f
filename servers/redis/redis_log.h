/* A log of updates in Redis, as one server sees it: what its reader, its writer and its source
 * (redis_reader.h, redis_writer.h, redis_source.h) have in common.
 *
 * The log is a stream and four keys beside it; docs/sources.md describes them. What must happen in
 * Redis in one step is a Lua script, which runs without anything in between
 * (https://redis.io/docs/latest/develop/programmability/eval-intro/). life names a log from its
 * beginning to its loss: a server that finds another one, or fewer updates than it has told its
 * clients of, gets the error LOST, and nothing is changed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/name.h"
#include "servers/hub/publish.h"

/* KEY (the stream), KEY:state (life, seq), KEY:n (updates by channel), KEY:senders (the newest
 * message of each) and KEY:latest (the newest value of each key). */
enum { REDIS_KEYS = 5, REDIS_LIFE_CHARS = 32, REDIS_SUFFIX_BYTES = 16 };

struct redis_log {
    struct publisher *publisher;
    struct log_state state;
    char name[sizeof "redis://[]:65535/" + 256 + NAME_MAX_BYTES];
    char host[256];
    uint16_t port;
    uint64_t keep; /* updates that the stream is to keep at least */
    char keys[REDIS_KEYS][NAME_MAX_BYTES + REDIS_SUFFIX_BYTES];
    char life[REDIS_LIFE_CHARS + 1]; /* "": not known yet */
    bool lost;
};

/* Read HOST:PORT/KEY. 0 or PL_EINVAL with the line in e. */
int redis_log_init(struct redis_log *log, struct publisher *pub, const char *spec, uint64_t keep,
                   struct err_text *e);

/* 128 random bits in hexadecimal. */
void redis_log_make_life(char life[REDIS_LIFE_CHARS + 1]);
/* The newest update in this server's hub. */
uint64_t redis_log_here(const struct redis_log *log);
/* The log is known to have the update. */
void redis_log_reaches(struct redis_log *log, uint64_t seq);

/* A command under construction; all zero: nothing yet. Texts are borrowed until it is sent. */
enum { REDIS_COMMAND_ARGS_MAX = 1280, REDIS_COMMAND_NUMBERS_MAX = 3 };
struct redis_command {
    int argc, nnumbers;
    const char *argv[REDIS_COMMAND_ARGS_MAX];
    size_t bytes[REDIS_COMMAND_ARGS_MAX];
    char numbers[REDIS_COMMAND_NUMBERS_MAX][24]; /* the texts of numbers */
};

/* At most REDIS_COMMAND_ARGS_MAX arguments in all. */
void redis_command_add(struct redis_command *c, const char *text, size_t len);
/* The text ends with a NUL. */
void redis_command_add_word(struct redis_command *c, const char *text);
/* The prefix and the number behind it, 23 characters at most; REDIS_COMMAND_NUMBERS_MAX of them. */
void redis_command_add_number(struct redis_command *c, const char *prefix, uint64_t n);

/* The scripts: redis_script_hello.lua and redis_script_publish.lua say what they take. */
extern const char redis_script_hello[], redis_script_publish[];
/* Begin an EVAL: with the script, the keys and the life that is known. */
void redis_log_eval(struct redis_command *c, const struct redis_log *log, const char *script);

/* The log no longer has what this server's clients were told, or it was not written by servers like
 * this one: the server ends with this line. */
extern const char redis_log_another[], redis_log_foreign[];
void redis_log_lose(struct redis_log *log, const char *why);
