/* bench/run/balancer.c without running any: its templates, and which kinds there are. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/balancer.h"
#include "bench/base/file.h"

static const struct balancer_words two = {
    .listen = "10.77.0.2:8080",
    .servers = {"10.77.1.2:8080", "10.77.2.2:8080"},
    .nservers = 2,
    .folder = "/tmp/x",
};

static const struct {
    const char *template, *text;
} fills[] = {
    {"", ""},
    {"no words", "no words"},
    {"listen @LISTEN@;", "listen 10.77.0.2:8080;"},
    {"@SERVER1@@SERVER2@", "10.77.1.2:808010.77.2.2:8080"},
    {"pid @FOLDER@/pid;", "pid /tmp/x/pid;"},
    {"load_module @MODULES@/a.so;", "load_module /usr/lib/nginx/modules/a.so;"},
    {"# mail me@example.org", "# mail me@example.org"}, /* an @ of its own stays */
    {"@", "@"},
    {"@@", "@@"},
    {"@LISTEN", "@LISTEN"},
    {"@listen@", "@listen@"},
    {"a@LISTEN@@", "a10.77.0.2:8080@"},
};

START_TEST(templates_are_filled_in)
{
    struct buf out = {0};
    struct err_text e = {""};

    ck_assert_msg(balancer_fill(&out, fills[_i].template, &two, &e) == PL_OK, "%s", e.text);
    ck_assert_uint_eq(out.len, strlen(fills[_i].text));
    if (out.len > 0)
        ck_assert_mem_eq(out.data, fills[_i].text, out.len);
    buf_free(&out);
}
END_TEST

START_TEST(words_without_a_meaning_are_named)
{
    struct balancer_words one = two;
    struct buf out = {0};
    struct err_text e = {""};

    one.nservers = 1;
    ck_assert_int_eq(balancer_fill(&out, "server @SERVER2@", &one, &e), PL_EINVAL);
    ck_assert_str_eq(e.text, "@SERVER2@ means nothing with 1 server; accepted: @LISTEN@, "
                             "@SERVER1@, @SERVER2@, @FOLDER@, @MODULES@");
    ck_assert_int_eq(balancer_fill(&out, "x @PORT@", &two, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "@PORT@ means nothing"));
    buf_free(&out);
}
END_TEST

START_TEST(kinds_with_a_program_stand_in_between)
{
    for (int i = BALANCER_NONE; i <= BALANCER_NGINX_HTTP; i++) {
        const struct balancer_kind *k = balancer_kind(i);

        ck_assert_int_eq(k->program != NULL, k->layer > 0);
        ck_assert_int_eq(k->program != NULL, k->shape == HOSTS_BALANCED);
    }
}
END_TEST

START_TEST(configurations_that_ship_can_be_filled_in)
{
    for (int i = BALANCER_HAPROXY_TCP; i <= BALANCER_NGINX_HTTP; i++) {
        struct buf template = {0}, out = {0};
        struct err_text e = {""};
        char path[200];

        snprintf(path, sizeof path, "bench/scenarios/balancers/%s", balancer_kind(i)->config);
        ck_assert_msg(file_read(&template, path, 1 << 20, &e) == PL_OK, "%s", e.text);
        ck_assert_msg(balancer_fill(&out, (const char *)template.data, &two, &e) == PL_OK, "%s",
                      e.text);
        ck_assert_ptr_nonnull(memmem(out.data, out.len, "10.77.2.2:8080", 14));
        buf_free(&template);
        buf_free(&out);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("balancer");
    TCase *t = tcase_create("template");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_loop_test(t, templates_are_filled_in, 0, (int)(sizeof fills / sizeof *fills));
    tcase_add_test(t, words_without_a_meaning_are_named);
    tcase_add_test(t, kinds_with_a_program_stand_in_between);
    tcase_add_test(t, configurations_that_ship_can_be_filled_in);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
