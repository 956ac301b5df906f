/* What is scanned encodes to a text, never a longer one, that scans to the same and encodes to
 * itself; what is walked lies in the body, in order. */
#include <stdlib.h>
#include <string.h>

#include "lib/proto/envelope.h"

static bool same_envelope(const struct envelope *a, const struct envelope *b)
{
    return a->seq == b->seq && a->t_ns == b->t_ns && a->n == b->n &&
           name_equal(a->channel, b->channel) && name_equal(a->key, b->key) &&
           name_equal(a->from, b->from) && a->from_n == b->from_n && a->from_t_ns == b->from_t_ns &&
           a->data_len == b->data_len && memcmp(a->data, b->data, a->data_len) == 0;
}

/* The text itself may be longer by what has no value and is left out: "n" where it is seq, 0. */
static void check_scan(const char *text, size_t len)
{
    struct envelope e, again;
    char *first, *second;
    size_t first_len;

    if (envelope_scan(&e, text, len) < 0)
        return;
    first = malloc(e.data_len + ENVELOPE_OVERHEAD_BYTES + ENVELOPE_NAMES_BYTES);
    second = malloc(e.data_len + ENVELOPE_OVERHEAD_BYTES + ENVELOPE_NAMES_BYTES);
    first_len = envelope_encode(first, &e);
    if (first_len > len || envelope_scan(&again, first, first_len) < 0 ||
        !same_envelope(&e, &again))
        abort();
    if (envelope_encode(second, &again) != first_len || memcmp(first, second, first_len) != 0)
        abort();
    free(first);
    free(second);
}

static void check_walk(const char *body, size_t len)
{
    const char *item, *after = body;
    size_t at = 0;
    ssize_t n;

    while ((n = envelope_array_next(body, len, &at, &item)) > 0) {
        if (item < after || item + n > body + len || item[0] != '{')
            abort();
        after = item + n;
        check_scan(item, (size_t)n);
    }
    if (n == 0 && (len < 2 || body[0] != '[' || body[len - 1] != ']'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    check_scan((const char *)data, len);
    check_walk((const char *)data, len);
    return 0;
}
