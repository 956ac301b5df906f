#include "servers/redis/redis_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hiredis/hiredis.h>

#include "servers/redis/redis_entry.h"

enum { BATCH_POSTS = 128, BATCH_BYTES = 1 << 20, QUEUE_POSTS_MAX = 65536, NUMBER_BYTES = 21 };

struct redis_post {
    struct redis_post *next;
    struct receipt *receipt; /* NULL: the server's own */
    uint64_t seq;            /* once it is acknowledged */
    int err;
    struct redis_text args[REDIS_POST_ARGS];
    char text[];
};

static void posts_init(struct redis_posts *l)
{
    *l = (struct redis_posts){.tail = &l->head};
}

static void posts_add(struct redis_posts *l, struct redis_post *post)
{
    post->next = NULL;
    *l->tail = post;
    l->tail = &post->next;
    l->count++;
}

/* The first; NULL: there is none. */
static struct redis_post *posts_take(struct redis_posts *l)
{
    struct redis_post *post = l->head;

    if (post == NULL)
        return NULL;
    l->head = post->next;
    if (l->head == NULL)
        l->tail = &l->head;
    l->count--;
    return post;
}

static void writer_count(struct redis_writer *w)
{
    w->log->state.posts_waiting = w->queue.count + w->acknowledged.count;
}

static void post_tell(struct redis_post *post)
{
    if (post->receipt != NULL)
        post->receipt->tell(post->receipt, post->err, post->seq);
    free(post);
}

/* Those who wait can't be told what became of their posts. */
static void writer_fail(struct redis_writer *w)
{
    struct redis_posts all = w->queue, failed;
    struct redis_post *post;

    if (all.head == NULL)
        all.tail = &all.head;
    posts_init(&w->queue);
    posts_init(&failed);
    w->in_flight = 0;
    while ((post = posts_take(&all)) != NULL)
        posts_add(post->receipt != NULL ? &failed : &w->queue, post);
    while ((post = posts_take(&failed)) != NULL) {
        post->err = PL_EAWAY;
        w->log->state.posts_refused++;
        post_tell(post);
    }
    writer_count(w);
}

static uint64_t writer_known_seq(const struct redis_writer *w)
{
    uint64_t here = w->log->publisher->hub->published_seq, there = w->log->state.newest_seq;

    return here > there ? here : there;
}

/* How many of those that wait go together. */
static int writer_batch(const struct redis_writer *w)
{
    size_t bytes = 0;
    int n = 0;

    for (const struct redis_post *p = w->queue.head; p != NULL && n < BATCH_POSTS; p = p->next) {
        bytes += p->args[REDIS_POST_ARGS - 1].len;
        if (n > 0 && bytes > BATCH_BYTES)
            break;
        n++;
    }
    return n;
}

static int writer_send(struct redis_writer *w, int n)
{
    const struct redis_log *log = w->log;
    const struct redis_post *post = w->queue.head;
    char known[NUMBER_BYTES], keep[NUMBER_BYTES];
    struct redis_command c;
    int err = redis_command_begin(&c, log, redis_script_publish, 3 + n * REDIS_POST_ARGS);

    if (err < 0)
        return err;
    redis_command_add(&c, log->life, strlen(log->life));
    redis_command_add(&c, known,
                      (size_t)sprintf(known, "%llu", (unsigned long long)writer_known_seq(w)));
    redis_command_add(&c, keep, (size_t)sprintf(keep, "%lld", (long long)log->keep));
    for (int i = 0; i < n; i++, post = post->next) {
        for (int k = 0; k < REDIS_POST_ARGS; k++)
            redis_command_add(&c, post->args[k].text, post->args[k].len);
    }
    err = redis_link_send(&w->link, c.argc, c.argv, c.bytes);
    redis_command_free(&c);
    return err;
}

void redis_writer_go(struct redis_writer *w)
{
    int n;

    if (!w->link.up || w->link.waiting || w->log->life[0] == '\0' || w->log->lost)
        return;
    n = writer_batch(w);
    if (n == 0)
        return;
    w->in_flight = n;
    if (writer_send(w, n) < 0)
        redis_link_drop(&w->link, pl_strerror(PL_ENOMEM));
}

void redis_writer_adopted(struct redis_writer *w)
{
    const struct redis_log *log = w->log;

    while (
        w->acknowledged.head != NULL &&
        (!log->state.connected || w->acknowledged.head->seq <= log->publisher->hub->published_seq))
        post_tell(posts_take(&w->acknowledged));
    writer_count(w);
}

