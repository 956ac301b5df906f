#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "clients/document/text_doc.h"
#include "tests/unit/clients/document/text_edits.h"

enum { DOCS = 3 };

static struct text_doc docs[DOCS];

static void make(void)
{
    for (int i = 0; i < DOCS; i++)
        ck_assert_int_eq(text_doc_init(&docs[i]), PL_OK);
}

static void drop(void)
{
    for (int i = 0; i < DOCS; i++)
        text_doc_free(&docs[i]);
}

/* docs[who] edits its own copy. */
static struct edit_op type(uint32_t who, uint32_t index, const char *text)
{
    struct edit_op op = insertion(&docs[who], who, index, text);

    apply(&docs[who], &op);
    return op;
}

static struct edit_op erase(uint32_t who, uint32_t index, uint32_t count)
{
    struct edit_op op = deletion(&docs[who], index, count);

    apply(&docs[who], &op);
    return op;
}

static void assert_text(const struct text_doc *d, const char *expected)
{
    struct buf text = {0};

    ck_assert_int_eq(text_doc_text(d, &text), PL_OK);
    ck_assert_int_eq(buf_add(&text, "", 1), PL_OK);
    ck_assert_str_eq((char *)text.data, expected);
    buf_free(&text);
}

/* What each has done comes to the two others, in the order given. */
static void spread(const struct edit_op *const *ops, size_t n)
{
    for (int i = 0; i < DOCS; i++) {
        for (size_t k = 0; k < n; k++)
            apply(&docs[i], ops[k]);
    }
}
#define SPREAD(...)                                                                                \
    spread((const struct edit_op *const[]){__VA_ARGS__},                                           \
           sizeof(const struct edit_op *const[]){__VA_ARGS__} / sizeof(struct edit_op *))

static void assert_all(const char *expected)
{
    for (int i = 0; i < DOCS; i++)
        assert_text(&docs[i], expected);
}

START_TEST(text_doc_begins_empty)
{
    ck_assert_uint_eq(text_doc_length(&docs[0]), 0);
    ck_assert_uint_eq(docs[0].clock, 0);
    ck_assert_uint_eq(text_doc_id_before(&docs[0], 0).clock, 0);
    assert_text(&docs[0], "");
}
END_TEST

START_TEST(text_doc_of_one_editor_is_what_was_typed)
{
    type(0, 0, "the quick fox");
    type(0, 10, "brown ");
    erase(0, 0, 4);
    type(0, 0, "a ");
    assert_text(&docs[0], "a quick brown fox");
    ck_assert_uint_eq(text_doc_length(&docs[0]), 17);
    ck_assert_uint_eq(docs[0].clock, 13 + 6 + 2);
}
END_TEST

/* Roh et al.: the insertion with the greater timestamp stands first, on every replica. */
START_TEST(text_doc_keeps_runs_typed_at_the_same_place_together)
{
    struct edit_op a = type(0, 0, "Hello "), b = type(1, 0, "Goodbye ");

    apply(&docs[0], &b);
    apply(&docs[1], &a);
    apply(&docs[2], &b);
    apply(&docs[2], &a);
    assert_all("Goodbye Hello ");
}
END_TEST

START_TEST(text_doc_keeps_runs_together_that_go_on_while_others_type_there)
{
    struct edit_op base = type(0, 0, "[]"), a1, a2, b1, b2;

    SPREAD(&base);
    a1 = type(0, 1, "one ");
    b1 = type(1, 1, "two ");
    a2 = type(0, 5, "more");
    b2 = type(1, 5, "again ");
    for (int i = 0; i < DOCS; i++) {
        const struct edit_op *orders[DOCS][4] = {
            {&b1, &b2, &a1, &a2}, {&a1, &b1, &a2, &b2}, {&b1, &a1, &b2, &a2}};

        for (int k = 0; k < 4; k++)
            apply(&docs[i], orders[i][k]);
    }
    assert_all("[two again one more]");
}
END_TEST

/* A run is but its characters, each behind the one before: whoever comes between. */
START_TEST(text_doc_treats_a_run_as_its_characters_one_by_one)
{
    static const struct {
        uint32_t editor;
        const char *expected;
    } cases[] = {{3, "abcx"}, {9, "axbc"}};
    struct text_id root = {0, 0}, a = {1, 7}, b = {2, 7};

    for (size_t i = 0; i < 2; i++) {
        struct text_id x = {2, cases[i].editor};

        ck_assert_int_eq(text_doc_insert(&docs[i], root, a, "abc", 3), PL_OK);
        ck_assert_int_eq(text_doc_insert(&docs[i], a, x, "x", 1), PL_OK);
        assert_text(&docs[i], cases[i].expected);
        text_doc_free(&docs[2]);
        ck_assert_int_eq(text_doc_init(&docs[2]), PL_OK);
        ck_assert_int_eq(text_doc_insert(&docs[2], root, a, "a", 1), PL_OK);
        ck_assert_int_eq(text_doc_insert(&docs[2], a, x, "x", 1), PL_OK);
        ck_assert_int_eq(text_doc_insert(&docs[2], a, b, "bc", 2), PL_OK);
        assert_text(&docs[2], cases[i].expected);
    }
}
END_TEST

