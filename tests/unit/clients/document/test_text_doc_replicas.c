/* Replicas that edit at once and hear of each other late, against the definition of the result
 * (text_model.h), through the edits' wire form. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "clients/document/text_doc.h"
#include "tests/unit/clients/document/text_edits.h"
#include "tests/unit/clients/document/text_model.h"

enum { REPLICAS_MAX = 8 };

/* Edits as they go over the wire. */
struct edits {
    struct buf *json; /* owned, and what they hold */
    size_t len, cap;
};

struct replica {
    struct text_doc doc;
    struct edits done; /* here; the first so many of them are in the log */
    size_t sent, taken;
};

struct world {
    struct replica replicas[REPLICAS_MAX];
    uint32_t n;
    struct edits log; /* in the one order in which everyone gets them, authors included */
    struct rng rng;
};

static void keep(struct edits *e, const void *json, size_t len)
{
    if (e->len == e->cap) {
        e->cap = e->cap == 0 ? 64 : 2 * e->cap;
        e->json = realloc(e->json, e->cap * sizeof *e->json);
    }
    e->json[e->len] = (struct buf){0};
    buf_add(&e->json[e->len++], json, len);
}

static void forget(struct edits *e)
{
    for (size_t i = 0; i < e->len; i++)
        buf_free(&e->json[i]);
    free(e->json);
}

static struct edit_op nth(const struct edits *e, size_t i)
{
    struct edit_op op;

    if (edit_op_decode(&op, (const char *)e->json[i].data, e->json[i].len) < 0)
        ck_abort_msg("%.*s", (int)e->json[i].len, (const char *)e->json[i].data);
    return op;
}

static uint32_t below(struct rng *rng, uint32_t n)
{
    return (uint32_t)(rng_uniform(rng) * n);
}

static void edit_somewhere(struct world *w, uint32_t who)
{
    struct replica *r = &w->replicas[who];
    uint32_t length = text_doc_length(&r->doc), index = below(&w->rng, length + 1);
    char text[8] = "", json[EDIT_JSON_BYTES_MAX];
    struct edit_op op;

    if (length > index && below(&w->rng, 5) < 2) {
        op = deletion(&r->doc, index, 1 + below(&w->rng, length - index < 9 ? length - index : 9));
    } else {
        for (uint32_t i = 0, n = 1 + below(&w->rng, 6); i < n; i++)
            text[i] = (char)('a' + below(&w->rng, 26));
        op = insertion(&r->doc, who, index, text);
    }
    apply(&r->doc, &op);
    keep(&r->done, json, edit_op_encode(json, &op));
}

static void send_some(struct world *w, uint32_t who, size_t max)
{
    struct replica *r = &w->replicas[who];

    for (; max > 0 && r->sent < r->done.len; max--, r->sent++)
        keep(&w->log, r->done.json[r->sent].data, r->done.json[r->sent].len);
}

static void take_some(struct world *w, uint32_t who, size_t max)
{
    struct replica *r = &w->replicas[who];

    for (; max > 0 && r->taken < w->log.len; max--) {
        struct edit_op op = nth(&w->log, r->taken++);

        apply(&r->doc, &op);
    }
}

static void live(struct world *w, uint32_t n, size_t edits, uint64_t seed)
{
    *w = (struct world){.n = n};
    rng_seed(&w->rng, seed);
    for (uint32_t i = 0; i < n; i++)
        ck_assert_int_eq(text_doc_init(&w->replicas[i].doc), PL_OK);
    for (size_t done = 0; done < edits;) {
        uint32_t who = below(&w->rng, n), what = below(&w->rng, 3);

        if (what == 0)
            send_some(w, who, below(&w->rng, 8));
        else if (what == 1)
            take_some(w, who, below(&w->rng, 24));
        else
            edit_somewhere(w, who), done++;
    }
    for (uint32_t i = 0; i < n; i++)
        send_some(w, i, SIZE_MAX);
    for (uint32_t i = 0; i < n; i++)
        take_some(w, i, SIZE_MAX);
}

static void assert_agreed(struct world *w)
{
    struct model m = {0};
    size_t len;
    char *expected;

    for (size_t i = 0; i < w->log.len; i++) {
        struct edit_op op = nth(&w->log, i);

        if (op.kind == EDIT_INSERT)
            model_insert(&m, &op);
    }
    model_sort(&m);
    for (size_t i = 0; i < w->log.len; i++) {
        struct edit_op op = nth(&w->log, i);

        if (op.kind == EDIT_DELETE)
            model_delete(&m, &op);
    }
    expected = model_text(&m, &len);
    for (uint32_t i = 0; i < w->n; i++) {
        const struct text_doc *d = &w->replicas[i].doc;
        struct buf text = {0};

        ck_assert_int_eq(text_doc_text(d, &text), PL_OK);
        ck_assert_uint_eq(text.len, len);
        ck_assert_uint_eq(text_doc_length(d), len);
        ck_assert(len == 0 || memcmp(text.data, expected, len) == 0);
        buf_free(&text);
    }
    free(expected);
    model_free(&m);
}

static void end_world(struct world *w)
{
    for (uint32_t i = 0; i < w->n; i++) {
        text_doc_free(&w->replicas[i].doc);
        forget(&w->replicas[i].done);
    }
    forget(&w->log);
}

START_TEST(text_doc_replicas_agree_with_each_other_and_with_the_definition)
{
    struct world w;

    for (int i = 0; i < 20; i++) {
        live(&w, 2 + (uint32_t)_i % (REPLICAS_MAX - 1), 60, (uint64_t)(_i * 1000 + i));
        assert_agreed(&w);
        end_world(&w);
    }
}
END_TEST

START_TEST(text_doc_replicas_agree_after_a_hundred_thousand_edits)
{
    struct world w;

    live(&w, 3, 100000, 5);
    ck_assert_uint_eq(w.log.len, 100000);
    assert_agreed(&w);
    ck_assert_uint_gt(text_doc_length(&w.replicas[0].doc), 1000);
    end_world(&w);
}
END_TEST

/* Every index has an id and every id its index, however the spans were cut. */
START_TEST(text_doc_index_and_id_are_each_others_inverse)
{
    struct world w;
    const struct text_doc *d = &w.replicas[0].doc;

    live(&w, 4, 2000, 9);
    for (uint32_t i = 0; i <= text_doc_length(d); i++) {
        uint32_t index = UINT32_MAX;

        if (!text_doc_index_after(d, text_doc_id_before(d, i), &index) || index != i)
            ck_abort_msg("index %u became %u", i, index);
    }
    end_world(&w);
}
END_TEST

static TCase *concurrency(void)
{
    TCase *tc = tcase_create("concurrency");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, text_doc_replicas_agree_with_each_other_and_with_the_definition, 0, 21);
    tcase_add_test(tc, text_doc_replicas_agree_after_a_hundred_thousand_edits);
    tcase_add_test(tc, text_doc_index_and_id_are_each_others_inverse);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("text_doc_replicas");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, concurrency());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
