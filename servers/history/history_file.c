#include "servers/history/history_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <event2/event_struct.h>

#include "lib/base/clock.h"
#include "lib/base/fields.h"
#include "lib/base/file_put.h"
#include "lib/proto/cursor.h"
#include "lib/proto/envelope.h"
#include "servers/history/history_line.h"

enum { VERSION = 1, BOOT_CHARS = 36, FILE_MAX_BYTES = 1 << 30, COMPACT_MIN_BYTES = 1 << 20 };

#define HEAD_TEXT "pushlab-history"

const char *const history_sync_words[] = {"always", "second", "never", NULL};

struct history_file {
    struct hub_journal journal; /* first */
    const char *path;
    struct hub *hub;
    int fd, sync;
    uint64_t compact_at; /* bytes at which it is rewritten */
    int64_t newest_ns;
    bool unsynced, complained;
    char boot[BOOT_CHARS + 1];
    struct buf line; /* for one line; empty between uses */
    struct event timer;
};

/* ---- this boot ---- */

/* "": not known, and so never the same. */
static void read_boot(char boot[BOOT_CHARS + 1])
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, boot, BOOT_CHARS);

    boot[n > 0 ? n : 0] = '\0';
    if (fd >= 0)
        close(fd);
}

/* ---- writing ---- */

static void complain(struct history_file *f, const char *what)
{
    if (!f->complained)
        fprintf(stderr,
                "pushlab-server: --history-file %s: %s: %s; what can't be kept is not "
                "published\n",
                f->path, what, strerror(errno));
    f->complained = true;
}

static int write_line(struct history_file *f)
{
    int err = file_put_all(f->fd, f->line.data, f->line.len);

    if (err == PL_OK && f->sync == HISTORY_SYNC_ALWAYS && fdatasync(f->fd) < 0)
        err = PL_ESYS;
    if (err == PL_OK) {
        f->journal.bytes += f->line.len;
        f->unsynced = true;
        f->complained = false;
        return PL_OK;
    }
    f->journal.refused++;
    complain(f, "write");
    if (ftruncate(f->fd, (off_t)f->journal.bytes) < 0) /* what was written in part */
        complain(f, "truncate");
    return PL_EAWAY;
}

/* ---- rewriting ---- */

