/* Immutable bytes with a reference count: an update encoded once, sent to thousands.
 * Single-threaded by design: the count is not atomic. */
#ifndef PUSHLAB_SHARED_H
#define PUSHLAB_SHARED_H

#include <stddef.h>
#include <stdint.h>

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
struct shared *shared_ref(struct shared *s);
void shared_unref(struct shared *s); /* NULL is ignored */

#endif
