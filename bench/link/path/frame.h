/* A packet on its way through the link, and a first-in first-out line of them. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame {
    struct frame *next;
    uint64_t id;       /* counts up in order of entry; the same on both sides of a capture */
    int64_t sent_ns;   /* when it entered the link */
    int64_t queued_ns; /* how long before that it was sent, at most: it waited to enter */
    int64_t due_ns;    /* when it leaves the stage that holds it */
    uint32_t len;
    uint32_t connection; /* its number in the wire counter; 0: none */
    bool opens;          /* the first packet of its connection to get past the loss */
    uint8_t data[];      /* an IP packet */
};

/* A copy of data with everything else zero; NULL when out of memory. */
struct frame *frame_new(const void *data, size_t len);
void frame_free(struct frame *f); /* NULL is ignored */

struct frame_line {
    struct frame *first, *last;
    uint64_t packets, bytes;
};

/* Zero-initialise to start; the line owns what is in it. */
void frame_line_push(struct frame_line *l, struct frame *f);
struct frame *frame_line_pop(struct frame_line *l); /* NULL when empty */
void frame_line_free(struct frame_line *l);
