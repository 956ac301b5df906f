#include "servers/redis/redis_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hiredis/hiredis.h>

#include "lib/base/clock.h"
#include "lib/base/fields.h"

enum { ENTRIES_AT_ONCE = 512, BLOCK_MS = 1000, ENTRY_TEXTS_MAX = 16 };

/* The hello script's answer. */
enum { HELLO_LIFE, HELLO_SEQ, HELLO_HERE, HELLO_AFTER, HELLO_COUNTS, HELLO_LATEST, HELLO_PARTS };

static const char trimmed[] =
    "the stream has dropped updates before this server read them: restart "
    "it, and clients are told what they missed (--log-history keeps more)";

/* n SIZE_MAX: of any size. */
static bool is_array(const struct redisReply *r, size_t n)
{
    return r->type == REDIS_REPLY_ARRAY && (n == SIZE_MAX || r->elements == n);
}

/* A reply's string; NULL and 0 if it has none. */
static struct redis_text text_of(const struct redisReply *r)
{
    if (r->type != REDIS_REPLY_STRING)
        return (struct redis_text){NULL, 0};
    return (struct redis_text){r->str, r->len};
}

/* [id, [field, value, ...]] */
static int read_entry(struct redis_entry *out, const struct redisReply *r)
{
    struct redis_text texts[ENTRY_TEXTS_MAX];
    const struct redisReply *fields;

    if (!is_array(r, 2) || !is_array(r->element[1], SIZE_MAX) ||
        r->element[1]->elements > ENTRY_TEXTS_MAX)
        return PL_EPROTO;
    fields = r->element[1];
    for (size_t i = 0; i < fields->elements; i++)
        texts[i] = text_of(fields->element[i]);
    return redis_entry_read(out, text_of(r->element[0]), texts, fields->elements);
}

/* Each of these returns NULL, or why the server can't go on. */

static const char *reader_adopt_one(struct redis_reader *r, const struct redisReply *reply)
{
    struct redis_entry e;
    int err;

    if (read_entry(&e, reply) < 0)
        return redis_log_foreign;
    if (e.as.seq > redis_log_here(r->log) + 1)
        return trimmed;
    err = publisher_adopt(r->log->publisher, &e.post, &e.as);
    if (err < 0)
        return err == PL_ENOMEM ? pl_strerror(err) : redis_log_another;
    r->newest = e.as;
    r->log->state.lag_ns = clock_now_ns() - e.as.t_ns;
    redis_log_reaches(r->log, e.as.seq);
    return NULL;
}

static const char *reader_adopt(struct redis_reader *r, const struct redisReply *entries)
{
    const char *why = is_array(entries, SIZE_MAX) ? NULL : redis_log_foreign;

    for (size_t i = 0; why == NULL && i < entries->elements; i++)
        why = reader_adopt_one(r, entries->element[i]);
    return why;
}

/* ---- restoring what is known of updates that the log has dropped */

/* counts: [channel, n, ...] */
static int restore_channels(struct hub *h, const struct redisReply *counts)
{
    int err = is_array(counts, SIZE_MAX) ? PL_OK : PL_EPROTO;

    for (size_t i = 0; err == 0 && i + 1 < counts->elements; i += 2) {
        struct redis_text name = text_of(counts->element[i]);
        uint64_t n = 0;

        if ((name.len > 0 && !name_valid(name.text, name.len)) ||
            !redis_text_u64(text_of(counts->element[i + 1]), INT64_MAX, &n) || n == 0)
            return PL_EPROTO;
        err = hub_restore_channel(h, (struct name){name.text, name.len}, n);
    }
    return err;
}

static int by_seq(const void *a, const void *b)
{
    const struct redis_entry *one = a, *other = b;

    return (one->as.seq > other->as.seq) - (one->as.seq < other->as.seq);
}

/* latest: [field, value, ...] of KEY:latest. Those up to seq, whose entries are gone; the others
 * come out of the log. values: room for all. */
static int restore_values(struct hub *h, uint64_t seq, struct redis_entry *values,
                          const struct redisReply *latest)
{
    size_t n = 0;
    int err = PL_OK;

    for (size_t i = 0; i + 1 < latest->elements; i += 2, n += values[n].as.seq <= seq) {
        if (redis_entry_read_latest(&values[n], text_of(latest->element[i]),
                                    text_of(latest->element[i + 1])) < 0)
            return PL_EPROTO;
    }
    qsort(values, n, sizeof *values, by_seq);
    for (size_t i = 0; i < n && err == 0; i++)
        err = hub_restore_latest(h, &values[i].post, &values[i].as);
    return err;
}

/* The hub has nothing yet, and the log begins after seq. */
static int restore(struct hub *h, uint64_t seq, const struct redisReply *counts,
                   const struct redisReply *latest)
{
    struct redis_entry *values;
    int err;

    hub_begin_after(h, seq);
    err = restore_channels(h, counts);
    if (err < 0 || !is_array(latest, SIZE_MAX))
        return err < 0 ? err : PL_EPROTO;
    values = calloc(latest->elements / 2 + 1, sizeof *values);
    if (values == NULL)
        return PL_ENOMEM;
    err = restore_values(h, seq, values, latest);
    free(values);
    return err;
}

/* ---- commands and answers */

