#include "servers/redis/redis_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hiredis/hiredis.h>

#include "lib/base/visible.h"
#include "servers/redis/redis_entry.h"

enum { BATCH_POSTS = 128, BATCH_BYTES = 1 << 20, POSTS_WAITING_MAX = 65536 };

struct redis_post {
    STAILQ_ENTRY(redis_post) next;
    struct receipt *receipt; /* NULL: the server's own */
    uint64_t seq;            /* once it is acknowledged */
    int err;
    struct redis_text args[REDIS_POST_ARGS];
    char text[];
};

/* The first; NULL: there is none. */
static struct redis_post *posts_take(struct redis_posts *l)
{
    struct redis_post *post = STAILQ_FIRST(l);

    if (post != NULL)
        STAILQ_REMOVE_HEAD(l, next);
    return post;
}

static void writer_tell(struct redis_writer *w, struct redis_post *post)
{
    w->log->state.posts_waiting--;
    if (post->receipt != NULL)
        post->receipt->tell(post->receipt, post->err, post->seq);
    free(post);
}

/* Clients that wait can't be told what became of their posts. */
static void writer_on_down(void *arg)
{
    struct redis_writer *w = arg;
    struct redis_posts failed = STAILQ_HEAD_INITIALIZER(failed),
                       kept = STAILQ_HEAD_INITIALIZER(kept);
    struct redis_post *post;

    w->in_flight = 0;
    while ((post = posts_take(&w->queue)) != NULL) {
        if (post->receipt != NULL)
            STAILQ_INSERT_TAIL(&failed, post, next);
        else
            STAILQ_INSERT_TAIL(&kept, post, next);
    }
    STAILQ_CONCAT(&w->queue, &kept);
    while ((post = posts_take(&failed)) != NULL) {
        post->err = PL_EAWAY;
        w->log->state.posts_refused++;
        writer_tell(w, post);
    }
}

/* How many of those that wait go together. */
static int writer_batch(const struct redis_writer *w)
{
    const struct redis_post *p;
    size_t bytes = 0;
    int n = 0;

    STAILQ_FOREACH (p, &w->queue, next) {
        bytes += p->args[REDIS_POST_ARGS - 1].len;
        if (n == BATCH_POSTS || (n > 0 && bytes > BATCH_BYTES))
            break;
        n++;
    }
    return n;
}

void redis_writer_go(struct redis_writer *w)
{
    const struct redis_post *post = STAILQ_FIRST(&w->queue);
    struct redis_command c;

    if (!w->link.up || w->link.waiting || w->log->life[0] == '\0' || w->log->lost || post == NULL)
        return;
    w->in_flight = writer_batch(w);
    redis_log_eval(&c, w->log, redis_script_publish);
    redis_command_add_number(&c, "", w->log->state.newest_seq);
    redis_command_add_number(&c, "", w->log->keep);
    for (int i = 0; i < w->in_flight; i++, post = STAILQ_NEXT(post, next)) {
        for (int k = 0; k < REDIS_POST_ARGS; k++)
            redis_command_add(&c, post->args[k].text, post->args[k].len);
    }
    redis_link_send(&w->link, &c);
}

void redis_writer_adopted(struct redis_writer *w)
{
    const struct redis_log *log = w->log;

    while (!STAILQ_EMPTY(&w->acknowledged) &&
           (!log->state.connected || STAILQ_FIRST(&w->acknowledged)->seq <= redis_log_here(log)))
        writer_tell(w, posts_take(&w->acknowledged));
}