static int add_text(struct buf *out, char type, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int add_text(struct buf *out, char type, const char *fmt, ...)
{
    char text[3 * NAME_MAX_BYTES];
    va_list ap;
    int len;

    va_start(ap, fmt);
    len = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return history_line_put(out, type, text, (size_t)len);
}

static int add_head(struct buf *out, const struct history_file *f)
{
    return add_text(out, HISTORY_HEAD, HEAD_TEXT " %d %s %s", VERSION, f->hub->epoch,
                    f->boot[0] != '\0' ? f->boot : "-");
}

static int add_senders(struct buf *out, const struct channel *c)
{
    const struct name *channel = &c->node.name;
    int err = PL_OK;

    for (size_t i = 0; i < c->senders.nbuckets; i++)
        for (const struct name_node *n = c->senders.buckets[i]; n != NULL; n = n->next) {
            const struct sender *s = (const struct sender *)n;

            if (s->newest_n > 0 && err == PL_OK)
                err = add_text(out, HISTORY_SENDER, "%" PRIu64 " %" PRIu64 " %.*s =%.*s",
                               s->newest_n, s->seq, (int)n->name.len, n->name.text,
                               (int)channel->len, channel->text);
        }
    return err;
}

/* What a channel remembers besides its ring. */
static int add_channel(struct buf *out, const struct channel *c)
{
    const struct name *name = &c->node.name;
    const struct latest_key *key = latest_after(&c->latest, 0);
    int err = PL_OK;

    if (channel_oldest_n(c) > 1)
        err = add_text(out, HISTORY_CHANNEL, "%" PRIu64 " %" PRIu64 " =%.*s",
                       channel_oldest_n(c) - 1, c->evicted_seq, (int)name->len, name->text);
    for (; err == PL_OK && key != NULL && key->newest->seq <= c->evicted_seq;
         key = TAILQ_NEXT(key, by_age))
        err =
            history_line_put(out, HISTORY_LATEST, key->newest->json->data, key->newest->json->len);
    return err < 0 ? err : add_senders(out, c);
}

static int by_seq(const void *a, const void *b)
{
    uint64_t x = (*(struct update *const *)a)->seq, y = (*(struct update *const *)b)->seq;

    return (x > y) - (x < y);
}

/* The rings of all channels, in the order of seq. */
static int add_updates(struct buf *out, const struct hub *h)
{
    struct buf all = {0};
    struct update **updates;
    const struct channel *c;
    int err = PL_OK;

    TAILQ_FOREACH (c, &h->channels.list, entry)
        for (uint64_t n = channel_oldest_n(c); n <= c->published_n && err == PL_OK; n++) {
            struct update *u = channel_get(c, n);

            err = buf_add(&all, &u, sizeof u);
        }
    updates = (struct update **)(void *)all.data;
    if (err == PL_OK && all.len > 0)
        qsort(updates, all.len / sizeof *updates, sizeof *updates, by_seq);
    for (size_t i = 0; err == PL_OK && i < all.len / sizeof *updates; i++)
        err = history_line_put(out, HISTORY_UPDATE, updates[i]->json->data, updates[i]->json->len);
    buf_free(&all);
    return err;
}

static int add_all(struct buf *out, const struct history_file *f)
{
    const struct hub *h = f->hub;
    const struct channel *c;
    int err = add_head(out, f);

    if (err == PL_OK && h->evicted_seq > 0)
        err = add_text(out, HISTORY_BEGIN, "%" PRIu64, h->evicted_seq);
    TAILQ_FOREACH (c, &h->channels.list, entry)
        err = err < 0 ? err : add_channel(out, c);
    return err < 0 ? err : add_updates(out, h);
}

/* Locked under its new name before it gets its own, so that no other server can take it. */
static int put_new(struct history_file *f, const struct buf *all)
{
    char path[PATH_MAX];
    int fd = -1, rc = PL_ESYS;

    if (snprintf(path, sizeof path, "%s.new", f->path) < (int)sizeof path) {
        unlink(path);
        fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    if (fd < 0)
        return PL_ESYS;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && file_put_all(fd, all->data, all->len) == PL_OK &&
        (f->sync == HISTORY_SYNC_NEVER || fsync(fd) == 0) && rename(path, f->path) == 0)
        rc = PL_OK;
    if (rc < 0) {
        unlink(path);
        close(fd);
        return rc;
    }
    if (f->fd >= 0)
        close(f->fd);
    f->fd = fd;
    f->journal.bytes = all->len;
    return PL_OK;
}

static int rewrite(struct history_file *f)
{
    struct buf all = {0};
    int err = add_all(&all, f);

    if (err == PL_OK)
        err = put_new(f, &all);
    buf_free(&all);
    f->compact_at =
        2 * f->journal.bytes > COMPACT_MIN_BYTES ? 2 * f->journal.bytes : COMPACT_MIN_BYTES;
    return err;
}

/* A file that can't be rewritten just grows on; it is tried again when it is twice as long. */
static int append(struct hub_journal *j, const struct update *u)
{
    struct history_file *f = (struct history_file *)j;
    int err;

    if (f->journal.bytes >= f->compact_at && rewrite(f) < 0)
        complain(f, "rewrite");
    f->line.len = 0;
    err = history_line_put(&f->line, HISTORY_UPDATE, u->json->data, u->json->len);
    return err < 0 ? err : write_line(f);
}

/* ---- reading ---- */

struct replay {
    struct history_file *f;
    int64_t now_ns;
    bool same_boot, ended; /* the last line says that nothing is missing */
    bool any;              /* updates */
};

static int replay_head(struct replay *r, const struct history_line *l)
{
    char text[128], epoch[16], boot[BOOT_CHARS + 2];
    int version;

    snprintf(text, sizeof text, "%.*s", (int)l->len, l->content);
    if (sscanf(text, HEAD_TEXT " %d %15s %37s", &version, epoch, boot) != 3 ||
        !epoch_valid(epoch, strlen(epoch)))
        return PL_EPROTO;
    if (version != VERSION)
        return PL_EINVAL;
    memcpy(r->f->hub->epoch, epoch, EPOCH_CHARS + 1);
    r->same_boot = r->f->boot[0] != '\0' && strcmp(boot, r->f->boot) == 0;
    return PL_OK;
}

/* "A B =NAME" or "A B FROM =NAME"; from NULL: there is none. */
static bool read_place(const struct history_line *l, uint64_t *a, uint64_t *b, struct name *from,
                       struct name *name)
{
    const char *end = l->content + l->len, *space;
    const char *at = field_skip(field_u64(l->content, end, a, UINT64_MAX), end, FIELD_KEY(" "));

    at = field_skip(field_u64(at, end, b, UINT64_MAX), end, FIELD_KEY(" "));
    if (at != NULL && from != NULL) {
        space = memchr(at, ' ', (size_t)(end - at));
        if (space == NULL || !name_valid(at, (size_t)(space - at)))
            return false;
        *from = (struct name){at, (size_t)(space - at)};
        at = space + 1;
    }
    at = field_skip(at, end, FIELD_KEY("="));
    if (at == NULL || (at < end && !name_valid(at, (size_t)(end - at))))
        return false;
    *name = (struct name){at, (size_t)(end - at)};
    return true;
}

/* Times of another boot are of another clock, and no reader may see one that is to come. */
static int replay_update(struct replay *r, const struct history_line *l)
{
    struct hub *h = r->f->hub;
    struct envelope e;
    struct post p;
    struct hub_number as;

    if (envelope_scan(&e, l->content, l->len) < 0)
        return PL_EPROTO;
    p = (struct post){.channel = e.channel,
                      .key = e.key,
                      .from = e.from,
                      .from_n = e.from_n,
                      .from_t_ns = e.from_t_ns,
                      .data = e.data,
                      .data_len = e.data_len};
    as = (struct hub_number){e.seq, e.n, r->same_boot && e.t_ns < r->now_ns ? e.t_ns : r->now_ns};
    if (l->type == HISTORY_LATEST)
        return hub_restore_latest(h, &p, &as);
    r->any = true;
    if (r->same_boot && e.t_ns > r->f->newest_ns)
        r->f->newest_ns = e.t_ns;
    return hub_restore(h, &p, &as);
}

static int replay_line(struct replay *r, const struct history_line *l)
{
    struct hub *h = r->f->hub;
    struct name name, from;
    uint64_t a, b;

    r->ended = l->type == HISTORY_END;
    switch ((enum history_type)l->type) {
    case HISTORY_HEAD:
        return replay_head(r, l);
    case HISTORY_BEGIN:
        if (field_u64(l->content, l->content + l->len, &a, UINT64_MAX) != l->content + l->len)
            return PL_EPROTO;
        h->evicted_seq = a; /* rings of other channels may go back further */
        return PL_OK;
    case HISTORY_CHANNEL:
        return read_place(l, &a, &b, NULL, &name) ? hub_restore_ring(h, name, a, b) : PL_EPROTO;
    case HISTORY_SENDER:
        return read_place(l, &a, &b, &from, &name) ? hub_restore_sender(h, name, from, a, b)
                                                   : PL_EPROTO;
    case HISTORY_LATEST:
    case HISTORY_UPDATE:
        return replay_update(r, l);
    case HISTORY_END:
        return PL_OK;
    }
    return PL_EPROTO;
}

/* Returns how many bytes were understood, or negative. */
static ssize_t replay(struct replay *r, const char *text, size_t len)
{
    struct history_line line;
    size_t at = 0;

    while (at < len) {
        ssize_t n = history_line_read(&line, text + at, len - at);
        int err = n < 0 ? (int)n : replay_line(r, &line);

        if (err == PL_ENOMEM || err == PL_EINVAL || (err < 0 && at == 0))
            return err;
        if (err < 0)
            break;
        at += (size_t)n;
    }
    return (ssize_t)at;
}

/* In another epoch clients are told that something may be missing. */
static int begin_epoch(struct hub *h)
{
    uint64_t bits;

    if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits)
        return PL_ESYS;
    epoch_of_bits(h->epoch, bits);
    return PL_OK;
}

