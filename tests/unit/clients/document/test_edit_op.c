#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/document/edit_op.h"
#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "lib/base/json_line.h"

static struct edit_op op;
static char json[EDIT_JSON_BYTES_MAX];
static struct guard guard;

static void make(void)
{
    memset(&op, 0, sizeof op);
    guard = guard_new(EDIT_JSON_BYTES_MAX * 2);
}

static void drop(void)
{
    guard_free(&guard);
}

static int decode(const char *text)
{
    return edit_op_decode(&op, (char *)guard_copy(&guard, text, strlen(text)), strlen(text));
}

static void assert_encodes(const char *expected)
{
    char compact[EDIT_JSON_BYTES_MAX];
    size_t len = edit_op_encode(json, &op);

    ck_assert_uint_eq(len, strlen(expected));
    ck_assert_int_eq(memcmp(json, expected, len), 0);
    ck_assert_int_eq(json_line_compact(compact, json, len), (ssize_t)len);
}

static void set_insert(const char *text, size_t len)
{
    op.kind = EDIT_INSERT;
    op.text_len = len;
    memcpy(op.text, text, len);
    op.at = (struct text_id){12, 3};
    op.id = (struct text_id){13, 7};
}

static void assert_text(const char *expected, size_t len)
{
    ck_assert_int_eq(op.kind, EDIT_INSERT);
    ck_assert_uint_eq(op.text_len, len);
    ck_assert_int_eq(memcmp(op.text, expected, len), 0);
}

START_TEST(edit_op_writes_an_insertion)
{
    set_insert("hello", 5);
    assert_encodes("{\"ins\":\"hello\",\"at\":[12,3],\"id\":[13,7]}");
}
END_TEST

START_TEST(edit_op_writes_a_deletion)
{
    op.kind = EDIT_DELETE;
    op.nranges = 2;
    op.ranges[0] = (struct text_range){{12, 3}, 5};
    op.ranges[1] = (struct text_range){{20, 1}, 1};
    assert_encodes("{\"del\":[[12,3,5],[20,1,1]]}");
}
END_TEST

START_TEST(edit_op_writes_a_cursor)
{
    op.kind = EDIT_CURSOR;
    op.at = (struct text_id){17, 7};
    assert_encodes("{\"cursor\":[17,7]}");
}
END_TEST

START_TEST(edit_op_escapes_what_must_be_escaped_rfc_8259_7)
{
    set_insert("\"\\\n\0\x1f/é", 8);
    assert_encodes("{\"ins\":\"\\\"\\\\\\n\\u0000\\u001f/é\",\"at\":[12,3],\"id\":[13,7]}");
}
END_TEST

START_TEST(edit_op_has_room_for_the_longest)
{
    struct edit_op longest = {.kind = EDIT_INSERT,
                              .at = {TEXT_CLOCK_MAX, UINT32_MAX},
                              .id = {TEXT_CLOCK_MAX, UINT32_MAX},
                              .text_len = EDIT_TEXT_BYTES_MAX,
                              .nranges = EDIT_RANGES_MAX};

    ck_assert_uint_le(edit_op_encode(json, &longest), sizeof json);
    ck_assert_int_eq(edit_op_decode(&op, json, edit_op_encode(json, &longest)), PL_OK);
    ck_assert_uint_eq(op.text_len, EDIT_TEXT_BYTES_MAX);
    longest.kind = EDIT_DELETE;
    for (int i = 0; i < EDIT_RANGES_MAX; i++)
        longest.ranges[i] = (struct text_range){longest.at, UINT32_MAX};
    ck_assert_uint_le(edit_op_encode(json, &longest), sizeof json);
    ck_assert_int_eq(edit_op_decode(&op, json, edit_op_encode(json, &longest)), PL_OK);
    ck_assert_uint_eq(op.nranges, EDIT_RANGES_MAX);
}
END_TEST

