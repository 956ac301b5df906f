/* The order of a document's spans: a binary search tree by place, balanced at random (a treap:
 * Seidel and Aragon 1996), that knows how many visible characters each subtree holds. What
 * follows a span, how much is visible before it and which span holds a visible place are
 * O(log n) in expectation. Spans are never taken out: deleted ones only turn invisible.
 *
 * A span is named by its number in one growing array, so that numbers stay good for ever and a
 * tree is one piece of memory. No I/O.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Characters that came in one run from one editor, with consecutive clocks. */
struct span {
    uint64_t clock;         /* of the first character */
    uint32_t editor;        /* who wrote it */
    uint32_t len;           /* characters */
    uint32_t text, bytes;   /* where its UTF-8 lies in the document's store */
    uint32_t left, right;   /* 0: none */
    uint32_t parent;        /* 0: the root */
    uint32_t visible_below; /* characters of this subtree that are not deleted */
    bool deleted;
};

/* spans[0] stands for "none" and holds nothing; spans[SPAN_BEGIN] is what comes before the first
 * character: always there, never visible. */
enum { SPAN_NONE = 0, SPAN_BEGIN = 1 };

struct span_tree {
    struct span *spans; /* owned */
    uint32_t len, cap;
    uint32_t root;
};

/* 0 or PL_ENOMEM. */
int span_tree_init(struct span_tree *t);
void span_tree_free(struct span_tree *t); /* zeroes t */

/* Make room for n more, so that span_tree_insert_after() cannot fail. 0 or PL_ENOMEM. */
int span_tree_reserve(struct span_tree *t, uint32_t n);

/* Put s (its links are ignored) behind the span with number before; returns its number. */
uint32_t span_tree_insert_after(struct span_tree *t, uint32_t before, const struct span *s);

/* s keeps its first len characters (0 < len < s->len) and bytes bytes; the rest becomes a span
 * of its own right behind it. Reserve one. Returns the new span's number. */
uint32_t span_tree_cut(struct span_tree *t, uint32_t s, uint32_t len, uint32_t bytes);

/* The span turns invisible. */
void span_tree_delete(struct span_tree *t, uint32_t s);

/* The span behind s; SPAN_NONE at the end. Walking all of them is O(n). */
uint32_t span_tree_next(const struct span_tree *t, uint32_t s);

/* Visible characters in all / in the spans before s. */
uint32_t span_tree_visible(const struct span_tree *t);
uint32_t span_tree_visible_before(const struct span_tree *t, uint32_t s);

/* The visible span that holds the visible character number index (from 0, below
 * span_tree_visible()); *offset: which of its characters that is. */
uint32_t span_tree_at(const struct span_tree *t, uint32_t index, uint32_t *offset);
