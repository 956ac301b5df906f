/* A growable run of bytes with one owner. No I/O. Zero-initialise ({0}) to make one. */
#ifndef PUSHLAB_BUF_H
#define PUSHLAB_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data; /* owned; NULL while nothing was ever added */
    size_t len, cap;
};

/* Make room for extra_bytes more. 0 or PL_ENOMEM; data is untouched on failure. */
int buf_reserve(struct buf *b, size_t extra_bytes);

/* Append a copy. 0 or PL_ENOMEM. */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Drop the first n bytes (n <= len), keeping the rest and the capacity. */
void buf_drain(struct buf *b, size_t n);

/* Give the memory back; b is empty and usable again. */
void buf_free(struct buf *b);

#endif
