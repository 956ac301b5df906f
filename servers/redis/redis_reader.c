#include "servers/redis/redis_reader.h"

#include <stdio.h>
#include <string.h>
#include <hiredis/hiredis.h>

#include "lib/base/clock.h"
#include "lib/base/fields.h"
#include "servers/redis/redis_restore.h"

#define ENTRIES_AT_ONCE "512"
#define BLOCK_MS        "1000"

/* The hello script's answer. */
enum { HELLO_LIFE, HELLO_SEQ, HELLO_HERE, HELLO_AFTER, HELLO_COUNTS, HELLO_LATEST, HELLO_PARTS };
enum { ENTRY_TEXTS_MAX = 16 };

static const char trimmed[] = "updates that this server has not seen are gone from the stream: "
                              "start it again, and clients are told what they missed "
                              "(--log-history keeps more)";
static const char foreign[] = "what is there was not written by a pushlab-server";

/* [id, [field, value, ...]] */
static int read_entry(struct redis_entry *out, const struct redisReply *r)
{
    struct redis_text texts[ENTRY_TEXTS_MAX];
    const struct redisReply *fields;

    if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
        r->element[1]->type != REDIS_REPLY_ARRAY || r->element[1]->elements > ENTRY_TEXTS_MAX)
        return PL_EPROTO;
    fields = r->element[1];
    for (size_t i = 0; i < fields->elements; i++)
        texts[i] = redis_text_of(fields->element[i]);
    return redis_entry_read(out, redis_text_of(r->element[0]), texts, fields->elements);
}

static uint64_t reader_seq(const struct redis_reader *r)
{
    return r->log->publisher->hub->published_seq;
}

/* NULL, or why the server can't go on. */
static const char *reader_adopt_one(struct redis_reader *r, const struct redisReply *reply)
{
    struct log_state *state = &r->log->state;
    struct redis_entry e;
    int err;

    if (read_entry(&e, reply) < 0)
        return foreign;
    if (e.as.seq > reader_seq(r) + 1)
        return trimmed;
    err = publisher_adopt(r->log->publisher, &e.post, &e.as);
    if (err < 0)
        return err == PL_ENOMEM ? pl_strerror(err) : redis_log_another;
    r->newest = e.as;
    state->lag_ns = clock_now_ns() - e.as.t_ns;
    if (e.as.seq > state->newest_seq)
        state->newest_seq = e.as.seq;
    return NULL;
}

static const char *reader_adopt(struct redis_reader *r, const struct redisReply *entries)
{
    const char *why = entries->type == REDIS_REPLY_ARRAY ? NULL : foreign;

    for (size_t i = 0; why == NULL && i < entries->elements; i++)
        why = reader_adopt_one(r, entries->element[i]);
    return why;
}

static void reader_send(struct redis_reader *r, int argc, const char **argv, const size_t *bytes)
{
    if (redis_link_send(&r->link, argc, argv, bytes) < 0)
        redis_link_drop(&r->link, pl_strerror(PL_ENOMEM));
}

/* Is it the log that it was, and what is new? */
static void reader_greet(struct redis_reader *r)
{
    const struct redis_log *log = r->log;
    struct redis_command c;
    char have[24];
    int have_len = snprintf(have, sizeof have, "%llu", (unsigned long long)reader_seq(r));

    r->greeting = true;
    if (redis_command_begin(&c, log, redis_script_hello, 4) < 0) {
        redis_link_drop(&r->link, pl_strerror(PL_ENOMEM));
        return;
    }
    redis_command_add(&c, log->life, strlen(log->life));
    redis_command_add(&c, r->fresh, strlen(r->fresh));
    redis_command_add(&c, have, (size_t)have_len);
    redis_command_add(&c, ENTRIES_AT_ONCE, sizeof ENTRIES_AT_ONCE - 1);
    reader_send(r, c.argc, c.argv, c.bytes);
    redis_command_free(&c);
}

static void reader_listen(struct redis_reader *r)
{
    const char *key = r->log->keys[0];
    char after[28];
    size_t after_len =
        (size_t)snprintf(after, sizeof after, "0-%llu", (unsigned long long)reader_seq(r));
    const char *argv[] = {"XREAD", "COUNT", ENTRIES_AT_ONCE, "BLOCK", BLOCK_MS, "STREAMS",
                          key,     after};
    const size_t bytes[] = {
        5, 5, sizeof ENTRIES_AT_ONCE - 1, 5, sizeof BLOCK_MS - 1, 7, strlen(key), after_len};

    r->greeting = false;
    reader_send(r, 8, argv, bytes);
}

/* The same update under the same number? If it is gone by now there is nothing to compare. */
static bool reader_recognizes(const struct redis_reader *r, const struct redisReply *here)
{
    struct redis_entry e;

    if (r->newest.seq == 0 || here->type != REDIS_REPLY_ARRAY || here->elements == 0)
        return true;
    return read_entry(&e, here->element[0]) == 0 && e.as.seq == r->newest.seq &&
           e.as.n == r->newest.n && e.as.t_ns == r->newest.t_ns;
}

