#include "servers/http/intake.h"

#include <stdlib.h>

#include "lib/base/json_line.h"
#include "servers/http/peer.h"

/* What came with one request or message, until all its posts are published or refused. */
struct intake {
    struct receipt receipt; /* first; of each of its posts */
    struct peer_hook hook;
    struct peer *peer; /* NULL: it has ended */
    intake_done *done;
    struct intake_result result;
    uint64_t waiting; /* posts not settled yet, and one more while they are read */
    int err;          /* of the first that failed */
};

static void intake_on_end(struct peer *p, struct peer_hook *hook)
{
    struct intake *in = (struct intake *)((char *)hook - offsetof(struct intake, hook));

    (void)p;
    in->peer = NULL;
}

static void intake_settle(struct intake *in, int err)
{
    if (err < 0 && in->err == 0)
        in->err = err;
    if (--in->waiting > 0)
        return;
    if (in->peer != NULL) {
        peer_hook_remove(&in->hook);
        in->done(in->peer, in->err, &in->result);
    }
    free(in);
}

static void intake_on_receipt(struct receipt *receipt, int err, uint64_t seq)
{
    struct intake *in = (struct intake *)receipt;

    if (err >= 0)
        in->result.seq = seq;
    in->result.published += err == 0;
    in->result.duplicates += err > 0;
    intake_settle(in, err);
}

static int publish_post(struct intake *in, const struct post *post)
{
    int err;

    in->waiting++;
    err = publisher_submit(peer_context(in->peer)->publisher, post, &in->receipt);
    if (err < 0)
        in->waiting--;
    return err;
}

static int publish_one(struct intake *in, const char *text, size_t len)
{
    struct post post;

    return post_scan(&post, text, len) < 0 ? PL_EINVAL : publish_post(in, &post);
}

/* Are all of them posts? */
static bool list_is_sound(const char *text, size_t len)
{
    const char *item;
    struct post post;
    size_t at = 0;
    ssize_t n;

    while ((n = envelope_array_next(text, len, &at, &item)) > 0) {
        if (post_scan(&post, item, (size_t)n) < 0)
            return false;
    }
    return n == 0;
}

static int publish_list(struct intake *in, const char *text, size_t len)
{
    const char *item;
    size_t at = 0;
    ssize_t n;
    int err = list_is_sound(text, len) ? PL_OK : PL_EINVAL;

    in->result.list = true;
    while (err == 0 && (n = envelope_array_next(text, len, &at, &item)) > 0)
        err = publish_one(in, item, (size_t)n);
    return err;
}

static int intake_read(struct intake *in, char *text, size_t len, const struct intake_place *place)
{
    bool placed = place != NULL && (place->channel.len > 0 || place->key.len > 0);
    ssize_t line = json_line_compact(text, text, len);
    struct post plain = {.data = text};
    enum post_form form;

    in->result.too_deep = line == PL_ELIMIT;
    if (line < 0)
        return line == PL_EUTF8 ? PL_EUTF8 : PL_EPROTO;
    form = post_form_of(text, (size_t)line);
    if (form != POST_PLAIN && placed)
        return PL_EINVAL;
    if (form == POST_ONE)
        return publish_one(in, text, (size_t)line);
    if (form == POST_LIST)
        return publish_list(in, text, (size_t)line);
    plain.data_len = (size_t)line;
    if (placed) {
        plain.channel = place->channel;
        plain.key = place->key;
    }
    return publish_post(in, &plain);
}

void intake_publish(struct peer *p, char *text, size_t len, const struct intake_place *place,
                    intake_done *done)
{
    struct intake *in = calloc(1, sizeof *in);

    if (in == NULL) {
        done(p, PL_ENOMEM, &(struct intake_result){0});
        return;
    }
    in->receipt.tell = intake_on_receipt;
    in->peer = p;
    in->done = done;
    in->hook.ended = intake_on_end;
    peer_hook_add(p, &in->hook);
    in->waiting = 1;
    intake_settle(in, intake_read(in, text, len, place));
}
