/* People who write one text together, a room at a time: each sender is a typist before a copy of
 * the room's document, everyone in the room holds a copy, and after the drain all copies of a
 * room must hold the same text.
 *
 * Edits (edit_op.h) go to the channel itself and are applied at home at once, elsewhere when
 * they come. Cursors go to channel/cursors, keyed by their owner: only the newest counts.
 *
 *   "documents":{"identical":true,    in every room, all copies are the same
 *                "documents":N,       copies: one for each client
 *                "editors":N,         those who write
 *                "edits":N,           insertions and deletions sent, whole run
 *                "convergence_us":{}, convergence.h; edits sent in the window
 *                "bytes":N,"hash":""} room 0's text: UTF-8 bytes, SHA-256
 */
#include <stdlib.h>
#include <string.h>

#include "clients/document/convergence.h"
#include "clients/document/edit_op.h"
#include "lib/base/err.h"
#include "clients/document/typist.h"
#include "clients/send/workload.h"

enum { TO_DOCUMENT, TO_CURSORS };

struct editor {
    struct text_doc doc;
    struct typist typist;  /* of a sender */
    struct text_id cursor; /* behind this character */
};

struct edits {
    const struct workload_plan *plan;
    struct convergence convergence;
    struct err_text failure; /* the first edit that could not be applied; "" */
    struct editor editors[]; /* one for each client */
};

static void edits_free(void *state)
{
    struct edits *w = state;

    for (uint32_t i = 0; i < w->plan->nclients; i++)
        text_doc_free(&w->editors[i].doc);
    convergence_free(&w->convergence);
    free(w);
}

static void *edits_make(const struct workload_plan *plan)
{
    struct edits *w = calloc(1, sizeof *w + plan->nclients * sizeof w->editors[0]);
    int err;

    if (w == NULL)
        return NULL;
    w->plan = plan;
    err = convergence_init(&w->convergence, plan->nclients);
    for (uint32_t i = 0; err == PL_OK && i < plan->nclients; i++)
        err = text_doc_init(&w->editors[i].doc);
    if (err == PL_OK)
        return w;
    edits_free(w);
    return NULL;
}

static int64_t edits_first_due_ns(void *state, uint32_t client, int64_t start_ns)
{
    struct edits *w = state;
    struct typist *t = &w->editors[client].typist;

    typist_init(t, w->plan->seed + ((uint64_t)client << 32) + 1, w->plan->rate_hz, start_ns);
    return t->due_ns;
}

/* The first client of a client's room, and how many there are. */
static uint32_t room_first(const struct workload_plan *p, uint32_t client)
{
    return client - client % p->room_size;
}

static uint32_t room_clients(const struct workload_plan *p, uint32_t client)
{
    uint32_t left = p->nclients - room_first(p, client);

    return left < p->room_size ? left : p->room_size;
}

/* ---- writing ---- */

static void make_insert(const struct editor *e, uint32_t client, uint32_t index,
                        const struct typist_step *step, struct edit_op *op)
{
    op->kind = EDIT_INSERT;
    op->at = text_doc_id_before(&e->doc, index);
    op->id = (struct text_id){e->doc.clock + 1, client};
    op->text_len = step->text_bytes;
    memcpy(op->text, step->text, step->text_bytes);
}

static void make_delete(const struct editor *e, uint32_t index, uint32_t chars, struct edit_op *op)
{
    op->kind = EDIT_DELETE;
    op->nranges = text_doc_ranges(&e->doc, index - chars, &chars, op->ranges, EDIT_RANGES_MAX);
}

static int send_op(struct workload_outbox *out, unsigned channel, const struct edit_op *op)
{
    char json[EDIT_JSON_BYTES_MAX];
    size_t len = edit_op_encode(json, op);

    return out->send(out, channel, json, len) > 0 ? PL_OK : PL_ENOMEM;
}

/* Apply an edit to the sender's own copy and send it. PL_ELIMIT: not made, the document is full. */
static int make_edit(struct edits *w, uint32_t client, const struct edit_op *op,
                     struct workload_outbox *out)
{
    int err = edit_op_apply(op, &w->editors[client].doc);

    if (err < 0)
        return err;
    err = convergence_sent(&w->convergence, client, room_clients(w->plan, client) - 1);
    return err < 0 ? err : send_op(out, TO_DOCUMENT, op);
}

/* Where the cursor is after the step, which it took at index. */
static uint32_t index_after(uint32_t index, const struct typist_step *step)
{
    if (step->what == TYPIST_TYPES)
        return index + step->chars;
    return step->what == TYPIST_ERASES ? index - step->chars : step->index;
}

