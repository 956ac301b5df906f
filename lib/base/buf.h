/* Bytes in memory: growable ones with one owner, and immutable ones with many. No I/O. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise ({0}) to make one. */
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

/* Whole numbers of up to eight bytes in network byte order. */
static inline uint64_t be_get(const uint8_t *from, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | from[i];
    return value;
}

static inline void be_put(uint8_t *to, uint64_t value, size_t bytes)
{
    for (; bytes > 0; value >>= 8)
        to[--bytes] = (uint8_t)value;
}

/* Immutable bytes with a reference count: an update encoded once, sent to thousands. The count is
 * not atomic: one thread only. */
struct shared {
    uint32_t refs;
    uint32_t len;
    uint8_t data[];
};

/* Room for len bytes, to be filled by the caller; one reference, owned by the caller.
 * NULL when out of memory or len > UINT32_MAX. */
struct shared *shared_new(size_t len);
/* The same, filled with a copy of data. */
struct shared *shared_new_copy(const void *data, size_t len);
/* One reference more; returns s. */
struct shared *shared_ref(struct shared *s);
/* One reference less; the last frees s. NULL is ignored. */
void shared_unref(struct shared *s);