/* The figure of every paper on the subject: ABC; one puts X behind A, one Y behind B, one
 * deletes B, none knowing of the others. */
START_TEST(text_doc_keeps_the_place_of_what_follows_a_deleted_character)
{
    struct edit_op base = type(0, 0, "ABC"), x, y, del;

    SPREAD(&base);
    x = type(0, 1, "X");
    y = type(1, 2, "Y");
    del = erase(2, 1, 1);
    SPREAD(&del, &y, &x);
    assert_all("AXYC");
}
END_TEST

START_TEST(text_doc_deletes_once_what_two_delete_at_once)
{
    struct edit_op base = type(0, 0, "abcdefgh"), one, two;

    SPREAD(&base);
    one = erase(0, 1, 4);
    two = erase(1, 3, 4);
    SPREAD(&two, &one);
    assert_all("ah");
    ck_assert_uint_eq(text_doc_length(&docs[2]), 2);
}
END_TEST

START_TEST(text_doc_spares_what_was_typed_into_deleted_text_meanwhile)
{
    struct edit_op base = type(0, 0, "delete all of this"), gone, typed;

    SPREAD(&base);
    gone = erase(0, 0, 18);
    typed = type(1, 10, " NOT");
    SPREAD(&gone, &typed);
    assert_all(" NOT");
}
END_TEST

START_TEST(text_doc_takes_an_edit_once)
{
    struct edit_op a = type(0, 0, "abc"), b = type(0, 1, "-"), d = erase(0, 0, 1);

    ck_assert_int_eq(text_doc_insert(&docs[0], a.at, a.id, a.text, a.text_len), 1);
    SPREAD(&a, &b, &d, &a, &d, &b);
    assert_all("-bc");
}
END_TEST

START_TEST(text_doc_refuses_what_breaks_causality)
{
    struct text_id root = {0, 0}, a1 = {1, 7}, a3 = {3, 7}, unknown = {2, 9};
    struct text_doc *d = &docs[0];

    ck_assert_int_eq(text_doc_insert(d, unknown, (struct text_id){3, 7}, "x", 1), PL_EPROTO);
    ck_assert_int_eq(text_doc_insert(d, (struct text_id){0, 1}, a1, "x", 1), PL_EPROTO);
    ck_assert_int_eq(text_doc_insert(d, root, a3, "abc", 3), PL_OK);
    ck_assert_int_eq(text_doc_insert(d, a3, a3, "x", 1), 1);
    ck_assert_int_eq(text_doc_insert(d, root, (struct text_id){5, 7}, "xy", 2), PL_EPROTO);
    ck_assert_int_eq(text_doc_insert(d, root, a1, "x", 1), PL_EPROTO); /* older than its own */
    ck_assert_int_eq(text_doc_insert(d, a3, (struct text_id){2, 8}, "x", 1), PL_EPROTO);
    ck_assert_int_eq(text_doc_insert(d, root, a1, "", 0), PL_EINVAL);
    ck_assert_int_eq(text_doc_insert(d, root, root, "x", 1), PL_EINVAL);
    ck_assert_int_eq(text_doc_insert(d, root, (struct text_id){9, 7}, "\xc3", 1), PL_EUTF8);
    ck_assert_int_eq(text_doc_insert(d, root, (struct text_id){TEXT_CLOCK_MAX, 7}, "xy", 2),
                     PL_ELIMIT);
    assert_text(d, "abc");
}
END_TEST

START_TEST(text_doc_refuses_to_delete_what_never_was)
{
    struct text_doc *d = &docs[0];

    type(0, 0, "abc");
    ck_assert_int_eq(text_doc_delete(d, (struct text_range){{2, 0}, 3}), PL_EPROTO);
    ck_assert_int_eq(text_doc_delete(d, (struct text_range){{2, 1}, 1}), PL_EPROTO);
    ck_assert_int_eq(text_doc_delete(d, (struct text_range){{0, 0}, 1}), PL_EPROTO);
    ck_assert_int_eq(text_doc_delete(d, (struct text_range){{1, 0}, 0}), PL_EPROTO);
    ck_assert_int_eq(text_doc_delete(d, (struct text_range){{1, 0}, UINT32_MAX}), PL_EPROTO);
    assert_text(d, "abc");
}
END_TEST

START_TEST(text_doc_counts_characters_not_bytes)
{
    type(0, 0, "aé€\U0001f600z");
    ck_assert_uint_eq(text_doc_length(&docs[0]), 5);
    type(0, 3, "—");
    erase(0, 1, 1);
    assert_text(&docs[0], "a€—\U0001f600z");
    erase(0, 3, 1);
    assert_text(&docs[0], "a€—z");
}
END_TEST