/* answer: its seq; minus that of its sender's newest if it had come before. */
static void writer_acknowledge(struct redis_writer *w, long long answer)
{
    struct redis_post *post = posts_take(&w->queue);

    post->err = answer < 0 ? HUB_DUPLICATE : PL_OK;
    post->seq = (uint64_t)(answer < 0 ? -answer : answer);
    if (post->seq > w->log->state.newest_seq)
        w->log->state.newest_seq = post->seq;
    if (post->receipt != NULL && answer < 0)
        w->log->publisher->hub->counts.duplicate_posts++;
    posts_add(&w->acknowledged, post);
}

static bool answers_all(const struct redisReply *r, int n)
{
    if (r->type != REDIS_REPLY_ARRAY || r->elements != (size_t)n)
        return false;
    for (int i = 0; i < n; i++) {
        if (r->element[i]->type != REDIS_REPLY_INTEGER || r->element[i]->integer == 0)
            return false;
    }
    return true;
}

static void writer_on_reply(void *arg, const struct redisReply *r)
{
    struct redis_writer *w = arg;
    int n = w->in_flight;

    if (!answers_all(r, n)) {
        redis_link_drop(&w->link, "an answer that is none");
        return;
    }
    w->in_flight = 0;
    for (int i = 0; i < n; i++)
        writer_acknowledge(w, r->element[i]->integer);
    redis_writer_go(w);
    redis_writer_adopted(w);
}

/* Out of memory, read only, still loading: those behind it must not go before it. */
static void writer_on_refused(void *arg, const char *why)
{
    struct redis_writer *w = arg;

    if (strncmp(why, "LOST ", 5) == 0)
        redis_log_lose(w->log, redis_log_another);
    else
        redis_link_drop(&w->link, why);
}

static void writer_on_up(void *arg)
{
    redis_writer_go(arg);
}

static void writer_on_down(void *arg)
{
    struct redis_writer *w = arg;

    w->log->state.errors++;
    writer_fail(w);
}

int redis_writer_start(struct redis_writer *w, struct redis_log *log)
{
    static const struct redis_link_ops ops = {.up = writer_on_up,
                                              .reply = writer_on_reply,
                                              .refused = writer_on_refused,
                                              .down = writer_on_down};
    char life[REDIS_LIFE_CHARS + 1];

    *w = (struct redis_writer){.log = log};
    posts_init(&w->queue);
    posts_init(&w->acknowledged);
    redis_log_make_life(life);
    snprintf(w->feed, sizeof w->feed, "feed:%s", life);
    return redis_link_start(&w->link, log->publisher->base, log->host, log->port, &ops, w);
}

void redis_writer_stop(struct redis_writer *w)
{
    struct redis_post *post;

    redis_link_stop(&w->link);
    writer_fail(w);
    while ((post = posts_take(&w->queue)) != NULL)
        free(post);
    while ((post = posts_take(&w->acknowledged)) != NULL)
        post_tell(post);
}

static int writer_add(struct redis_writer *w, const struct post *p, int64_t t_ns, struct receipt *r)
{
    struct redis_post *post;

    if (w->queue.count >= QUEUE_POSTS_MAX)
        return PL_EAWAY;
    post = malloc(sizeof *post + p->data_len + REDIS_POST_OVERHEAD_BYTES);
    if (post == NULL)
        return PL_ENOMEM;
    *post = (struct redis_post){.receipt = r};
    redis_post_args(post->args, post->text, p, t_ns, r == NULL ? w->feed : NULL,
                    r == NULL ? ++w->feed_n : 0);
    posts_add(&w->queue, post);
    writer_count(w);
    redis_writer_go(w);
    return PL_OK;
}

int redis_writer_submit(struct redis_writer *w, const struct post *p, int64_t t_ns,
                        struct receipt *r)
{
    int err = hub_admits(w->log->publisher->hub, p);

    if (err == 0)
        err = w->link.up && w->log->life[0] != '\0' ? writer_add(w, p, t_ns, r) : PL_EAWAY;
    if (err == PL_EAWAY)
        w->log->state.posts_refused++;
    return err;
}

int redis_writer_feed(struct redis_writer *w, const struct post *p, int64_t t_ns)
{
    int err = hub_admits(w->log->publisher->hub, p);

    if (err == 0)
        err = writer_add(w, p, t_ns, NULL);
    if (err == PL_EAWAY)
        w->log->state.feed_dropped++;
    return err;
}
