/* servers/model/generator.c: data of each size, a price that walks, the same for the same seed. */
#include <math.h>
#include <stdlib.h>

#include "lib/base/json_line.h"
#include "servers/model/generator.h"
#include "tests/unit/servers/model/model_fixture.h"

enum { MOST_BYTES = 300, STEPS = 20000 };

static struct model *generator_of(uint64_t seed, size_t bytes)
{
    struct arrivals arrivals;

    arrivals_init(&arrivals, PATTERN_FIXED, 1, 0, 0);
    return generator_new(seed, &arrivals, bytes);
}

START_TEST(data_of_any_size_is_json_of_that_size)
{
    for (size_t bytes = 1; bytes <= MOST_BYTES; bytes++) {
        struct model *m = generator_of(bytes, bytes);
        char compact[MOST_BYTES];
        struct post post;
        cJSON *data;

        m->next(m, &post);
        ck_assert_uint_eq(post.data_len, bytes);
        ck_assert_int_eq(json_line_compact(compact, post.data, bytes), (int)bytes);
        data = cJSON_ParseWithLength(post.data, post.data_len);
        ck_assert_msg(bytes < 16 ? cJSON_IsNumber(data) : cJSON_IsObject(data), "%.*s", (int)bytes,
                      post.data);
        ck_assert_int_eq(cJSON_HasObjectItem(data, "change"), bytes >= 32);
        ck_assert_int_eq(cJSON_HasObjectItem(data, "news"), bytes >= 48);
        cJSON_Delete(data);
        model_free(m);
    }
}
END_TEST

START_TEST(each_price_is_the_one_before_and_the_change)
{
    struct model *m = generator_of(1, 48);
    double price = NAN;

    for (int n = 0; n < STEPS; n++) {
        struct played p = model_play(m);
        double now = played_number(&p, "price"), change = played_number(&p, "change");

        ck_assert(change != 0 && fabs(change) < 1 && now >= 100 && now < 1000);
        if (n > 0)
            ck_assert_double_eq_tol(now, price + change, 1e-6);
        price = now;
        played_free(&p);
    }
    model_free(m);
}
END_TEST

static double price_of(struct model *m)
{
    struct post post;
    cJSON *data, *price;
    double value;

    m->next(m, &post);
    data = cJSON_ParseWithLength(post.data, post.data_len);
    price = cJSON_GetObjectItem(data, "price");
    value = cJSON_GetNumberValue(price != NULL ? price : data);
    cJSON_Delete(data);
    return value;
}

/* The same walk as in the large ones: cut to the first digits (four: tenths), or whole. */
START_TEST(small_data_is_the_same_price)
{
    static const double unit[] = {[1] = 100, [2] = 10, [3] = 1, [4] = 0.1, [5] = 0.1};

    for (size_t bytes = 1; bytes < 48; bytes++) {
        struct model *small = generator_of(3, bytes), *whole = generator_of(3, 16);

        for (int n = 0; n < 100; n++) {
            double have = price_of(small), want = price_of(whole);

            if (bytes < 5)
                have *= unit[bytes];
            ck_assert_double_le(have, want + 1e-6);
            ck_assert_double_gt(have, want - (bytes < 6 ? unit[bytes] : 1e-6));
        }
        model_free(small);
        model_free(whole);
    }
}
END_TEST

START_TEST(a_seed_gives_the_same_data)
{
    struct model *a = generator_of(7, 128), *b = generator_of(7, 128), *c = generator_of(8, 128);
    int same = 0;

    for (int n = 0; n < 100; n++) {
        struct played one = model_play(a), two = model_play(b), other = model_play(c);

        ck_assert(memcmp(one.post.data, two.post.data, 128) == 0);
        same += memcmp(one.post.data, other.post.data, 128) == 0;
        played_free(&one);
        played_free(&two);
        played_free(&other);
    }
    ck_assert_int_lt(same, 5);
    model_free(a);
    model_free(b);
    model_free(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("generator");
    TCase *t = tcase_create("generator");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(t, data_of_any_size_is_json_of_that_size);
    tcase_add_test(t, each_price_is_the_one_before_and_the_change);
    tcase_add_test(t, small_data_is_the_same_price);
    tcase_add_test(t, a_seed_gives_the_same_data);
    suite_add_tcase(s, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
