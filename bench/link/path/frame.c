#include "bench/link/path/frame.h"

#include <stdlib.h>
#include <string.h>

struct frame *frame_new(const void *data, size_t len)
{
    struct frame *f = malloc(sizeof *f + len);

    if (f == NULL)
        return NULL;
    memset(f, 0, sizeof *f);
    f->len = (uint32_t)len;
    memcpy(f->data, data, len);
    return f;
}

void frame_free(struct frame *f)
{
    free(f);
}

void frame_line_push(struct frame_line *l, struct frame *f)
{
    f->next = NULL;
    if (l->last == NULL)
        l->first = f;
    else
        l->last->next = f;
    l->last = f;
    l->packets++;
    l->bytes += f->len;
}

struct frame *frame_line_pop(struct frame_line *l)
{
    struct frame *f = l->first;

    if (f == NULL)
        return NULL;
    l->first = f->next;
    if (l->first == NULL)
        l->last = NULL;
    l->packets--;
    l->bytes -= f->len;
    f->next = NULL;
    return f;
}

void frame_line_free(struct frame_line *l)
{
    struct frame *f;

    while ((f = frame_line_pop(l)) != NULL)
        frame_free(f);
}