START_TEST(edit_op_reads_what_it_writes)
{
    ck_assert_int_eq(decode("{\"ins\":\"hello\",\"at\":[12,3],\"id\":[13,7]}"), PL_OK);
    assert_text("hello", 5);
    ck_assert_uint_eq(op.at.clock, 12);
    ck_assert_uint_eq(op.at.editor, 3);
    ck_assert_uint_eq(op.id.clock, 13);
    ck_assert_uint_eq(op.id.editor, 7);
    ck_assert_int_eq(decode("{\"del\":[[12,3,5],[20,1,1]]}"), PL_OK);
    ck_assert_int_eq(op.kind, EDIT_DELETE);
    ck_assert_uint_eq(op.nranges, 2);
    ck_assert_uint_eq(op.ranges[0].len, 5);
    ck_assert_uint_eq(op.ranges[1].first.clock, 20);
    ck_assert_int_eq(decode("{\"cursor\":[0,0]}"), PL_OK);
    ck_assert_int_eq(op.kind, EDIT_CURSOR);
}
END_TEST

START_TEST(edit_op_reads_every_escape_rfc_8259_7)
{
    ck_assert_int_eq(
        decode("{\"ins\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00"
               "\",\"at\":[0,0],\"id\":[1,1]}"),
        PL_OK);
    assert_text("\"\\/\b\f\n\r\tAé€\U0001f600", 18);
}
END_TEST

START_TEST(edit_op_refuses_half_a_surrogate_pair)
{
    static const char *const halves[] = {"\\ud83d",        "\\ude00",  "\\ude00\\ude00",
                                         "\\ud83d\\u0041", "\\ud83dx", "\\ud83d\\n"};
    char text[128];

    snprintf(text, sizeof text, "{\"ins\":\"%s\",\"at\":[0,0],\"id\":[1,1]}", halves[_i]);
    ck_assert_int_eq(decode(text), PL_EUTF8);
}
END_TEST

START_TEST(edit_op_refuses_what_is_no_edit)
{
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"", PL_EPROTO},
        {"{}", PL_EPROTO},
        {"[]", PL_EPROTO},
        {"{\"ins\":\"\",\"at\":[0,0],\"id\":[1,1]}", PL_EPROTO},
        {"{\"ins\":\"a\",\"id\":[1,1],\"at\":[0,0]}", PL_EPROTO},
        {"{\"ins\":\"a\",\"at\":[0,0],\"id\":[1,1]}x", PL_EPROTO},
        {"{\"ins\":\"a\",\"at\":[0,0],\"id\":[-1,1]}", PL_EPROTO},
        {"{\"ins\":\"a\",\"at\":[0,0],\"id\":[1,4294967296]}", PL_EPROTO},
        {"{\"ins\":\"a\",\"at\":[0,0],\"id\":[9007199254740992,1]}", PL_EPROTO},
        {"{\"ins\":\"a\\x\",\"at\":[0,0],\"id\":[1,1]}", PL_EPROTO},
        {"{\"ins\":\"a\\u12g4\",\"at\":[0,0],\"id\":[1,1]}", PL_EPROTO},
        {"{\"ins\":\"a\nb\",\"at\":[0,0],\"id\":[1,1]}", PL_EPROTO},
        {"{\"ins\":\"\xff\",\"at\":[0,0],\"id\":[1,1]}", PL_EUTF8},
        {"{\"del\":[]}", PL_EPROTO},
        {"{\"del\":[[1,1,0]]}", PL_EPROTO},
        {"{\"del\":[[1,1,1],]}", PL_EPROTO},
        {"{\"del\":[[1,1,1]]]}", PL_EPROTO},
        {"{\"cursor\":[1]}", PL_EPROTO},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(decode(cases[i].text) == cases[i].err, "%s", cases[i].text);
}
END_TEST