/* What follows the first line that is not whole can't be trusted. Where that is the last line, a
 * write was cut short, and nobody has seen that update. */
static bool is_tail(const char *text, size_t len)
{
    const char *newline = memchr(text, '\n', len);

    return newline == NULL || newline + 1 == text + len;
}

static int settle(struct replay *r, const char *text, size_t len, size_t good)
{
    struct history_file *f = r->f;
    bool torn = good < len, whole = !torn || is_tail(text + good, len - good);

    if (torn)
        fprintf(stderr,
                "pushlab-server: --history-file %s: the last %zu bytes are not whole, and were "
                "cut off\n",
                f->path, len - good);
    if (r->any && (!whole || (!r->same_boot && !r->ended && f->sync != HISTORY_SYNC_ALWAYS))) {
        fprintf(stderr,
                "pushlab-server: --history-file %s: updates may be missing: clients are told that "
                "the server was restarted\n",
                f->path);
        return begin_epoch(f->hub);
    }
    return PL_OK;
}

static int refuse(struct err_text *e, const char *path, int rc)
{
    const char *why = rc == PL_ESYS     ? strerror(errno)
                      : rc == PL_EPROTO ? "this is no history file"
                      : rc == PL_EINVAL ? "it was written by a newer pushlab-server"
                                        : pl_strerror(rc);

    return err_set(e, rc == PL_EPROTO ? PL_EINVAL : rc, "--history-file: %.200s: %s", path, why);
}

