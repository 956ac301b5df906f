/* Whatever lies in Redis, what is accepted can be published: it stands in an envelope that says
 * just that, on one line. Input: texts with a zero byte between them: an entry's id and its fields,
 * or a field of KEY:latest and its value. */
#include <stdlib.h>
#include <string.h>

#include "lib/proto/envelope.h"
#include "lib/base/json_line.h"
#include "servers/redis/redis_entry.h"

enum { TEXTS_MAX = 20 };

static void check_published(const struct redis_entry *r)
{
    struct envelope got, e = {.seq = r->as.seq,
                              .t_ns = r->as.t_ns,
                              .channel = r->post.channel,
                              .n = r->as.n,
                              .key = r->post.key,
                              .from = r->post.from,
                              .from_n = r->post.from_n,
                              .from_t_ns = r->post.from_t_ns,
                              .data = r->post.data,
                              .data_len = r->post.data_len};
    char *text = malloc(e.data_len + ENVELOPE_OVERHEAD_BYTES + ENVELOPE_NAMES_BYTES);
    size_t len = envelope_encode(text, &e);

    if (memchr(text, '\n', len) != NULL || envelope_scan(&got, text, len) < 0)
        abort();
    if (got.seq != e.seq || got.t_ns != e.t_ns || got.n != e.n || got.from_n != e.from_n ||
        got.from_t_ns != e.from_t_ns || !name_equal(got.channel, e.channel) ||
        !name_equal(got.key, e.key) || !name_equal(got.from, e.from) ||
        got.data_len != e.data_len || memcmp(got.data, e.data, e.data_len) != 0)
        abort();
    if (json_line_compact(text, e.data, e.data_len) != (ssize_t)e.data_len)
        abort();
    free(text);
}

/* Sent on, it says what it said. */
static void check_args(const struct redis_entry *e)
{
    char *text = malloc(e->post.data_len + REDIS_POST_OVERHEAD_BYTES);
    struct redis_text args[REDIS_POST_ARGS];

    redis_post_args(args, text, &e->post, e->as.t_ns, "feed:x", 1);
    if (args[0].len != e->post.channel.len || args[8].len != e->post.data_len)
        abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct redis_text texts[TEXTS_MAX];
    struct redis_entry e;
    size_t n = 0, at = 0;

    while (at <= len && n < TEXTS_MAX) {
        const uint8_t *zero = at < len ? memchr(data + at, 0, len - at) : NULL;
        size_t size = zero != NULL ? (size_t)(zero - (data + at)) : len - at;

        texts[n].text = malloc(size + !size);
        if (size > 0)
            memcpy(texts[n].text, data + at, size);
        texts[n++].len = size;
        at += size + 1;
    }
    if (n > 0 && redis_entry_read(&e, texts[0], texts + 1, n - 1) == 0) {
        check_published(&e);
        check_args(&e);
    }
    if (n == 2 && redis_entry_read_latest(&e, texts[0], texts[1]) == 0)
        check_published(&e);
    for (size_t i = 0; i < n; i++)
        free(texts[i].text);
    return 0;
}
