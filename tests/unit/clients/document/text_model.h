/* What a text must be after a set of edits, defined without any replica: the characters form a
 * tree, each a child of the one it was put behind, children from the youngest to the oldest; the
 * text is the tree in preorder, without the deleted. (text_doc.c never builds that tree.)
 * Characters are single bytes here. */
#pragma once

#include <stdbool.h>
#include <stdlib.h>

#include "clients/document/edit_op.h"

struct model_char {
    struct text_id id, at;
    struct model_char *child, *sibling; /* youngest child; next older sibling */
    char c;
    bool deleted;
};

struct model {
    struct model_char *chars; /* ascending by id once sorted */
    size_t len, cap;
};

static inline int model_compare(const void *a, const void *b)
{
    const struct text_id *x = a, *y = b; /* id is a model_char's first member */

    if (x->clock != y->clock)
        return x->clock < y->clock ? -1 : 1;
    return (x->editor > y->editor) - (x->editor < y->editor);
}

static inline void model_insert(struct model *m, const struct edit_op *op)
{
    struct text_id at = op->at, id = op->id;

    if (m->len + op->text_len > m->cap) {
        m->cap = 2 * (m->len + op->text_len);
        m->chars = realloc(m->chars, m->cap * sizeof *m->chars);
    }
    for (size_t i = 0; i < op->text_len; i++, at = id, id.clock++)
        m->chars[m->len++] = (struct model_char){.id = id, .at = at, .c = op->text[i]};
}

static inline void model_sort(struct model *m)
{
    if (m->len > 0)
        qsort(m->chars, m->len, sizeof *m->chars, model_compare);
}

static inline struct model_char *model_find(const struct model *m, struct text_id id)
{
    return bsearch(&id, m->chars, m->len, sizeof *m->chars, model_compare);
}

/* After model_sort(). */
static inline void model_delete(struct model *m, const struct edit_op *op)
{
    for (size_t i = 0; i < op->nranges; i++) {
        struct text_id id = op->ranges[i].first;

        for (uint32_t k = 0; k < op->ranges[i].len; k++, id.clock++)
            model_find(m, id)->deleted = true;
    }
}

/* After model_sort(): the text, not terminated, to be freed; *len: its length. */
static inline char *model_text(struct model *m, size_t *len)
{
    struct model_char root = {.deleted = true}, **todo = malloc((m->len + 1) * sizeof *todo);
    char *text = malloc(m->len + 1);
    size_t n = 0, depth = 0;

    for (size_t i = 0; i < m->len; i++) { /* the youngest last, so that it comes to stand first */
        struct model_char *c = &m->chars[i];
        struct model_char *parent = c->at.clock == 0 ? &root : model_find(m, c->at);

        c->sibling = parent->child;
        parent->child = c;
    }
    todo[depth++] = &root;
    while (depth > 0) {
        struct model_char *c = todo[--depth];

        if (!c->deleted)
            text[n++] = c->c;
        if (c->sibling != NULL)
            todo[depth++] = c->sibling;
        if (c->child != NULL)
            todo[depth++] = c->child;
    }
    free(todo);
    *len = n;
    return text;
}

static inline void model_free(struct model *m)
{
    free(m->chars);
    *m = (struct model){0};
}
