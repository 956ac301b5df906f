/* Bytes in, an explanation out, as lines of text that can be looked for: "WAY DEPTH WIRE | MEANING
 * | REF". Also in any split. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "bench/explain/annotate/explain.h"

struct explained {
    struct explain_notes notes;
    struct explain *explain;
    int64_t now_ns;
    struct buf text; /* of explained_text() */
};

static inline void explained_begin(struct explained *x, const struct explain_options *o)
{
    *x = (struct explained){.now_ns = 1000000};
    x->explain = explain_new(o, &x->notes);
    if (x->explain == NULL)
        abort();
}

static inline void explained_end(struct explained *x)
{
    explain_free(x->explain);
    explain_notes_free(&x->notes);
    buf_free(&x->text);
}

static inline void explained_event(struct explained *x, enum transcript_what what,
                                   unsigned connection, const void *data, size_t len)
{
    /* In memory of exactly its size, so that a sanitizer sees every overrun. */
    uint8_t *copy = malloc(len > 0 ? len : 1);
    const struct transcript_event e = {what, connection, x->now_ns, copy, len};

    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, data, len);
    explain_event(x->explain, &e);
    free(copy);
}

/* In pieces of that many bytes; 0: whole. */
static inline void explained_bytes(struct explained *x, enum transcript_what what, const void *data,
                                   size_t len, size_t piece)
{
    for (size_t at = 0; at < len;) {
        size_t n = piece == 0 || piece > len - at ? len - at : piece;

        explained_event(x, what, 1, (const uint8_t *)data + at, n);
        at += n;
    }
}

static inline const char *explained_text(struct explained *x)
{
    static const char ways[] = {'.', '>', '<'};

    x->text.len = 0;
    for (size_t i = 0; i < x->notes.count; i++) {
        const struct explain_note *n = &x->notes.all[i];

        buf_printf(&x->text, "%c%u %s | %s | %s\n", ways[n->way], n->depth,
                   explain_text(&x->notes, n->wire), explain_text(&x->notes, n->meaning), n->ref);
    }
    buf_add(&x->text, "", 1);
    return (const char *)x->text.data;
}
