/* What is published can't say more than a post may: whatever JSON goes in, a post that scans has
 * data that is one JSON value and nothing else, and stands in an envelope that says just that.
 * What scans encodes to a text that scans to the same. */
#include <stdlib.h>
#include <string.h>

#include "lib/proto/envelope.h"
#include "lib/base/err.h"
#include "lib/base/json_line.h"
#include "lib/proto/post.h"

static bool same_post(const struct post *a, const struct post *b)
{
    return name_equal(a->channel, b->channel) && name_equal(a->key, b->key) &&
           name_equal(a->from, b->from) && a->from_n == b->from_n && a->from_t_ns == b->from_t_ns &&
           a->data_len == b->data_len && memcmp(a->data, b->data, a->data_len) == 0;
}

static void check_encoded(const struct post *p, size_t text_len)
{
    char *text = malloc(p->data_len + POST_OVERHEAD_BYTES + ENVELOPE_NAMES_BYTES);
    size_t len = post_encode(text, p);
    struct post again;

    if (len > text_len || post_scan(&again, text, len) < 0 || !same_post(p, &again))
        abort();
    free(text);
}

/* The update that it becomes: seq and t are the server's, and it is JSON. */
static void check_published(const struct post *p)
{
    struct envelope e = {.seq = 7,
                         .t_ns = 9,
                         .channel = p->channel,
                         .n = 5,
                         .key = p->key,
                         .from = p->from,
                         .from_n = p->from_n,
                         .from_t_ns = p->from_t_ns,
                         .data = p->data,
                         .data_len = p->data_len};
    char *text = malloc(e.data_len + ENVELOPE_OVERHEAD_BYTES + ENVELOPE_NAMES_BYTES);
    size_t len = envelope_encode(text, &e);
    struct envelope got;
    ssize_t line;

    if (envelope_scan(&got, text, len) < 0 || got.seq != 7 || got.t_ns != 9 || got.n != 5)
        abort();
    if (!name_equal(got.channel, p->channel) || !name_equal(got.key, p->key) ||
        !name_equal(got.from, p->from) || got.from_n != p->from_n ||
        got.from_t_ns != p->from_t_ns || got.data_len != p->data_len)
        abort();
    line = json_line_compact(text, text, len);
    if (line != (ssize_t)len && line != PL_ELIMIT) /* the envelope is one level more */
        abort();
    free(text);
}

static void check_post(const char *text, size_t len)
{
    struct post p;
    char *data;

    if (post_scan(&p, text, len) < 0)
        return;
    data = malloc(p.data_len);
    if (json_line_compact(data, p.data, p.data_len) != (ssize_t)p.data_len)
        abort();
    free(data);
    check_encoded(&p, len);
    check_published(&p);
}

static void check_list(const char *text, size_t len)
{
    const char *item;
    size_t at = 0;
    ssize_t n;

    while ((n = envelope_array_next(text, len, &at, &item)) > 0)
        check_post(item, (size_t)n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *line = malloc(len + !len);
    ssize_t n = json_line_compact(line, (const char *)data, len);
    struct post p;

    (void)!post_scan(&p, (const char *)data, len); /* not JSON: any answer, but nothing read past */
    if (n > 0 && post_form_of(line, (size_t)n) == POST_ONE)
        check_post(line, (size_t)n);
    if (n > 0 && post_form_of(line, (size_t)n) == POST_LIST)
        check_list(line, (size_t)n);
    free(line);
    return 0;
}
