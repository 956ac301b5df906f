/* A text that several people edit at once, each on a copy of their own: the replicated growable
 * array (RGA) of Roh, Jeon, Kim, Lee, "Replicated abstract data types: building blocks for
 * collaborative applications" (J. Parallel Distrib. Comput. 71, 2011).
 *
 * Every character has a unique id: a Lamport clock and its editor. An insertion
 * names the character it follows, a deletion the characters that go. Copies that took in the
 * same edits hold the same text, in whatever order edits of different editors came, as long as
 * every edit comes after those that its editor had seen (as it does when all come through one
 * ordered channel and one's own are applied at once).
 *
 *   insertion   its place is behind the character it follows, and behind those with a greater
 *               id right there: the younger of two insertions at one place comes first, and a
 *               run of characters stays together
 *   deletion    the character turns invisible but keeps its place, as others may follow it
 *
 * A character is one Unicode code point. Finding a place or an id and editing there is O(log n).
 * No I/O, no clock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "clients/document/span_tree.h"

/* clock 0: the beginning of the document, what the first character follows. */
struct text_id {
    uint64_t clock;
    uint32_t editor;
};

/* The characters of one editor with clocks first.clock to first.clock + len - 1. */
struct text_range {
    struct text_id first;
    uint32_t len;
};

#define TEXT_CLOCK_MAX ((UINT64_C(1) << 53) - 1) /* exact in every JSON reader */

enum {
    TEXT_DOC_CHARS_MAX = 1 << 20, /* deleted ones included: they keep their places */
    TEXT_DOC_BYTES_MAX = 4 * TEXT_DOC_CHARS_MAX,
    TEXT_HASH_CHARS = 64,
};

struct text_author; /* text_doc.c */

struct text_doc {
    struct span_tree tree;
    struct buf store;            /* the UTF-8 of all spans, in order of arrival */
    struct text_author *authors; /* owned; ascending by editor */
    uint32_t nauthors;
    uint32_t chars; /* that were ever inserted */
    uint64_t clock; /* the greatest seen */
};

/* 0 or PL_ENOMEM; after that text_doc_free() may be called. */
int text_doc_init(struct text_doc *d);
void text_doc_free(struct text_doc *d); /* zeroes d */

/* ---- edits, one's own and others' alike ---- */

/* Insert text (UTF-8, not empty) behind the character at; its characters get the ids id,
 * id.clock + 1, ... For an edit of one's own id.clock is d->clock + 1.
 * 0: inserted. 1: known already, nothing changed. PL_EPROTO: at is unknown or younger than id,
 * or id is not younger than all of its editor's. PL_EUTF8, PL_EINVAL (no text), PL_ELIMIT
 * (TEXT_DOC_..._MAX, TEXT_CLOCK_MAX), PL_ENOMEM. After an error d is as it was. */
int text_doc_insert(struct text_doc *d, struct text_id at, struct text_id id, const char *text,
                    size_t len);

/* Delete the characters of range; those that were deleted already stay so.
 * 0, PL_EPROTO (a character that was never inserted, none at all; d is as it was), PL_ENOMEM
 * (d is sound and a repetition does the rest). */
int text_doc_delete(struct text_doc *d, struct text_range range);

/* ---- where things are: index counts the characters of the text from 0 ---- */

/* Characters of the text. */
uint32_t text_doc_length(const struct text_doc *d);

/* The id of the character before index (0..length): what an insertion there follows. */
struct text_id text_doc_id_before(const struct text_doc *d, uint32_t index);

/* The index behind the character id, or where that would be had it not been deleted: how a
 * cursor stays where it is while others edit. False when id is unknown. */
bool text_doc_index_after(const struct text_doc *d, struct text_id id, uint32_t *index);

/* The ids of the count characters from index on (index + count <= length), as ranges in the
 * order of the text: at most max of them. Returns how many; *count says how many characters they
 * hold. */
size_t text_doc_ranges(const struct text_doc *d, uint32_t index, uint32_t *count,
                       struct text_range *ranges, size_t max);

/* ---- the text ---- */

/* Append it. 0 or PL_ENOMEM. */
int text_doc_text(const struct text_doc *d, struct buf *out);

/* SHA-256 of the text (FIPS 180-4) in hexadecimal. 0 or PL_ENOMEM. */
int text_doc_hash(const struct text_doc *d, char hex[TEXT_HASH_CHARS + 1]);
