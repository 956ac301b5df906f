#include "lib/proto/chunk.h"

#include <stdio.h>

#include "lib/base/err.h"

enum { CRLF_BYTES = 2, SIZE_LINE_MAX_BYTES = 2 * sizeof(size_t) + CRLF_BYTES };

int chunk_encode(struct buf *out, const void *data, size_t len)
{
    char size_line[SIZE_LINE_MAX_BYTES + 1];
    size_t size_line_bytes = (size_t)snprintf(size_line, sizeof size_line, "%zx\r\n", len);

    /* All or nothing: after half a chunk, what is appended next would be read as its data. */
    if (buf_reserve(out, size_line_bytes + len + CRLF_BYTES) < 0)
        return PL_ENOMEM;
    buf_add(out, size_line, size_line_bytes);
    buf_add(out, data, len);
    buf_add(out, "\r\n", CRLF_BYTES);
    return PL_OK;
}

size_t chunk_overhead_bytes(size_t len)
{
    size_t digits = 1;

    while (len >>= 4)
        digits++;
    return digits + 2 * CRLF_BYTES;
}
