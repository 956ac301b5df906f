/* Edits of a copy, and taking them in. */
#pragma once

#include <check.h>
#include <string.h>

#include "clients/document/edit_op.h"
#include "lib/base/err.h"

static inline struct edit_op insertion(const struct text_doc *d, uint32_t editor, uint32_t index,
                                       const char *text)
{
    struct edit_op op = {.kind = EDIT_INSERT, .text_len = strlen(text)};

    memcpy(op.text, text, op.text_len);
    op.at = text_doc_id_before(d, index);
    op.id = (struct text_id){d->clock + 1, editor};
    return op;
}

static inline struct edit_op deletion(const struct text_doc *d, uint32_t index, uint32_t count)
{
    struct edit_op op = {.kind = EDIT_DELETE};

    op.nranges = text_doc_ranges(d, index, &count, op.ranges, EDIT_RANGES_MAX);
    return op;
}

static inline void apply(struct text_doc *d, const struct edit_op *op)
{
    int err = edit_op_apply(op, d);

    if (err < 0)
        ck_abort_msg("an edit was refused: %s", pl_strerror(err));
}
