/* Reads a log in Redis into the hub: what there is when it begins, then each update as it comes,
 * and after every interruption what came meanwhile. Every second without news, and at each
 * beginning, it makes sure that the log is the one that it was. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "servers/redis/redis_entry.h"
#include "servers/redis/redis_link.h"
#include "servers/redis/redis_log.h"
#include "servers/redis/redis_writer.h"

struct redis_reader {
    struct redis_link link;
    struct redis_log *log;
    struct redis_writer *writer;      /* is told what has come out of the log */
    char fresh[REDIS_LIFE_CHARS + 1]; /* the life to begin with, where there is none */
    struct hub_number newest;         /* adopted */
    uint64_t target_seq;              /* the newest there was when it was last asked */
    bool greeting;                    /* the hello's answer is awaited, else that of XREAD */
    bool caught_up;                   /* has read all that there was when it began */
    bool was_connected;               /* at least once */
    bool said_why;                    /* that the log can't be reached, on standard error */
};

/* 0 or PL_ENOMEM. */
int redis_reader_start(struct redis_reader *r, struct redis_log *log, struct redis_writer *writer);
void redis_reader_stop(struct redis_reader *r);
