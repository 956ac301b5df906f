/* Two write, each on a copy of their own and hearing of the other late; then all is told, to a
 * third as well: all hold the same. A fourth copy is told nonsense in between, and stays sound. */
#include <stdlib.h>
#include <string.h>

#include "clients/document/edit_op.h"
#include "lib/base/err.h"

enum { WRITERS = 2, COPIES = 4, NONSENSE = 3, EDITS_MAX = 64 };

struct session {
    struct text_doc docs[COPIES];
    struct edit_op ops[EDITS_MAX]; /* in the order in which all are told */
    size_t nops, told[WRITERS];
};

static void need(bool condition)
{
    if (!condition)
        abort();
}

/* A writer's edit: at and size are any bytes. Between its doing and all being told nothing else
 * is said, but the others may hear of it only later. */
static void write_one(struct session *s, uint32_t who, uint8_t at, uint8_t size, bool erase)
{
    struct text_doc *d = &s->docs[who];
    struct edit_op *op = &s->ops[s->nops];
    uint32_t length = text_doc_length(d), index = at % (length + 1), count = 1 + size % 9;

    if (s->nops == EDITS_MAX)
        return;
    if (erase && index < length) {
        count = count > length - index ? length - index : count;
        op->kind = EDIT_DELETE;
        op->nranges = text_doc_ranges(d, index, &count, op->ranges, EDIT_RANGES_MAX);
    } else {
        op->kind = EDIT_INSERT;
        memcpy(op->text, "aé€bcdefghij", op->text_len = size % 3 == 0 ? 6 : 1);
        op->at = text_doc_id_before(d, index);
        op->id = (struct text_id){d->clock + 1, who};
    }
    need(edit_op_apply(op, d) == PL_OK);
    s->nops++;
}

static void tell(struct session *s, uint32_t who, size_t count)
{
    for (; count > 0 && s->told[who] < s->nops; count--)
        need(edit_op_apply(&s->ops[s->told[who]++], &s->docs[who]) == PL_OK);
}

/* Any id, any range: refused or taken, but the copy's own account stays right. */
static void talk_nonsense(struct text_doc *d, uint8_t a, uint8_t b, uint8_t c)
{
    struct text_id at = {a % 16, b % 3}, id = {1 + c % 32, a % 3};
    struct text_range range = {at, c % 8};
    uint32_t length = text_doc_length(d);

    if (text_doc_insert(d, at, id, "xyz", 1 + b % 3) == PL_OK)
        need(text_doc_length(d) == length + 1 + b % 3);
    if (text_doc_delete(d, range) == PL_OK)
        need(text_doc_delete(d, range) == PL_OK);
}

static void check(const struct text_doc *d, struct buf *text)
{
    uint32_t chars = 0, index, length = text_doc_length(d);

    need(text_doc_text(d, text) == PL_OK);
    for (size_t i = 0; i < text->len; i++)
        chars += (text->data[i] & 0xc0) != 0x80;
    need(chars == length);
    for (uint32_t i = 0; i <= length; i++)
        need(text_doc_index_after(d, text_doc_id_before(d, i), &index) && index == i);
}

static void run(struct session *s, const uint8_t *data, size_t len)
{
    for (; len >= 3; data += 3, len -= 3) {
        uint32_t who = data[0] & 1;

        if ((data[0] & 6) == 0)
            tell(s, who, data[1]);
        else if ((data[0] & 6) == 2)
            talk_nonsense(&s->docs[NONSENSE], data[0] >> 3, data[1], data[2]);
        else
            write_one(s, who, data[1], data[2], (data[0] & 6) == 4);
    }
    for (uint32_t who = 0; who < WRITERS; who++)
        tell(s, who, SIZE_MAX);
    for (size_t i = 0; i < s->nops; i++)
        need(edit_op_apply(&s->ops[i], &s->docs[WRITERS]) == PL_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct session s;
    struct buf texts[COPIES] = {{0}};

    s.nops = 0;
    memset(s.told, 0, sizeof s.told);
    for (int i = 0; i < COPIES; i++)
        need(text_doc_init(&s.docs[i]) == PL_OK);
    run(&s, data, len);
    for (int i = 0; i < COPIES; i++)
        check(&s.docs[i], &texts[i]);
    for (int i = 1; i <= WRITERS; i++)
        need(texts[i].len == texts[0].len &&
             (texts[0].len == 0 || memcmp(texts[i].data, texts[0].data, texts[0].len) == 0));
    for (int i = 0; i < COPIES; i++) {
        text_doc_free(&s.docs[i]);
        buf_free(&texts[i]);
    }
    return 0;
}
