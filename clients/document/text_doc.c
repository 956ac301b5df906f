#include "clients/document/text_doc.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/err.h"
#include "lib/base/utf8.h"

/* Where an editor's characters are: its spans by clock, which is the order they came in, as
 * everyone's clock only grows. Spans that are cut in two stay neighbours. */
struct text_author {
    uint32_t editor;
    uint32_t *spans; /* owned */
    uint32_t len, cap;
};

int text_doc_init(struct text_doc *d)
{
    *d = (struct text_doc){0};
    return span_tree_init(&d->tree);
}

void text_doc_free(struct text_doc *d)
{
    for (uint32_t i = 0; i < d->nauthors; i++)
        free(d->authors[i].spans);
    free(d->authors);
    buf_free(&d->store);
    span_tree_free(&d->tree);
    *d = (struct text_doc){0};
}

/* ---- ids ---- */

/* The first author with a number of at least editor. */
static uint32_t author_place(const struct text_doc *d, uint32_t editor)
{
    uint32_t low = 0, high = d->nauthors;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (d->authors[middle].editor < editor)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct text_author *author_find(const struct text_doc *d, uint32_t editor)
{
    uint32_t i = author_place(d, editor);

    return i < d->nauthors && d->authors[i].editor == editor ? &d->authors[i] : NULL;
}

/* NULL: out of memory. */
static struct text_author *author_add(struct text_doc *d, uint32_t editor)
{
    uint32_t i = author_place(d, editor);
    struct text_author *authors;

    authors = realloc(d->authors, (d->nauthors + 1) * sizeof *authors);
    if (authors == NULL)
        return NULL;
    d->authors = authors;
    memmove(&authors[i + 1], &authors[i], (d->nauthors - i) * sizeof *authors);
    authors[i] = (struct text_author){.editor = editor};
    d->nauthors++;
    return &authors[i];
}

static int author_reserve(struct text_author *a, uint32_t n)
{
    return array_reserve(&a->spans, &a->cap, (size_t)a->len + n, sizeof *a->spans);
}

static void author_put(struct text_author *a, uint32_t place, uint32_t span)
{
    memmove(&a->spans[place + 1], &a->spans[place], (a->len - place) * sizeof *a->spans);
    a->spans[place] = span;
    a->len++;
}

/* How many of the author's spans begin at clock or before. */
static uint32_t author_spans_until(const struct text_doc *d, const struct text_author *a,
                                   uint64_t clock)
{
    uint32_t low = 0, high = a->len;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (d->tree.spans[a->spans[middle]].clock <= clock)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Where a character is: in which span, the how-manieth of it, and which of its author's spans
 * that is. */
struct place {
    uint32_t span, offset;
    struct text_author *author; /* NULL: the beginning */
    uint32_t nth;
};

static bool find(const struct text_doc *d, struct text_id id, struct place *out)
{
    struct text_author *a;
    const struct span *s;
    uint32_t n;

    *out = (struct place){.span = SPAN_BEGIN};
    if (id.clock == 0)
        return id.editor == 0;
    a = author_find(d, id.editor);
    n = a == NULL ? 0 : author_spans_until(d, a, id.clock);
    if (n == 0)
        return false;
    *out = (struct place){.span = a->spans[n - 1], .author = a, .nth = n - 1};
    s = &d->tree.spans[out->span];
    out->offset = (uint32_t)(id.clock - s->clock);
    return id.clock - s->clock < s->len;
}

/* Are all of these characters known? */
static bool knows(const struct text_doc *d, struct text_range range)
{
    uint64_t done = 0;

    while (done < range.len) {
        struct text_id id = {range.first.clock + done, range.first.editor};
        struct place p;

        if (id.clock == 0 || !find(d, id, &p))
            return false;
        done += d->tree.spans[p.span].len - p.offset;
    }
    return range.len > 0;
}

/* ---- insertion ---- */

/* The order of ids. */
static bool younger(struct text_id a, struct text_id b)
{
    return a.clock != b.clock ? a.clock > b.clock : a.editor > b.editor;
}

static struct text_id span_id(const struct span *s, uint32_t offset)
{
    return (struct text_id){s->clock + offset, s->editor};
}

/* Bytes of the first count characters of a span. */
static uint32_t bytes_of(const struct text_doc *d, const struct span *s, uint32_t count)
{
    const uint8_t *text = d->store.data + s->text;
    uint32_t at = 0;

    for (uint32_t starts = 0; at < s->bytes; at++) {
        starts += (text[at] & 0xc0) != 0x80;
        if (starts > count)
            break;
    }
    return at;
}

/* Let a span end before its character number offset; there is room for one more. Returns the
 * span that begins there. */
static uint32_t cut(struct text_doc *d, const struct place *p, uint32_t offset)
{
    const struct span *s = &d->tree.spans[p->span];
    uint32_t tail;

    if (offset == 0)
        return p->span;
    tail = span_tree_cut(&d->tree, p->span, offset, bytes_of(d, s, offset));
    author_put(p->author, p->nth + 1, tail);
    return tail;
}

/* The span behind which id belongs when it follows the character at p: past all younger ones
 * that stand right there. A run's characters grow ever younger, so its first decides for all. */
static uint32_t span_before(struct text_doc *d, const struct place *p, struct text_id id)
{
    const struct span *s = &d->tree.spans[p->span];
    uint32_t before = p->span, next;

    if (p->offset + 1 < s->len && !younger(span_id(s, p->offset + 1), id)) {
        cut(d, p, p->offset + 1);
        return p->span;
    }
    while ((next = span_tree_next(&d->tree, before)) != SPAN_NONE &&
           younger(span_id(&d->tree.spans[next], 0), id))
        before = next;
    return before;
}

/* Code points, or PL_EUTF8. */
static int count_chars(const char *text, size_t len)
{
    struct utf8 check = {0};
    int count = 0;

    if (!utf8_feed(&check, (const uint8_t *)text, len) || !utf8_done(&check))
        return PL_EUTF8;
    for (size_t i = 0; i < len; i++)
        count += ((uint8_t)text[i] & 0xc0) != 0x80;
    return count;
}

/* The edit can be taken in: 0. 1: it was already. Else what is wrong. */
static int check_insert(const struct text_doc *d, struct text_id at, struct text_range run,
                        size_t len)
{
    const struct text_author *a = author_find(d, run.first.editor);
    const struct span *newest;
    struct place p;

    if (knows(d, run))
        return 1;
    if (!find(d, at, &p) || run.first.clock <= at.clock)
        return PL_EPROTO;
    if (run.first.clock + run.len - 1 > TEXT_CLOCK_MAX)
        return PL_ELIMIT;
    if (d->chars + run.len > TEXT_DOC_CHARS_MAX || d->store.len + len > TEXT_DOC_BYTES_MAX)
        return PL_ELIMIT;
    if (a == NULL || a->len == 0)
        return PL_OK;
    newest = &d->tree.spans[a->spans[a->len - 1]];
    return run.first.clock < newest->clock + newest->len ? PL_EPROTO : PL_OK;
}

/* Room for one more insertion by editor behind the character at, so that the rest can't fail:
 * for the new span, and for one that is cut in two. */
static int reserve_insert(struct text_doc *d, struct text_id at, uint32_t editor, size_t len)
{
    struct text_author *a = author_find(d, editor), *followed;

    if (a == NULL && (a = author_add(d, editor)) == NULL)
        return PL_ENOMEM;
    followed = at.clock == 0 ? a : author_find(d, at.editor);
    if (author_reserve(a, 2) < 0 || author_reserve(followed, 2) < 0)
        return PL_ENOMEM;
    if (span_tree_reserve(&d->tree, 2) < 0)
        return PL_ENOMEM;
    return buf_reserve(&d->store, len);
}

int text_doc_insert(struct text_doc *d, struct text_id at, struct text_id id, const char *text,
                    size_t len)
{
    struct span run = {.clock = id.clock, .editor = id.editor, .text = (uint32_t)d->store.len};
    uint32_t added;
    struct text_author *a;
    struct place p;
    int chars, err;

    if (len == 0 || id.clock == 0)
        return PL_EINVAL;
    if (len > TEXT_DOC_BYTES_MAX || id.clock > TEXT_CLOCK_MAX)
        return PL_ELIMIT;
    if ((chars = count_chars(text, len)) < 0)
        return chars;
    err = check_insert(d, at, (struct text_range){id, (uint32_t)chars}, len);
    if (err != 0)
        return err;
    if (reserve_insert(d, at, id.editor, len) < 0)
        return PL_ENOMEM;
    buf_add(&d->store, text, len);
    run.len = (uint32_t)chars;
    run.bytes = (uint32_t)len;
    find(d, at, &p);
    added = span_tree_insert_after(&d->tree, span_before(d, &p, id), &run);
    a = author_find(d, id.editor);
    author_put(a, a->len, added);
    d->chars += run.len;
    if (id.clock + run.len - 1 > d->clock)
        d->clock = id.clock + run.len - 1;
    return PL_OK;
}

/* ---- deletion ---- */

/* Delete from the character at p on, at most max of its span's. Returns how many, or
 * PL_ENOMEM. */
static int64_t delete_in_span(struct text_doc *d, struct place p, uint32_t max)
{
    const struct span *s = &d->tree.spans[p.span];
    uint32_t count = s->len - p.offset < max ? s->len - p.offset : max;

    if (s->deleted)
        return count;
    if (span_tree_reserve(&d->tree, 2) < 0 || author_reserve(p.author, 2) < 0)
        return PL_ENOMEM;
    if (p.offset + count < d->tree.spans[p.span].len)
        cut(d, &p, p.offset + count);
    span_tree_delete(&d->tree, cut(d, &p, p.offset));
    return count;
}

int text_doc_delete(struct text_doc *d, struct text_range range)
{
    uint32_t done = 0;

    if (!knows(d, range))
        return PL_EPROTO;
    while (done < range.len) {
        struct text_id id = {range.first.clock + done, range.first.editor};
        struct place p;
        int64_t n;

        find(d, id, &p);
        n = delete_in_span(d, p, range.len - done);
        if (n < 0)
            return PL_ENOMEM;
        done += (uint32_t)n;
    }
    return PL_OK;
}

/* ---- where things are ---- */

uint32_t text_doc_length(const struct text_doc *d)
{
    return span_tree_visible(&d->tree);
}

struct text_id text_doc_id_before(const struct text_doc *d, uint32_t index)
{
    uint32_t offset, s;

    if (index == 0)
        return (struct text_id){0};
    s = span_tree_at(&d->tree, index - 1, &offset);
    return span_id(&d->tree.spans[s], offset);
}

bool text_doc_index_after(const struct text_doc *d, struct text_id id, uint32_t *index)
{
    struct place p;

    if (!find(d, id, &p))
        return false;
    *index = span_tree_visible_before(&d->tree, p.span);
    if (!d->tree.spans[p.span].deleted)
        *index += p.offset + 1;
    return true;
}

size_t text_doc_ranges(const struct text_doc *d, uint32_t index, uint32_t *count,
                       struct text_range *ranges, size_t max)
{
    uint32_t wanted = *count, offset = 0, s = SPAN_NONE;
    size_t n = 0;

    *count = 0;
    if (wanted > 0)
        s = span_tree_at(&d->tree, index, &offset);
    for (; *count < wanted && n < max; s = span_tree_next(&d->tree, s), offset = 0) {
        const struct span *at = &d->tree.spans[s];
        uint32_t here = at->len - offset, left = wanted - *count;

        if (at->deleted)
            continue;
        ranges[n] = (struct text_range){span_id(at, offset), here < left ? here : left};
        *count += ranges[n++].len;
    }
    return n;
}

/* ---- the text ---- */

int text_doc_text(const struct text_doc *d, struct buf *out)
{
    uint32_t s = SPAN_BEGIN;

    while ((s = span_tree_next(&d->tree, s)) != SPAN_NONE) {
        const struct span *at = &d->tree.spans[s];

        if (!at->deleted && buf_add(out, d->store.data + at->text, at->bytes) < 0)
            return PL_ENOMEM;
    }
    return PL_OK;
}

int text_doc_hash(const struct text_doc *d, char hex[TEXT_HASH_CHARS + 1])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    struct buf text = {0};
    unsigned len = 0;
    int err = text_doc_text(d, &text);

    if (err == PL_OK && EVP_Digest(text.data, text.len, hash, &len, EVP_sha256(), NULL) != 1)
        err = PL_ENOMEM;
    buf_free(&text);
    hex[0] = '\0';
    for (unsigned i = 0; err == PL_OK && i < len; i++)
        sprintf(hex + 2 * i, "%02x", hash[i]);
    return err;
}
