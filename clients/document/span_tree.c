#include "clients/document/span_tree.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/err.h"

int span_tree_init(struct span_tree *t)
{
    *t = (struct span_tree){0};
    if (span_tree_reserve(t, SPAN_BEGIN + 1) < 0)
        return PL_ENOMEM;
    t->spans[SPAN_NONE] = (struct span){0};
    t->spans[SPAN_BEGIN] = (struct span){.len = 1, .deleted = true};
    t->len = SPAN_BEGIN + 1;
    t->root = SPAN_BEGIN;
    return PL_OK;
}

void span_tree_free(struct span_tree *t)
{
    free(t->spans);
    *t = (struct span_tree){0};
}

int span_tree_reserve(struct span_tree *t, uint32_t n)
{
    return array_reserve(&t->spans, &t->cap, (size_t)t->len + n, sizeof *t->spans);
}

static uint32_t visible_of(const struct span *s)
{
    return s->deleted ? 0 : s->len;
}

/* The treap's random priority: the span's number, well mixed (a bijection, so no two are equal).
 * The same document always becomes the same tree. */
static uint32_t priority(uint32_t s)
{
    s = (s ^ s >> 16) * UINT32_C(0x85ebca6b);
    s = (s ^ s >> 13) * UINT32_C(0xc2b2ae35);
    return s ^ s >> 16;
}

static void recount(struct span_tree *t, uint32_t s)
{
    struct span *at = &t->spans[s];

    at->visible_below =
        t->spans[at->left].visible_below + visible_of(at) + t->spans[at->right].visible_below;
}

static void count_up_from(struct span_tree *t, uint32_t s)
{
    for (; s != SPAN_NONE; s = t->spans[s].parent)
        recount(t, s);
}

/* Let child stand where old does below parent. */
static void replace_child(struct span_tree *t, uint32_t parent, uint32_t old, uint32_t child)
{
    if (parent == SPAN_NONE)
        t->root = child;
    else if (t->spans[parent].left == old)
        t->spans[parent].left = child;
    else
        t->spans[parent].right = child;
    t->spans[child].parent = parent;
}

/* s and its parent change places; the order of all spans stays as it is. */
static void rotate_up(struct span_tree *t, uint32_t s)
{
    struct span *up = &t->spans[s];
    uint32_t p = up->parent, moved;
    struct span *down = &t->spans[p];

    replace_child(t, down->parent, p, s);
    if (down->left == s) {
        moved = down->left = up->right;
        up->right = p;
    } else {
        moved = down->right = up->left;
        up->left = p;
    }
    if (moved != SPAN_NONE)
        t->spans[moved].parent = p;
    down->parent = s;
    recount(t, p);
    recount(t, s);
}

static void raise_to_its_place(struct span_tree *t, uint32_t s)
{
    while (t->spans[s].parent != SPAN_NONE && priority(t->spans[s].parent) < priority(s))
        rotate_up(t, s);
}

static uint32_t leftmost(const struct span_tree *t, uint32_t s)
{
    while (t->spans[s].left != SPAN_NONE)
        s = t->spans[s].left;
    return s;
}

uint32_t span_tree_insert_after(struct span_tree *t, uint32_t before, const struct span *s)
{
    uint32_t added = t->len, right = t->spans[before].right, parent;

    assert(t->len < t->cap);
    t->len++;
    t->spans[added] = *s;
    t->spans[added].left = t->spans[added].right = SPAN_NONE;
    parent = right == SPAN_NONE ? before : leftmost(t, right);
    if (right == SPAN_NONE)
        t->spans[before].right = added;
    else
        t->spans[parent].left = added;
    t->spans[added].parent = parent;
    count_up_from(t, added);
    raise_to_its_place(t, added);
    return added;
}

uint32_t span_tree_cut(struct span_tree *t, uint32_t s, uint32_t len, uint32_t bytes)
{
    struct span *head = &t->spans[s];
    struct span tail = *head;

    assert(len > 0 && len < head->len);
    head->len = len;
    head->bytes = bytes;
    tail.clock += len;
    tail.len -= len;
    tail.text += bytes;
    tail.bytes -= bytes;
    return span_tree_insert_after(t, s, &tail); /* counts s anew, too: the tail is below it */
}

void span_tree_delete(struct span_tree *t, uint32_t s)
{
    t->spans[s].deleted = true;
    count_up_from(t, s);
}

uint32_t span_tree_next(const struct span_tree *t, uint32_t s)
{
    uint32_t parent;

    if (t->spans[s].right != SPAN_NONE)
        return leftmost(t, t->spans[s].right);
    while ((parent = t->spans[s].parent) != SPAN_NONE && t->spans[parent].right == s)
        s = parent;
    return parent;
}

uint32_t span_tree_visible(const struct span_tree *t)
{
    return t->spans[t->root].visible_below;
}

uint32_t span_tree_visible_before(const struct span_tree *t, uint32_t s)
{
    uint32_t count = t->spans[t->spans[s].left].visible_below;

    for (uint32_t parent; (parent = t->spans[s].parent) != SPAN_NONE; s = parent) {
        if (t->spans[parent].right == s)
            count += t->spans[parent].visible_below - t->spans[s].visible_below;
    }
    return count;
}

uint32_t span_tree_at(const struct span_tree *t, uint32_t index, uint32_t *offset)
{
    uint32_t s = t->root;

    assert(index < span_tree_visible(t));
    for (;;) {
        const struct span *at = &t->spans[s];
        uint32_t before = t->spans[at->left].visible_below;
        uint32_t here = visible_of(at);

        if (index < before) {
            s = at->left;
        } else if (index - before < here) {
            *offset = index - before;
            return s;
        } else {
            index -= before + here;
            s = at->right;
        }
    }
}
