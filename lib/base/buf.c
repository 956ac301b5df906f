#include "lib/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

enum { BUF_FIRST_BYTES = 128 };

int buf_reserve(struct buf *b, size_t extra_bytes)
{
    size_t need = b->len + extra_bytes;
    size_t cap = b->cap ? b->cap : BUF_FIRST_BYTES;
    uint8_t *data;

    if (need < b->len)
        return PL_ENOMEM;
    if (need <= b->cap)
        return PL_OK;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    data = realloc(b->data, cap);
    if (data == NULL)
        return PL_ENOMEM;
    b->data = data;
    b->cap = cap;
    return PL_OK;
}

int buf_add(struct buf *b, const void *data, size_t len)
{
    if (len == 0)
        return PL_OK;
    if (buf_reserve(b, len) < 0)
        return PL_ENOMEM;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return PL_OK;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || buf_reserve(b, (size_t)n + 1) < 0)
        return PL_ENOMEM;
    va_start(ap, fmt);
    vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
    return PL_OK;
}

void buf_drain(struct buf *b, size_t n)
{
    b->len -= n;
    if (b->len > 0)
        memmove(b->data, b->data + n, b->len);
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

struct shared *shared_new(size_t len)
{
    struct shared *s;

    if (len > UINT32_MAX)
        return NULL;
    s = malloc(sizeof *s + len);
    if (s == NULL)
        return NULL;
    s->refs = 1;
    s->len = (uint32_t)len;
    return s;
}

struct shared *shared_new_copy(const void *data, size_t len)
{
    struct shared *s = shared_new(len);

    if (s != NULL && len > 0)
        memcpy(s->data, data, len);
    return s;
}

struct shared *shared_ref(struct shared *s)
{
    s->refs++;
    return s;
}

void shared_unref(struct shared *s)
{
    if (s != NULL && --s->refs == 0)
        free(s);
}