/* answer: its seq; minus that of its sender's newest if it had come before. */
static void writer_acknowledge(struct redis_writer *w, long long answer)
{
    struct redis_post *post = posts_take(&w->queue);

    post->err = answer < 0 ? HUB_DUPLICATE : PL_OK;
    post->seq = (uint64_t)(answer < 0 ? -answer : answer);
    redis_log_reaches(w->log, post->seq);
    if (post->receipt != NULL && answer < 0)
        w->log->publisher->hub->counts.duplicate_posts++;
    STAILQ_INSERT_TAIL(&w->acknowledged, post, next);
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

/* It can be read but takes no posts: memory is full (OOM), it is a replica (READONLY) or has too
 * few (NOREPLICAS), its disk failed (MISCONF). Said once, until it takes some again. */
static void writer_on_refused(void *arg, const char *why)
{
    struct redis_writer *w = arg;
    char *refusal = w->log->state.refusal;

    if (refusal[0] != '\0')
        return;
    snprintf(refusal, sizeof w->log->state.refusal, "%s", why);
    visible_make(refusal);
    fprintf(stderr, "pushlab-server: --source %s takes no posts: %s\n", w->log->name, refusal);
}

static void writer_on_reply(void *arg, const struct redisReply *r)
{
    struct redis_writer *w = arg;
    int n = w->in_flight;

    if (!answers_all(r, n)) {
        redis_link_drop(&w->link, "unexpected reply");
        return;
    }
    if (w->log->state.refusal[0] != '\0')
        fprintf(stderr, "pushlab-server: --source %s takes posts again\n", w->log->name);
    w->log->state.refusal[0] = '\0';
    w->in_flight = 0;
    for (int i = 0; i < n; i++)
        writer_acknowledge(w, r->element[i]->integer);
    redis_writer_go(w);
    redis_writer_adopted(w);
}

static void writer_on_up(void *arg)
{
    redis_writer_go(arg);
}

int redis_writer_start(struct redis_writer *w, struct redis_log *log)
{
    static const struct redis_link_ops ops = {.up = writer_on_up,
                                              .reply = writer_on_reply,
                                              .refused = writer_on_refused,
                                              .down = writer_on_down};
    char life[REDIS_LIFE_CHARS + 1];

    *w = (struct redis_writer){.log = log};
    STAILQ_INIT(&w->queue);
    STAILQ_INIT(&w->acknowledged);
    redis_log_make_life(life);
    snprintf(w->feed, sizeof w->feed, "feed:%s", life);
    return redis_link_start(&w->link, log, &ops, w);
}

void redis_writer_stop(struct redis_writer *w)
{
    struct redis_post *post;

    redis_link_stop(&w->link);
    writer_on_down(w);
    STAILQ_CONCAT(&w->acknowledged, &w->queue); /* the server's own: they have no receipt */
    while ((post = posts_take(&w->acknowledged)) != NULL)
        writer_tell(w, post);
}

static int writer_add(struct redis_writer *w, const struct post *p, int64_t t_ns, struct receipt *r)
{
    struct redis_post *post;

    if (w->log->state.posts_waiting >= POSTS_WAITING_MAX)
        return PL_EAWAY;
    post = malloc(sizeof *post + p->data_len + REDIS_POST_OVERHEAD_BYTES);
    if (post == NULL)
        return PL_ENOMEM;
    *post = (struct redis_post){.receipt = r};
    redis_post_args(post->args, post->text, p, t_ns, r == NULL ? w->feed : NULL,
                    r == NULL ? ++w->feed_n : 0);
    STAILQ_INSERT_TAIL(&w->queue, post, next);
    w->log->state.posts_waiting++;
    redis_writer_go(w);
    return PL_OK;
}

int redis_writer_submit(struct redis_writer *w, const struct post *p, int64_t t_ns,
                        struct receipt *r)
{
    bool reached = w->link.up && w->log->life[0] != '\0';
    int err = hub_admits(w->log->publisher->hub, p);

    if (err == 0)
        err = r == NULL || reached ? writer_add(w, p, t_ns, r) : PL_EAWAY;
    if (err == PL_EAWAY && r != NULL)
        w->log->state.posts_refused++;
    else if (err == PL_EAWAY)
        w->log->state.feed_dropped++;
    return err;
}
