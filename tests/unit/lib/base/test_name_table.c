/* The table of names, against a list of what is in it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/name_table.h"
#include "lib/base/rng.h"

enum { NAMES = 700 };

struct item {
    struct name_node node; /* first */
    char text[8];
    bool in;
};

static struct item items[NAMES];

static void items_name(void)
{
    for (int i = 0; i < NAMES; i++) {
        int len = snprintf(items[i].text, sizeof items[i].text, "n%d", i);

        items[i].node.name = (struct name){items[i].text, (size_t)len};
        items[i].in = false;
    }
}

START_TEST(finds_what_is_in_and_nothing_else)
{
    struct name_table t = {0};
    struct rng rng;
    size_t count = 0;

    items_name();
    rng_seed(&rng, (uint64_t)_i);
    ck_assert_ptr_null(name_table_find(&t, items[0].node.name));
    for (int step = 0; step < 5000; step++) {
        struct item *item = &items[rng_next(&rng) % NAMES];

        if (name_table_find(&t, item->node.name) != (item->in ? &item->node : NULL))
            ck_abort_msg("step %d: %s", step, item->text);
        if (item->in) {
            name_table_remove(&t, &item->node);
            count--;
        } else {
            ck_assert_int_eq(name_table_add(&t, &item->node), 0);
            count++;
        }
        item->in = !item->in;
        ck_assert_uint_eq(t.count, count);
    }
    name_table_free(&t, NULL);
    ck_assert_ptr_null(name_table_find(&t, items[0].node.name));
}
END_TEST

START_TEST(empty_name_and_prefixes_are_names_of_their_own)
{
    struct name_node empty = {.name = {"", 0}}, a = {.name = {"ab", 1}}, ab = {.name = {"ab", 2}};
    struct name_table t = {0};

    ck_assert_int_eq(name_table_add(&t, &a), 0);
    ck_assert_ptr_null(name_table_find(&t, empty.name));
    ck_assert_ptr_null(name_table_find(&t, ab.name));
    ck_assert_int_eq(name_table_add(&t, &empty), 0);
    ck_assert_int_eq(name_table_add(&t, &ab), 0);
    ck_assert_ptr_eq(name_table_find(&t, (struct name){NULL, 0}), &empty);
    ck_assert_ptr_eq(name_table_find(&t, (struct name){"a", 1}), &a);
    ck_assert_ptr_eq(name_table_find(&t, (struct name){"ab", 2}), &ab);
    name_table_free(&t, NULL);
}
END_TEST

static size_t released;

static void count_release(struct name_node *node)
{
    ck_assert(((struct item *)node)->in);
    ((struct item *)node)->in = false;
    released++;
}

START_TEST(freeing_releases_each_node_once)
{
    struct name_table t = {0};

    items_name();
    for (int i = 0; i < NAMES; i++) {
        ck_assert_int_eq(name_table_add(&t, &items[i].node), 0);
        items[i].in = true;
    }
    released = 0;
    name_table_free(&t, count_release);
    ck_assert_uint_eq(released, NAMES);
    ck_assert_uint_eq(t.count, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("name_table");
    TCase *tc = tcase_create("name_table");
    SRunner *r;
    int failed;

    tcase_add_loop_test(tc, finds_what_is_in_and_nothing_else, 0, 3);
    tcase_add_test(tc, empty_name_and_prefixes_are_names_of_their_own);
    tcase_add_test(tc, freeing_releases_each_node_once);
    suite_add_tcase(s, tc);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
