/* Input for decoders that ends where memory ends: reading one byte too far is a crash, with or
 * without sanitizers. */
#pragma once

#include <check.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
    uint8_t *map;
    size_t room; /* writable bytes before the unreadable page */
    size_t page_bytes;
};

static inline struct guard guard_new(size_t room)
{
    struct guard g = {.page_bytes = (size_t)sysconf(_SC_PAGESIZE)};

    g.room = (room + g.page_bytes - 1) / g.page_bytes * g.page_bytes;
    g.map = mmap(NULL, g.room + g.page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                 -1, 0);
    ck_assert_ptr_ne(g.map, MAP_FAILED);
    ck_assert_int_eq(mprotect(g.map + g.room, g.page_bytes, PROT_NONE), 0);
    return g;
}

/* A copy of data that ends at the unreadable page; valid until the next one. */
static inline uint8_t *guard_copy(struct guard *g, const void *data, size_t len)
{
    uint8_t *at = g->map + g->room - len;

    if (len > g->room) /* not ck_assert: it talks to its parent each time, and this runs often */
        ck_abort_msg("%zu bytes do not fit into %zu", len, g->room);
    if (len > 0)
        memcpy(at, data, len);
    return at;
}

static inline void guard_free(struct guard *g)
{
    munmap(g->map, g->room + g->page_bytes);
}