/* Check that it is still the same log, and ask for what is new. */
static void reader_greet(struct redis_reader *r)
{
    struct redis_command c;

    r->greeting = true;
    redis_log_eval(&c, r->log, redis_script_hello);
    redis_command_add_word(&c, r->fresh);
    redis_command_add_number(&c, "", redis_log_here(r->log));
    redis_command_add_number(&c, "", ENTRIES_AT_ONCE);
    redis_link_send(&r->link, &c);
}

static void reader_listen(struct redis_reader *r)
{
    struct redis_command c;

    r->greeting = false;
    c.argc = c.nnumbers = 0;
    redis_command_add_word(&c, "XREAD");
    redis_command_add_word(&c, "COUNT");
    redis_command_add_number(&c, "", ENTRIES_AT_ONCE);
    redis_command_add_word(&c, "BLOCK");
    redis_command_add_number(&c, "", BLOCK_MS);
    redis_command_add_word(&c, "STREAMS");
    redis_command_add_word(&c, r->log->keys[0]);
    redis_command_add_number(&c, "0-", redis_log_here(r->log));
    redis_link_send(&r->link, &c);
}

/* Does the log still have the newest update under its number? If it has been dropped, there is
 * nothing to compare. */
static bool reader_recognizes(const struct redis_reader *r, const struct redisReply *here)
{
    struct redis_entry e;

    if (r->newest.seq == 0 || !is_array(here, 1))
        return true;
    return read_entry(&e, here->element[0]) == 0 && e.as.seq == r->newest.seq &&
           e.as.n == r->newest.n && e.as.t_ns == r->newest.t_ns;
}

/* The first time: this log is followed from now on. */
static const char *reader_meet(struct redis_reader *r, struct redisReply **hello, uint64_t first)
{
    struct redis_text life = text_of(hello[HELLO_LIFE]);
    int err = PL_OK;

    if (life.len != REDIS_LIFE_CHARS)
        return redis_log_foreign;
    memcpy(r->log->life, life.text, life.len + 1);
    epoch_of_text(r->log->publisher->hub->epoch, life.text, life.len);
    if (first > 1)
        err = restore(r->log->publisher->hub, first - 1, hello[HELLO_COUNTS], hello[HELLO_LATEST]);
    return err == 0 ? NULL : err == PL_ENOMEM ? pl_strerror(err) : redis_log_foreign;
}

static void reader_connected(struct redis_reader *r)
{
    struct log_state *state = &r->log->state;

    state->greetings++;
    state->reconnects += !state->connected && r->was_connected;
    if (r->said_why)
        fprintf(stderr, "pushlab-server: --source %s: connected\n", r->log->name);
    state->connected = r->was_connected = true;
    r->said_why = false;
    redis_writer_go(r->writer);
}

static const char *reader_on_hello(struct redis_reader *r, const struct redisReply *reply)
{
    struct redisReply **hello = reply->element;
    const struct redisReply *after;
    const char *why = NULL;
    struct redis_entry e;

    if (!is_array(reply, HELLO_PARTS) ||
        !redis_text_u64(text_of(hello[HELLO_SEQ]), INT64_MAX, &r->target_seq))
        return redis_log_foreign;
    after = hello[HELLO_AFTER];
    e.as.seq = r->target_seq + 1; /* what comes next, if there is nothing after the newest here */
    if (!is_array(after, SIZE_MAX) ||
        (after->elements > 0 && read_entry(&e, after->element[0]) < 0))
        return redis_log_foreign;
    if (!reader_recognizes(r, hello[HELLO_HERE]))
        return redis_log_another;
    if (r->log->life[0] == '\0')
        why = reader_meet(r, hello, e.as.seq);
    else if (e.as.seq > redis_log_here(r->log) + 1)
        why = trimmed;
    redis_log_reaches(r->log, r->target_seq);
    if (why == NULL)
        why = reader_adopt(r, after);
    if (why == NULL)
        reader_connected(r);
    return why;
}

/* [[key, entries]] */
static const char *reader_on_news(struct redis_reader *r, const struct redisReply *reply)
{
    if (!is_array(reply, 1) || !is_array(reply->element[0], 2))
        return redis_log_foreign;
    return reader_adopt(r, reply->element[0]->element[1]);
}

static void reader_on_reply(void *arg, const struct redisReply *reply)
{
    struct redis_reader *r = arg;
    const struct publisher *pub = r->log->publisher;
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
    if (redis_log_here(r->log) >= r->target_seq)
        r->caught_up = true;
    redis_writer_adopted(r->writer);
    awaited = pub->ops->advanced(pub->arg);
    if (!r->greeting && awaited)
        reader_greet(r); /* it tells how far the log goes */
    else
        reader_listen(r);
}

static void reader_on_up(void *arg)
{
    reader_greet(arg);
}

static void reader_on_down(void *arg)
{
    struct redis_reader *r = arg;

    r->log->state.connected = false;
    redis_writer_adopted(r->writer);
    if (!r->said_why && !r->log->lost)
        fprintf(stderr, "pushlab-server: --source %s: %s; trying again until it is back\n",
                r->log->name, r->link.why);
    r->said_why = true;
}

int redis_reader_start(struct redis_reader *r, struct redis_log *log, struct redis_writer *writer)
{
    static const struct redis_link_ops ops = {
        .up = reader_on_up, .reply = reader_on_reply, .down = reader_on_down};

    *r = (struct redis_reader){.log = log, .writer = writer};
    redis_log_make_life(r->fresh);
    return redis_link_start(&r->link, log, &ops, r);
}

void redis_reader_stop(struct redis_reader *r)
{
    redis_link_stop(&r->link);
}
