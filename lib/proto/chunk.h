/* Chunked transfer coding, writing side (RFC 9112 §7.1). Reading is llhttp's. No I/O. */
#pragma once

#include <stddef.h>

#include "lib/base/buf.h"

/* Append one chunk: size line in hex, data, CRLF. len > 0 (a zero chunk ends the body).
 * 0, or PL_ENOMEM with nothing appended. */
int chunk_encode(struct buf *out, const void *data, size_t len);

/* Bytes that chunk_encode adds around len bytes of data. */
size_t chunk_overhead_bytes(size_t len);

/* The last chunk with an empty trailer section: "0\r\n\r\n". */
#define CHUNK_LAST     "0\r\n\r\n"
#define CHUNK_LAST_LEN 5
