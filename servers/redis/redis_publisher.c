#include "servers/redis/redis_publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hiredis/hiredis.h>

#include "servers/redis/redis_entry.h"
#include "servers/server.h"

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

static void publisher_count(struct redis_publisher *pub)
{
    pub->log->state.posts_waiting = pub->queue.count + pub->acknowledged.count;
}

static void post_tell(struct redis_post *post)
{
    if (post->receipt != NULL)
        post->receipt->tell(post->receipt, post->err, post->seq);
    free(post);
}

/* Those who wait can't be told what became of their posts. */
static void publisher_fail(struct redis_publisher *pub)
{
    struct redis_posts all = pub->queue, failed;
    struct redis_post *post;

    if (all.head == NULL)
        all.tail = &all.head;
    posts_init(&pub->queue);
    posts_init(&failed);
    pub->in_flight = 0;
    while ((post = posts_take(&all)) != NULL)
        posts_add(post->receipt != NULL ? &failed : &pub->queue, post);
    while ((post = posts_take(&failed)) != NULL) {
        post->err = PL_EAWAY;
        pub->log->state.posts_refused++;
        post_tell(post);
    }
    publisher_count(pub);
}

static uint64_t publisher_known_seq(const struct redis_publisher *pub)
{
    uint64_t here = pub->log->server->hub.published_seq, there = pub->log->state.newest_seq;

    return here > there ? here : there;
}

/* How many of those that wait go together. */
static int publisher_batch(const struct redis_publisher *pub)
{
    size_t bytes = 0;
    int n = 0;

    for (const struct redis_post *p = pub->queue.head; p != NULL && n < BATCH_POSTS; p = p->next) {
        bytes += p->args[REDIS_POST_ARGS - 1].len;
        if (n > 0 && bytes > BATCH_BYTES)
            break;
        n++;
    }
    return n;
}

static int publisher_send(struct redis_publisher *pub, int n)
{
    const struct redis_log *log = pub->log;
    const struct redis_post *post = pub->queue.head;
    char known[NUMBER_BYTES], keep[NUMBER_BYTES];
    struct redis_command c;
    int err = redis_command_begin(&c, log, redis_script_publish, 3 + n * REDIS_POST_ARGS);

    if (err < 0)
        return err;
    redis_command_add(&c, log->life, strlen(log->life));
    redis_command_add(&c, known,
                      (size_t)sprintf(known, "%llu", (unsigned long long)publisher_known_seq(pub)));
    redis_command_add(&c, keep,
                      (size_t)sprintf(keep, "%lld", (long long)log->server->options->log_history));
    for (int i = 0; i < n; i++, post = post->next) {
        for (int k = 0; k < REDIS_POST_ARGS; k++)
            redis_command_add(&c, post->args[k].text, post->args[k].len);
    }
    err = redis_link_send(&pub->link, c.argc, c.argv, c.bytes);
    redis_command_free(&c);
    return err;
}

void redis_publisher_go(struct redis_publisher *pub)
{
    int n;

    if (!pub->link.up || pub->link.waiting || pub->log->life[0] == '\0' || pub->log->lost)
        return;
    n = publisher_batch(pub);
    if (n == 0)
        return;
    pub->in_flight = n;
    if (publisher_send(pub, n) < 0)
        redis_link_drop(&pub->link, pl_strerror(PL_ENOMEM));
}

void redis_publisher_adopted(struct redis_publisher *pub)
{
    const struct redis_log *log = pub->log;

    while (pub->acknowledged.head != NULL &&
           (!log->state.connected || pub->acknowledged.head->seq <= log->server->hub.published_seq))
        post_tell(posts_take(&pub->acknowledged));
    publisher_count(pub);
}