START_TEST(text_doc_cursor_stays_while_others_edit)
{
    struct text_id cursor, nobody = {99, 1};
    uint32_t index;

    type(0, 0, "one two three");
    cursor = text_doc_id_before(&docs[0], 7); /* behind "two" */
    type(0, 0, "zero ");
    ck_assert(text_doc_index_after(&docs[0], cursor, &index));
    ck_assert_uint_eq(index, 12);
    erase(0, 9, 4); /* "two " */
    ck_assert(text_doc_index_after(&docs[0], cursor, &index));
    ck_assert_uint_eq(index, 9);
    ck_assert(!text_doc_index_after(&docs[0], nobody, &index));
    ck_assert(text_doc_index_after(&docs[0], (struct text_id){0, 0}, &index));
    ck_assert_uint_eq(index, 0);
}
END_TEST

START_TEST(text_doc_ranges_stop_where_the_room_ends)
{
    struct text_range ranges[2];
    uint32_t count = 6;

    type(0, 0, "abcdef");
    type(0, 2, "X"); /* ab X cdef */
    type(0, 5, "Y"); /* ab X cd Y ef */
    ck_assert_uint_eq(text_doc_ranges(&docs[0], 1, &count, ranges, 2), 2);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(ranges[0].first.clock, 2);
    ck_assert_uint_eq(ranges[1].first.clock, 7);
    count = 0;
    ck_assert_uint_eq(text_doc_ranges(&docs[0], 8, &count, ranges, 2), 0);
}
END_TEST

START_TEST(text_doc_holds_a_million_characters_and_no_more)
{
    enum { PIECE = 1 << 16 };
    char *text = malloc(PIECE);
    struct text_id at = {0, 0}, id = {1, 0};

    memset(text, 'x', PIECE);
    for (int i = 0; i < TEXT_DOC_CHARS_MAX / PIECE; i++) {
        ck_assert_int_eq(text_doc_insert(&docs[0], at, id, text, PIECE), PL_OK);
        id.clock += PIECE;
    }
    ck_assert_int_eq(text_doc_insert(&docs[0], at, id, text, 1), PL_ELIMIT);
    ck_assert_uint_eq(text_doc_length(&docs[0]), TEXT_DOC_CHARS_MAX);
    free(text);
}
END_TEST

static void assert_hash(const char *text, const char *expected)
{
    char hex[TEXT_HASH_CHARS + 1];
    struct text_doc d;

    ck_assert_int_eq(text_doc_init(&d), PL_OK);
    for (size_t i = 0; text[i] != '\0'; i++) { /* backwards, a character at a time */
        struct edit_op op = insertion(&d, 3, 0, "");

        op.text[op.text_len++] = text[strlen(text) - 1 - i];
        apply(&d, &op);
    }
    ck_assert_int_eq(text_doc_hash(&d, hex), PL_OK);
    ck_assert_str_eq(hex, expected);
    text_doc_free(&d);
}

/* The examples that NIST gives for SHA-256. */
START_TEST(text_doc_hash_is_sha_256_fips_180_4)
{
    assert_hash("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hash("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
END_TEST

static TCase *examples(void)
{
    TCase *tc = tcase_create("examples");

    tcase_add_checked_fixture(tc, make, drop);
    tcase_add_test(tc, text_doc_begins_empty);
    tcase_add_test(tc, text_doc_of_one_editor_is_what_was_typed);
    tcase_add_test(tc, text_doc_keeps_runs_typed_at_the_same_place_together);
    tcase_add_test(tc, text_doc_keeps_runs_together_that_go_on_while_others_type_there);
    tcase_add_test(tc, text_doc_treats_a_run_as_its_characters_one_by_one);
    tcase_add_test(tc, text_doc_keeps_the_place_of_what_follows_a_deleted_character);
    tcase_add_test(tc, text_doc_deletes_once_what_two_delete_at_once);
    tcase_add_test(tc, text_doc_spares_what_was_typed_into_deleted_text_meanwhile);
    tcase_add_test(tc, text_doc_takes_an_edit_once);
    tcase_add_test(tc, text_doc_refuses_what_breaks_causality);
    tcase_add_test(tc, text_doc_refuses_to_delete_what_never_was);
    tcase_add_test(tc, text_doc_counts_characters_not_bytes);
    tcase_add_test(tc, text_doc_cursor_stays_while_others_edit);
    tcase_add_test(tc, text_doc_ranges_stop_where_the_room_ends);
    tcase_add_test(tc, text_doc_holds_a_million_characters_and_no_more);
    tcase_add_test(tc, text_doc_hash_is_sha_256_fips_180_4);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("text_doc");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, examples());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