static int read_all(struct buf *text, int fd)
{
    struct stat st;
    ssize_t n = 1;

    if (fstat(fd, &st) < 0)
        return PL_ESYS;
    if (!S_ISREG(st.st_mode))
        return PL_EPROTO;
    if (st.st_size > FILE_MAX_BYTES)
        return PL_ELIMIT;
    if (buf_reserve(text, (size_t)st.st_size + 1) < 0)
        return PL_ENOMEM;
    while (n > 0 && text->len < (size_t)st.st_size) {
        n = read(fd, text->data + text->len, (size_t)st.st_size - text->len);
        if (n > 0)
            text->len += (size_t)n;
    }
    return n < 0 ? PL_ESYS : PL_OK;
}

/* Read what there is, and write it anew: bounded, without what was cut off, under this boot. */
static int restore(struct history_file *f)
{
    struct replay r = {.f = f, .now_ns = clock_now_ns(), .same_boot = true};
    int64_t delay_ns = f->hub->delay_ns;
    struct buf text = {0};
    ssize_t good = 0;
    int rc = read_all(&text, f->fd);

    f->hub->delay_ns = 0; /* what was published before is visible */
    if (rc == PL_OK && text.len > 0)
        good = replay(&r, (const char *)text.data, text.len);
    rc = rc < 0 ? rc : good < 0 ? (int)good : PL_OK;
    if (rc == PL_OK)
        rc = settle(&r, (const char *)text.data, text.len, (size_t)good);
    f->hub->delay_ns = delay_ns;
    buf_free(&text);
    return rc < 0 ? rc : rewrite(f);
}

int history_file_open(struct history_file **out, const char *path, int sync, struct hub *h,
                      struct err_text *e)
{
    struct history_file *f = calloc(1, sizeof *f);
    int rc;

    *out = f;
    if (f == NULL)
        return refuse(e, path, PL_ENOMEM);
    *f = (struct history_file){
        .journal.append = append, .path = path, .hub = h, .sync = sync, .fd = -1};
    read_boot(f->boot);
    f->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (f->fd < 0)
        return refuse(e, path, PL_ESYS);
    if (flock(f->fd, LOCK_EX | LOCK_NB) < 0)
        return err_set(e, PL_EINVAL, "--history-file: %.200s: %s", path,
                       errno == EWOULDBLOCK ? "another server uses it" : strerror(errno));
    rc = restore(f);
    if (rc < 0)
        return refuse(e, path, rc);
    h->journal = &f->journal;
    return PL_OK;
}

/* ---- life ---- */

static void on_second(evutil_socket_t fd, short what, void *arg)
{
    struct history_file *f = arg;

    (void)fd;
    (void)what;
    if (f->unsynced && fdatasync(f->fd) < 0)
        complain(f, "sync");
    f->unsynced = false;
}

int history_file_start(struct history_file *f, struct event_base *base)
{
    const struct timeval second = {1, 0};

    if (f->sync != HISTORY_SYNC_SECOND)
        return PL_OK;
    if (event_assign(&f->timer, base, -1, EV_PERSIST, on_second, f) < 0 ||
        event_add(&f->timer, &second) < 0)
        return PL_ENOMEM;
    return PL_OK;
}

int64_t history_file_newest_ns(const struct history_file *f)
{
    return f->newest_ns;
}

void history_file_close(struct history_file *f)
{
    if (f == NULL)
        return;
    if (event_initialized(&f->timer))
        event_del(&f->timer);
    f->line.len = 0;
    if (f->hub->journal == &f->journal) {
        f->hub->journal = NULL;
        if (history_line_put(&f->line, HISTORY_END, "", 0) == PL_OK && write_line(f) == PL_OK &&
            f->sync != HISTORY_SYNC_NEVER && fsync(f->fd) < 0)
            complain(f, "sync");
    }
    if (f->fd >= 0)
        close(f->fd);
    buf_free(&f->line);
    free(f);
}
