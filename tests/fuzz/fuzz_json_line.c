/* What is compacted fits one line, is not longer, compacts to itself, in place as well. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json_line.h"

static void check_result(const char *line, size_t len, size_t text_len)
{
    char *again = malloc(len);

    if (len == 0 || len > text_len || memchr(line, '\n', len) != NULL ||
        memchr(line, '\r', len) != NULL || memchr(line, '\0', len) != NULL)
        abort();
    if (json_line_compact(again, line, len) != (ssize_t)len || memcmp(again, line, len) != 0)
        abort();
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *apart = malloc(len + !len), *in_place = malloc(len + !len);
    ssize_t n, m;

    memcpy(in_place, data, len);
    n = json_line_compact(apart, (const char *)data, len);
    m = json_line_compact(in_place, in_place, len);
    if (n != m || n == 0)
        abort();
    if (n > 0 && memcmp(apart, in_place, (size_t)n) != 0)
        abort();
    if (n > 0)
        check_result(apart, (size_t)n, len);
    free(apart);
    free(in_place);
    return 0;
}
