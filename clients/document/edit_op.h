/* An edit of a shared text (text_doc.h) as it goes over the wire: one compact JSON value.
 *
 *   {"ins":"hello","at":[12,3],"id":[13,7]}   "hello" follows character [12,3]; its own
 *                                             characters are [13,7] to [17,7]
 *   {"del":[[12,3,5],[20,1,1]]}               characters [12,3] to [16,3], and [20,1], are gone
 *   {"cursor":[17,7]}                         its sender's cursor stands behind [17,7]
 *
 * A character is [clock, editor]; [0,0] is the beginning of the text. No I/O.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "clients/document/text_doc.h"

enum { EDIT_TEXT_BYTES_MAX = 1024, EDIT_RANGES_MAX = 16 };

/* Room for every edit: text whose every byte is escaped as \u00XX, or ranges of the longest
 * numbers, and the members' names. */
enum { EDIT_JSON_BYTES_MAX = 6 * EDIT_TEXT_BYTES_MAX + 128 };

enum edit_kind { EDIT_INSERT, EDIT_DELETE, EDIT_CURSOR };

struct edit_op {
    enum edit_kind kind;
    struct text_id at, id;          /* insertion; cursor: at */
    char text[EDIT_TEXT_BYTES_MAX]; /* insertion: UTF-8, not terminated */
    size_t text_len;
    struct text_range ranges[EDIT_RANGES_MAX]; /* deletion */
    size_t nranges;
};

/* Write op (not validated here) to json. Returns its length. */
size_t edit_op_encode(char json[EDIT_JSON_BYTES_MAX], const struct edit_op *op);

/* Read one edit: the members in exactly the order above, without white space, as the encoder
 * writes them and servers pass them on; strings may be escaped in any way (RFC 8259 §7). Texts
 * and ranges are not empty. 0, PL_EPROTO, PL_EUTF8 (also: half of a surrogate pair),
 * PL_ELIMIT (EDIT_..._MAX). After an error op holds nothing of use. */
int edit_op_decode(struct edit_op *op, const char *json, size_t len);

/* Apply op to the document (a cursor changes nothing). As text_doc_insert() and
 * text_doc_delete(): 0 or negative. */
int edit_op_apply(const struct edit_op *op, struct text_doc *d);
