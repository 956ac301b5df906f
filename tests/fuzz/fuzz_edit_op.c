/* What is read is written and read again the same; what is written is JSON on one line. */
#include <stdlib.h>
#include <string.h>

#include "clients/document/edit_op.h"
#include "lib/base/json_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct edit_op op, again;
    static char json[EDIT_JSON_BYTES_MAX], rewritten[EDIT_JSON_BYTES_MAX];
    size_t n;

    if (edit_op_decode(&op, (const char *)data, len) < 0)
        return 0;
    n = edit_op_encode(json, &op);
    if (n > sizeof json || json_line_compact(rewritten, json, n) != (ssize_t)n)
        abort();
    if (edit_op_decode(&again, json, n) < 0 || again.kind != op.kind ||
        edit_op_encode(rewritten, &again) != n || memcmp(json, rewritten, n) != 0)
        abort();
    return 0;
}
