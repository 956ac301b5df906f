/* Playing a model (servers/model/model.h) in tests. */
#pragma once

#include <check.h>
#include <stdint.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "servers/model/model.h"

/* One post, with its data read as JSON. */
struct played {
    int64_t at_ns;
    struct post post;
    cJSON *data;
};

/* The next post; the caller's, to be given to played_free(). */
static inline struct played model_play(struct model *m)
{
    struct played p = {.at_ns = m->due_ns};

    m->next(m, &p.post);
    ck_assert_int_ge(m->due_ns, p.at_ns);
    p.data = cJSON_ParseWithLengthOpts(p.post.data, p.post.data_len, NULL, false);
    ck_assert_msg(cJSON_IsObject(p.data), "%.*s", (int)p.post.data_len, p.post.data);
    return p;
}

static inline void played_free(struct played *p)
{
    cJSON_Delete(p->data);
}

static inline bool played_in(const struct played *p, const char *channel)
{
    return name_equal(p->post.channel, (struct name){channel, strlen(channel)});
}

static inline double played_number(const struct played *p, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(p->data, name);

    ck_assert_msg(cJSON_IsNumber(value), "no number %s in %.*s", name, (int)p->post.data_len,
                  p->post.data);
    return value->valuedouble;
}

static inline const char *played_text(const struct played *p, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(p->data, name);

    ck_assert_msg(cJSON_IsString(value), "no text %s in %.*s", name, (int)p->post.data_len,
                  p->post.data);
    return value->valuestring;
}

/* Whether two models say the same things at the same times, n posts long. Frees both. */
static inline bool models_agree(struct model *a, struct model *b, int n)
{
    bool same = true;

    for (int i = 0; i < n && same; i++) {
        struct post p, q;

        same = a->due_ns == b->due_ns;
        a->next(a, &p);
        b->next(b, &q);
        same = same && name_equal(p.channel, q.channel) && name_equal(p.key, q.key) &&
               p.data_len == q.data_len && memcmp(p.data, q.data, p.data_len) == 0;
    }
    model_free(a);
    model_free(b);
    return same;
}
