#include "intake.h"

#include "json_line.h"
#include "server.h"

static int publish_post(struct server *s, const struct post *post, struct intake_result *out)
{
    uint64_t seq;
    int err = server_publish_post(s, post, &seq);

    if (err < 0)
        return err;
    out->seq = seq;
    out->published += err == 0;
    out->duplicates += err != 0;
    return LAB_OK;
}

static int publish_one(struct server *s, const char *text, size_t len, struct intake_result *out)
{
    struct post post;

    return post_scan(&post, text, len) < 0 ? LAB_EINVAL : publish_post(s, &post, out);
}

/* Are they posts, all of them? */
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

static int publish_list(struct server *s, const char *text, size_t len, struct intake_result *out)
{
    const char *item;
    size_t at = 0;
    ssize_t n;
    int err = list_is_sound(text, len) ? LAB_OK : LAB_EINVAL;

    out->list = true;
    while (err == 0 && (n = envelope_array_next(text, len, &at, &item)) > 0)
        err = publish_one(s, item, (size_t)n, out);
    return err;
}

int intake_publish(struct server *s, char *text, size_t len, const struct intake_place *place,
                   struct intake_result *out)
{
    bool placed = place != NULL && (place->channel.len > 0 || place->key.len > 0);
    ssize_t line = json_line_compact(text, text, len);
    struct post plain = {.data = text};
    enum post_form form;

    *out = (struct intake_result){0};
    if (line < 0)
        return line == LAB_EUTF8 ? LAB_EUTF8 : LAB_EPROTO;
    form = post_form_of(text, (size_t)line);
    if (form != POST_PLAIN && placed)
        return LAB_EINVAL;
    if (form == POST_ONE)
        return publish_one(s, text, (size_t)line, out);
    if (form == POST_LIST)
        return publish_list(s, text, (size_t)line, out);
    plain.data_len = (size_t)line;
    if (placed) {
        plain.channel = place->channel;
        plain.key = place->key;
    }
    return publish_post(s, &plain, out);
}