static int edits_write(void *state, uint32_t client, struct workload_outbox *out,
                       int64_t *next_due_ns)
{
    struct edits *w = state;
    struct editor *e = &w->editors[client];
    struct edit_op op = {.kind = EDIT_CURSOR};
    struct typist_step step;
    uint32_t index = 0;
    int err = PL_OK;

    text_doc_index_after(&e->doc, e->cursor, &index);
    typist_next(&e->typist, index, text_doc_length(&e->doc), &step);
    *next_due_ns = e->typist.due_ns;
    if (step.what == TYPIST_TYPES)
        make_insert(e, client, index, &step, &op);
    else if (step.what == TYPIST_ERASES)
        make_delete(e, index, step.chars, &op);
    if (op.kind != EDIT_CURSOR)
        err = make_edit(w, client, &op, out);
    if (err == PL_ELIMIT) {
        err_set(&w->failure, err, "the document of client %u is full", client);
        return PL_OK;
    }
    if (err < 0)
        return err;
    e->cursor = text_doc_id_before(&e->doc, index_after(index, &step));
    op = (struct edit_op){.kind = EDIT_CURSOR, .at = e->cursor};
    return send_op(out, TO_CURSORS, &op);
}

/* ---- receiving ---- */

static void edits_received(void *state, const struct workload_message *h)
{
    struct edits *w = state;
    struct edit_op op;
    int err = edit_op_decode(&op, h->data, h->len);

    if (err == PL_OK && h->channel == TO_DOCUMENT && h->client != h->sender) {
        err = edit_op_apply(&op, &w->editors[h->client].doc);
        if (err == PL_OK)
            convergence_applied(&w->convergence, h->sender, h->n, h->sent_ns, h->recv_ns,
                                h->in_window);
    }
    if (err < 0 && w->failure.text[0] == '\0')
        err_set(&w->failure, err, "client %u could not apply message %llu of client %u: %s",
                h->client, (unsigned long long)h->n, h->sender, pl_strerror(err));
}

/* ---- the result ---- */

/* The first client whose document is not that of its room; nclients: none. PL_ENOMEM. */
static int64_t find_different(const struct edits *w)
{
    char room[TEXT_HASH_CHARS + 1] = "", own[TEXT_HASH_CHARS + 1];

    for (uint32_t i = 0; i < w->plan->nclients; i++) {
        if (text_doc_hash(&w->editors[i].doc, own) < 0)
            return PL_ENOMEM;
        if (room_first(w->plan, i) == i)
            memcpy(room, own, sizeof room);
        else if (strcmp(room, own) != 0)
            return i;
    }
    return w->plan->nclients;
}

/* The first room without text; nclients: none. */
static uint32_t find_empty(const struct edits *w)
{
    uint32_t i = 0;

    while (i < w->plan->nclients && text_doc_length(&w->editors[i].doc) > 0)
        i += w->plan->room_size;
    return i < w->plan->nclients ? i / w->plan->room_size : w->plan->nclients;
}

static const char *edits_fault(void *state)
{
    struct edits *w = state;
    uint64_t unsettled = convergence_unsettled(&w->convergence);
    int64_t different = find_different(w);
    uint32_t empty = find_empty(w);

    if (w->failure.text[0] != '\0')
        return w->failure.text;
    if (different < 0)
        err_set(&w->failure, PL_ENOMEM, "documents: out of memory");
    else if (different < w->plan->nclients)
        err_set(&w->failure, PL_EINVAL, "the document of client %u is not that of its room",
                (uint32_t)different);
    else if (unsettled > 0)
        err_set(&w->failure, PL_EINVAL, "%llu edits did not come to everyone in their room",
                (unsigned long long)unsettled);
    else if (empty < w->plan->nclients)
        err_set(&w->failure, PL_EINVAL, "the document of room %u is empty", empty);
    return w->failure.text[0] != '\0' ? w->failure.text : NULL;
}

static int edits_add_documents(void *state, struct json *out)
{
    struct edits *w = state;
    const struct workload_plan *p = w->plan;
    int64_t different = find_different(w);
    char hash[TEXT_HASH_CHARS + 1];
    struct buf text = {0};
    int err = text_doc_text(&w->editors[0].doc, &text);
    size_t bytes = text.len;

    buf_free(&text);
    if (err < 0 || different < 0 || text_doc_hash(&w->editors[0].doc, hash) < 0)
        return PL_ENOMEM;
    json_bool(out, "identical", different == p->nclients);
    json_u64(out, "documents", p->nclients);
    json_u64(out, "editors", workload_senders(p));
    json_u64(out, "edits", w->convergence.sent);
    json_hdr(out, "convergence_us", &w->convergence.lag_us);
    json_u64(out, "bytes", bytes);
    json_text(out, "hash", hash);
    return out->err;
}

const struct workload workload_edits = {
    .name = "edits",
    .channels =
        {[TO_DOCUMENT] = {.suffix = ""}, [TO_CURSORS] = {.suffix = "/cursors", .keyed = true}},
    .nchannels = 2,
    .make = edits_make,
    .free = edits_free,
    .first_due_ns = edits_first_due_ns,
    .write = edits_write,
    .received = edits_received,
    .fault = edits_fault,
    .add_documents = edits_add_documents,
};