START_TEST(edit_op_refuses_more_than_its_limits)
{
    size_t n = (size_t)sprintf(json, "{\"ins\":\"");

    memset(json + n, 'x', EDIT_TEXT_BYTES_MAX + 1);
    n += EDIT_TEXT_BYTES_MAX + 1;
    sprintf(json + n, "\",\"at\":[0,0],\"id\":[1,1]}");
    ck_assert_int_eq(decode(json), PL_ELIMIT);
    n = (size_t)sprintf(json, "{\"del\":[[1,1,1]");
    for (int i = 0; i < EDIT_RANGES_MAX; i++)
        n += (size_t)sprintf(json + n, ",[1,1,1]");
    sprintf(json + n, "]}");
    ck_assert_int_eq(decode(json), PL_ELIMIT);
}
END_TEST

/* At every length short of the whole, against an unreadable page. */
START_TEST(edit_op_refuses_every_part_of_an_edit)
{
    static const char *const whole[] = {
        "{\"ins\":\"a\\n\\ud83d\\ude00é\",\"at\":[12,3],\"id\":[13,7]}",
        "{\"del\":[[12,3,5],[20,1,1]]}",
        "{\"cursor\":[17,7]}",
    };

    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        size_t len = strlen(whole[i]);

        ck_assert_int_eq(decode(whole[i]), PL_OK);
        for (size_t n = 0; n < len; n++)
            ck_assert_int_lt(edit_op_decode(&op, (char *)guard_copy(&guard, whole[i], n), n), 0);
    }
}
END_TEST

START_TEST(edit_op_applies_to_a_document)
{
    struct text_doc d;
    struct buf text = {0};

    ck_assert_int_eq(text_doc_init(&d), PL_OK);
    ck_assert_int_eq(decode("{\"ins\":\"a\\nbc\",\"at\":[0,0],\"id\":[1,7]}"), PL_OK);
    ck_assert_int_eq(edit_op_apply(&op, &d), PL_OK);
    ck_assert_int_eq(edit_op_apply(&op, &d), PL_OK); /* known already */
    ck_assert_int_eq(decode("{\"del\":[[1,7,1],[4,7,1]]}"), PL_OK);
    ck_assert_int_eq(edit_op_apply(&op, &d), PL_OK);
    ck_assert_int_eq(decode("{\"cursor\":[3,7]}"), PL_OK);
    ck_assert_int_eq(edit_op_apply(&op, &d), PL_OK);
    ck_assert_int_eq(decode("{\"del\":[[4,7,2]]}"), PL_OK);
    ck_assert_int_eq(edit_op_apply(&op, &d), PL_EPROTO);
    ck_assert_int_eq(text_doc_text(&d, &text), PL_OK);
    ck_assert_uint_eq(text.len, 2);
    ck_assert_int_eq(memcmp(text.data, "\nb", 2), 0);
    buf_free(&text);
    text_doc_free(&d);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("edit_op");
    TCase *tc = tcase_create("edit_op");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, make, drop);
    tcase_add_test(tc, edit_op_writes_an_insertion);
    tcase_add_test(tc, edit_op_writes_a_deletion);
    tcase_add_test(tc, edit_op_writes_a_cursor);
    tcase_add_test(tc, edit_op_escapes_what_must_be_escaped_rfc_8259_7);
    tcase_add_test(tc, edit_op_has_room_for_the_longest);
    tcase_add_test(tc, edit_op_reads_what_it_writes);
    tcase_add_test(tc, edit_op_reads_every_escape_rfc_8259_7);
    tcase_add_loop_test(tc, edit_op_refuses_half_a_surrogate_pair, 0, 6);
    tcase_add_test(tc, edit_op_refuses_what_is_no_edit);
    tcase_add_test(tc, edit_op_refuses_more_than_its_limits);
    tcase_add_test(tc, edit_op_refuses_every_part_of_an_edit);
    tcase_add_test(tc, edit_op_applies_to_a_document);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
