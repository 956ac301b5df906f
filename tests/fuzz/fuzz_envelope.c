/* What is scanned encodes to the same bytes; what is walked lies in the body, in order. */
#include <stdlib.h>
#include <string.h>

#include "envelope.h"

static void check_scan(const char *text, size_t len)
{
    struct envelope e;
    char *again;

    if (envelope_scan(&e, text, len) < 0)
        return;
    again = malloc(e.data_len + ENVELOPE_OVERHEAD_BYTES + ENVELOPE_NAMES_BYTES);
    if (memcmp(again, text, 0) != 0 || envelope_encode(again, &e) > len)
        abort();
    free(again);
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