/* Of the entries after the newest here, or after all that there are. False: they are foreign. */
static bool hello_first_seq(const struct redisReply *hello, uint64_t target_seq, uint64_t *first)
{
    const struct redisReply *after = hello->element[HELLO_AFTER];
    struct redis_entry e;

    *first = target_seq + 1;
    if (after->type != REDIS_REPLY_ARRAY ||
        (after->elements > 0 && read_entry(&e, after->element[0]) < 0))
        return false;
    if (after->elements > 0)
        *first = e.as.seq;
    return true;
}

/* The first time: this is the log from now on. */
static const char *reader_meet(struct redis_reader *r, const struct redisReply *hello,
                               uint64_t first)
{
    struct redis_text life = redis_text_of(hello->element[HELLO_LIFE]);
    int err = PL_OK;

    if (life.len != REDIS_LIFE_CHARS)
        return foreign;
    memcpy(r->log->life, life.text, life.len + 1);
    if (first > 1)
        err = redis_restore(r->log->publisher->hub, first - 1, hello->element[HELLO_COUNTS],
                            hello->element[HELLO_LATEST]);
    return err == 0 ? NULL : err == PL_ENOMEM ? pl_strerror(err) : foreign;
}

static const char *reader_on_hello(struct redis_reader *r, const struct redisReply *hello)
{
    struct redis_text id;
    const char *why = NULL;
    uint64_t first;

    if (hello->type != REDIS_REPLY_ARRAY || hello->elements != HELLO_PARTS)
        return foreign;
    id = redis_text_of(hello->element[HELLO_SEQ]);
    if (field_u64(id.text, id.text + id.len, &r->target_seq, INT64_MAX) != id.text + id.len ||
        !hello_first_seq(hello, r->target_seq, &first))
        return foreign;
    if (!reader_recognizes(r, hello->element[HELLO_HERE]))
        return redis_log_another;
    if (r->log->life[0] == '\0')
        why = reader_meet(r, hello, first);
    else if (first > reader_seq(r) + 1)
        why = trimmed;
    if (r->target_seq > r->log->state.newest_seq)
        r->log->state.newest_seq = r->target_seq;
    if (why == NULL)
        why = reader_adopt(r, hello->element[HELLO_AFTER]);
    if (why == NULL) {
        r->log->state.greetings++;
        r->ops->greeted(r->arg);
    }
    return why;
}

/* [[key, entries]] */
static const char *reader_on_news(struct redis_reader *r, const struct redisReply *news)
{
    const struct redisReply *of_key;

    if (news->type != REDIS_REPLY_ARRAY || news->elements != 1)
        return foreign;
    of_key = news->element[0];
    if (of_key->type != REDIS_REPLY_ARRAY || of_key->elements != 2)
        return foreign;
    return reader_adopt(r, of_key->element[1]);
}

static void reader_on_reply(void *arg, const struct redisReply *reply)
{
    struct redis_reader *r = arg;
    const char *why;
    bool awaited;

    if (!r->greeting && reply->type == REDIS_REPLY_NIL) {
        reader_greet(r);
        return;
    }
    why = r->greeting ? reader_on_hello(r, reply) : reader_on_news(r, reply);
    if (why != NULL) {
        redis_log_lose(r->log, why);
        return;
    }
    if (reader_seq(r) >= r->target_seq)
        r->caught_up = true;
    awaited = r->ops->adopted(r->arg);
    if (!r->greeting && awaited)
        reader_greet(r);
    else
        reader_listen(r);
}

static void reader_on_refused(void *arg, const char *why)
{
    struct redis_reader *r = arg;

    if (strncmp(why, "LOST ", 5) == 0)
        redis_log_lose(r->log, r->log->life[0] != '\0' ? redis_log_another : foreign);
    else
        redis_link_drop(&r->link, why);
}

static void reader_on_up(void *arg)
{
    reader_greet(arg);
}

static void reader_on_down(void *arg)
{
    struct redis_reader *r = arg;

    r->log->state.errors++;
    r->ops->down(r->arg, r->link.why);
}

int redis_reader_start(struct redis_reader *r, struct redis_log *log,
                       const struct redis_reader_ops *ops, void *arg)
{
    static const struct redis_link_ops link_ops = {.up = reader_on_up,
                                                   .reply = reader_on_reply,
                                                   .refused = reader_on_refused,
                                                   .down = reader_on_down};

    *r = (struct redis_reader){.log = log, .ops = ops, .arg = arg};
    redis_log_make_life(r->fresh);
    return redis_link_start(&r->link, log->publisher->base, log->host, log->port, &link_ops, r);
}

void redis_reader_stop(struct redis_reader *r)
{
    redis_link_stop(&r->link);
}
