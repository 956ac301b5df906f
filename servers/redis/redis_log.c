#include "servers/redis/redis_log.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/proto/url.h"

const char redis_log_another[] =
    "the stream no longer has the updates that this server has sent to "
    "its clients: restart the server to begin again";
const char redis_log_foreign[] = "the stream was not written by a pushlab-server";

int redis_log_init(struct redis_log *log, struct publisher *pub, const char *spec, uint64_t keep,
                   struct err_text *e)
{
    static const char *const suffixes[REDIS_KEYS] = {"", ":state", ":n", ":senders", ":latest"};
    const char *key = strchr(spec, '/');
    struct err_text reason;
    char address[300];

    *log = (struct redis_log){.publisher = pub, .keep = keep};
    if (key == NULL || !name_valid(key + 1, strlen(key + 1)))
        return err_set(
            e, PL_EINVAL,
            "--source: redis://%.200s: accepted: redis://HOST:PORT/KEY; KEY is " NAME_ACCEPTED,
            spec);
    snprintf(address, sizeof address, "%.*s", (int)(key - spec), spec);
    if (url_parse_host_port(log->host, &log->port, address, &reason) < 0)
        return err_set(e, PL_EINVAL, "--source: redis://%.280s", reason.text);
    snprintf(log->name, sizeof log->name, "redis://%s", spec);
    for (int i = 0; i < REDIS_KEYS; i++)
        snprintf(log->keys[i], sizeof log->keys[i], "%s%s", key + 1, suffixes[i]);
    return PL_OK;
}

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

uint64_t redis_log_here(const struct redis_log *log)
{
    return log->publisher->hub->published_seq;
}

void redis_log_reaches(struct redis_log *log, uint64_t seq)
{
    if (seq > log->state.newest_seq)
        log->state.newest_seq = seq;
}

void redis_command_add(struct redis_command *c, const char *text, size_t len)
{
    c->argv[c->argc] = text;
    c->bytes[c->argc++] = len;
}

void redis_command_add_word(struct redis_command *c, const char *text)
{
    redis_command_add(c, text, strlen(text));
}

void redis_command_add_number(struct redis_command *c, const char *prefix, uint64_t n)
{
    char *text = c->numbers[c->nnumbers++];

    snprintf(text, sizeof c->numbers[0], "%s%llu", prefix, (unsigned long long)n);
    redis_command_add_word(c, text);
}

void redis_log_eval(struct redis_command *c, const struct redis_log *log, const char *script)
{
    static const char nkeys[] = {'0' + REDIS_KEYS, '\0'};

    c->argc = c->nnumbers = 0;
    redis_command_add_word(c, "EVAL");
    redis_command_add_word(c, script);
    redis_command_add_word(c, nkeys);
    for (int i = 0; i < REDIS_KEYS; i++)
        redis_command_add_word(c, log->keys[i]);
    redis_command_add_word(c, log->life);
}

void redis_log_lose(struct redis_log *log, const char *why)
{
    const struct publisher *pub = log->publisher;
    char line[sizeof log->name + 256];

    if (log->lost)
        return;
    log->lost = true;
    snprintf(line, sizeof line, "--source %s: %s", log->name, why);
    pub->ops->failed(pub->arg, line);
}
