#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "clients/client/notice.h"

START_TEST(notice_reads_hello_and_missed)
{
    static const struct {
        const char *text;
        enum notice_kind kind;
        uint64_t value;
    } vectors[] = {
        {"{\"hello\":0}", NOTICE_HELLO, 0},
        {"{\"hello\":17}", NOTICE_HELLO, 17},
        {"{\"hello\":17,\"epoch\":\"k3x9qa\"}", NOTICE_HELLO, 17},
        {"{\"hello\":0,\"epoch\":\"k3x9qa\",\"restarted\":true}", NOTICE_HELLO, 0},
        {"{\"hello\":0,\"epoch\":\"k3x9\"}", NOTICE_NONE, 0},
        {"{\"hello\":0,\"epoch\":\"K3X9QA\"}", NOTICE_NONE, 0},
        {"{\"hello\":0,\"epoch\":\"k3x9qa}", NOTICE_NONE, 0},
        {"{\"missed\":18446744073709551615}", NOTICE_MISSED, UINT64_MAX},
        {"{\"missed\":18446744073709551616}", NOTICE_NONE, 0},
        {"{\"hello\":}", NOTICE_NONE, 0},
        {"{\"hello\":-1}", NOTICE_NONE, 0},
        {"{\"hello\":1", NOTICE_NONE, 0},
        {"{\"hello\":1}}", NOTICE_NONE, 0},
        {"{\"seq\":1,\"t\":1,\"data\":1}", NOTICE_NONE, 0},
        {"", NOTICE_NONE, 0},
    };

    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct notice n = notice_scan(vectors[i].text, strlen(vectors[i].text));

        ck_assert_msg(n.kind == vectors[i].kind, "%s", vectors[i].text);
        if (n.kind != NOTICE_NONE)
            ck_assert_uint_eq(n.kind == NOTICE_HELLO ? n.cursor.seq : n.missed, vectors[i].value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notice");
    TCase *tc = tcase_create("notice");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, notice_reads_hello_and_missed);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
