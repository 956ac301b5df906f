#include "servers/redis/redis_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"

const char redis_log_another[] = "what is there now is not what this server has told its clients: "
                                 "start it again to begin anew";

void redis_log_make_life(char life[REDIS_LIFE_CHARS + 1])
{
    uint64_t bits[2];

    if (getrandom(bits, sizeof bits, GRND_NONBLOCK) != sizeof bits) {
        bits[0] = (uint64_t)clock_now_ns(); /* early in a machine's life */
        bits[1] = (uint64_t)time(NULL);
    }
    snprintf(life, REDIS_LIFE_CHARS + 1, "%016llx%016llx", (unsigned long long)bits[0],
             (unsigned long long)bits[1]);
}

int redis_command_begin(struct redis_command *c, const struct redis_log *log, const char *script,
                        int nargs)
{
    static const char nkeys[] = {'0' + REDIS_SCRIPT_KEYS, '\0'};

    *c = (struct redis_command){.room = 3 + REDIS_SCRIPT_KEYS + nargs};
    c->argv = calloc((size_t)c->room, sizeof *c->argv);
    c->bytes = calloc((size_t)c->room, sizeof *c->bytes);
    if (c->argv == NULL || c->bytes == NULL) {
        redis_command_free(c);
        return PL_ENOMEM;
    }
    redis_command_add(c, "EVAL", 4);
    redis_command_add(c, script, strlen(script));
    redis_command_add(c, nkeys, 1);
    for (int i = 0; i < REDIS_SCRIPT_KEYS; i++)
        redis_command_add(c, log->keys[i], strlen(log->keys[i]));
    return PL_OK;
}

void redis_command_add(struct redis_command *c, const char *text, size_t len)
{
    c->argv[c->argc] = text;
    c->bytes[c->argc++] = len;
}

void redis_command_free(struct redis_command *c)
{
    free(c->argv);
    free(c->bytes);
    *c = (struct redis_command){0};
}

void redis_log_lose(struct redis_log *log, const char *why)
{
    if (log->lost)
        return;
    log->lost = true;
    publisher_fail(log->publisher, "--source %s: %s", log->name, why);
}
