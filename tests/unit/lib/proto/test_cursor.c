#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/proto/cursor.h"

START_TEST(cursor_reads_a_number_with_and_without_its_epoch)
{
    struct cursor at;

    ck_assert_int_eq(cursor_read(&at, "17-k3x9qa", INT64_MAX), 0);
    ck_assert_uint_eq(at.seq, 17);
    ck_assert_str_eq(at.epoch, "k3x9qa");
    ck_assert_int_eq(cursor_read(&at, "0", INT64_MAX), 0);
    ck_assert_uint_eq(at.seq, 0);
    ck_assert_str_eq(at.epoch, "");
    ck_assert_int_eq(cursor_read(&at, "9223372036854775807-000000", INT64_MAX), 0);
}
END_TEST

START_TEST(cursor_refuses_everything_else)
{
    static const char *const texts[] = {
        "",
        "-",
        "-1",
        "17-",
        "17-k3x9q",
        "-k3x9qa",
        "17-k3x9qaa",
        "17-K3X9QA",
        "17-k3x9q ",
        "17 -k3x9qa",
        "+17",
        "17--k3x9qa",
        "1e3",
        "17-k3x9q-",
        "9223372036854775808",
        "0x11",
        "17-k3x9q\n",
        "\xc2\xb2-k3x9qa",
        "000000000000000000000000000000000000000000000000017-k3x9qa",
    };
    struct cursor at;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(cursor_read(&at, texts[i], INT64_MAX) == PL_EINVAL, "%s", texts[i]);
}
END_TEST

START_TEST(cursor_reads_what_it_writes)
{
    static const struct cursor all[] = {
        {0, ""}, {17, "k3x9qa"}, {UINT64_MAX, "zzzzzz"}, {UINT64_MAX, ""}};
    char text[CURSOR_TEXT_BYTES], hello[HELLO_TEXT_BYTES];
    struct cursor at;
    bool restarted;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        ck_assert_uint_eq(cursor_encode(text, all[i].seq, all[i].epoch), strlen(text));
        ck_assert_int_eq(cursor_read(&at, text, UINT64_MAX), 0);
        ck_assert_uint_eq(at.seq, all[i].seq);
        ck_assert_str_eq(at.epoch, all[i].epoch);
        for (int k = 0; k < 2; k++) {
            size_t len = hello_encode(hello, &all[i], k == 1);

            ck_assert_uint_eq(len, strlen(hello));
            ck_assert(len < sizeof hello);
            ck_assert(hello_read(&at, &restarted, hello, len));
            ck_assert_uint_eq(at.seq, all[i].seq);
            ck_assert_str_eq(at.epoch, all[i].epoch);
            ck_assert_int_eq(restarted, k == 1);
            for (size_t cut = 0; cut < len; cut++)
                ck_assert(!hello_read(&at, &restarted, hello, cut));
        }
    }
}
END_TEST

START_TEST(epochs_differ_only_if_both_are_known)
{
    char a[EPOCH_CHARS + 1], b[EPOCH_CHARS + 1];

    epoch_of_bits(a, 0);
    epoch_of_bits(b, UINT64_MAX);
    ck_assert(epoch_valid(a, strlen(a)) && epoch_valid(b, strlen(b)));
    ck_assert(epochs_differ(a, b));
    ck_assert(!epochs_differ(a, a));
    ck_assert(!epochs_differ(a, "") && !epochs_differ("", b) && !epochs_differ("", ""));
    epoch_of_text(a, "one", 3);
    epoch_of_text(b, "two", 3);
    ck_assert(epoch_valid(a, strlen(a)) && epochs_differ(a, b));
    epoch_of_text(b, "one", 3);
    ck_assert_str_eq(a, b);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cursor");
    TCase *tc = tcase_create("cursor");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, cursor_reads_a_number_with_and_without_its_epoch);
    tcase_add_test(tc, cursor_refuses_everything_else);
    tcase_add_test(tc, cursor_reads_what_it_writes);
    tcase_add_test(tc, epochs_differ_only_if_both_are_known);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