/* answer: its seq; minus that of its sender's newest if it had come before. */
static void publisher_acknowledge(struct redis_publisher *pub, long long answer)
{
    struct redis_post *post = posts_take(&pub->queue);

    post->err = answer < 0 ? HUB_DUPLICATE : PL_OK;
    post->seq = (uint64_t)(answer < 0 ? -answer : answer);
    if (post->seq > pub->log->state.newest_seq)
        pub->log->state.newest_seq = post->seq;
    if (post->receipt != NULL && answer < 0)
        pub->log->server->hub.counts.duplicate_posts++;
    posts_add(&pub->acknowledged, post);
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

static void publisher_on_reply(void *arg, const struct redisReply *r)
{
    struct redis_publisher *pub = arg;
    int n = pub->in_flight;

    if (!answers_all(r, n)) {
        redis_link_drop(&pub->link, "an answer that is none");
        return;
    }
    pub->in_flight = 0;
    for (int i = 0; i < n; i++)
        publisher_acknowledge(pub, r->element[i]->integer);
    redis_publisher_go(pub);
    redis_publisher_adopted(pub);
}

/* Out of memory, read only, still loading: those behind it must not go before it. */
static void publisher_on_refused(void *arg, const char *why)
{
    struct redis_publisher *pub = arg;

    if (strncmp(why, "LOST ", 5) == 0)
        redis_log_lose(pub->log, redis_log_another);
    else
        redis_link_drop(&pub->link, why);
}

static void publisher_on_up(void *arg)
{
    redis_publisher_go(arg);
}

static void publisher_on_down(void *arg)
{
    struct redis_publisher *pub = arg;

    pub->log->state.errors++;
    publisher_fail(pub);
}

int redis_publisher_start(struct redis_publisher *pub, struct redis_log *log)
{
    static const struct redis_link_ops ops = {.up = publisher_on_up,
                                              .reply = publisher_on_reply,
                                              .refused = publisher_on_refused,
                                              .down = publisher_on_down};
    char life[REDIS_LIFE_CHARS + 1];

    *pub = (struct redis_publisher){.log = log};
    posts_init(&pub->queue);
    posts_init(&pub->acknowledged);
    redis_log_make_life(life);
    snprintf(pub->feed, sizeof pub->feed, "feed:%s", life);
    return redis_link_start(&pub->link, log->server->base, log->host, log->port, &ops, pub);
}

void redis_publisher_stop(struct redis_publisher *pub)
{
    struct redis_post *post;

    redis_link_stop(&pub->link);
    publisher_fail(pub);
    while ((post = posts_take(&pub->queue)) != NULL)
        free(post);
    while ((post = posts_take(&pub->acknowledged)) != NULL)
        post_tell(post);
}

static int publisher_add(struct redis_publisher *pub, const struct post *p, int64_t t_ns,
                         struct receipt *r)
{
    struct redis_post *post;

    if (pub->queue.count >= QUEUE_POSTS_MAX)
        return PL_EAWAY;
    post = malloc(sizeof *post + p->data_len + REDIS_POST_OVERHEAD_BYTES);
    if (post == NULL)
        return PL_ENOMEM;
    *post = (struct redis_post){.receipt = r};
    redis_post_args(post->args, post->text, p, t_ns, r == NULL ? pub->feed : NULL,
                    r == NULL ? ++pub->feed_n : 0);
    posts_add(&pub->queue, post);
    publisher_count(pub);
    redis_publisher_go(pub);
    return PL_OK;
}

int redis_publisher_submit(struct redis_publisher *pub, const struct post *p, int64_t t_ns,
                           struct receipt *r)
{
    int err = hub_admits(&pub->log->server->hub, p);

    if (err == 0)
        err = pub->link.up && pub->log->life[0] != '\0' ? publisher_add(pub, p, t_ns, r) : PL_EAWAY;
    if (err == PL_EAWAY)
        pub->log->state.posts_refused++;
    return err;
}

int redis_publisher_feed(struct redis_publisher *pub, const struct post *p, int64_t t_ns)
{
    int err = hub_admits(&pub->log->server->hub, p);

    if (err == 0)
        err = publisher_add(pub, p, t_ns, NULL);
    if (err == PL_EAWAY)
        pub->log->state.feed_dropped++;
    return err;
}
