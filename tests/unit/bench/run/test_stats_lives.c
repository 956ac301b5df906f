/* bench/run/stats_snapshot.h: the counters of a server that took the place of others. */
#include <check.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/run/stats_snapshot.h"

static cJSON *stats(const char *text)
{
    cJSON *o = cJSON_Parse(text);

    ck_assert_ptr_nonnull(o);
    return o;
}

#define LIFE(time, cpu, accepted, open, counts)                                                    \
    "{\"time_ns\":" time ",\"process\":{\"cpu_user_us\":" cpu ",\"rss_bytes\":7},"                 \
    "\"source\":{\"published\":" cpu ",\"publish_late_counts\":" counts "},"                       \
    "\"transports\":{\"sse\":{\"accepted\":" accepted ",\"open\":" open                            \
    ",\"drops\":{\"idle\":1}}}}"

START_TEST(counts_of_a_life_that_is_over_are_added_and_states_are_not)
{
    cJSON *now = stats(LIFE("20", "5", "3", "2", "[[1,2],[4,1]]"));
    cJSON *lives = cJSON_CreateArray();
    char *late;

    cJSON_AddItemToArray(lives, stats(LIFE("10", "100", "8", "6", "[[0,1],[1,1],[9,3]]")));
    stats_add_lives(now, lives);
    ck_assert_double_eq(json_number(now, "process.cpu_user_us"), 105);
    ck_assert_double_eq(json_number(now, "process.rss_bytes"), 7);
    ck_assert_double_eq(json_number(now, "source.published"), 105);
    ck_assert_double_eq(json_number(now, "transports.sse.accepted"), 11);
    ck_assert_double_eq(json_number(now, "transports.sse.open"), 2);
    ck_assert_double_eq(json_number(now, "transports.sse.drops.idle"), 2);
    late = cJSON_PrintUnformatted(json_at(now, "source.publish_late_counts"));
    ck_assert_str_eq(late, "[[0,1],[1,3],[4,1],[9,3]]");
    cJSON_free(late);
    cJSON_Delete(now);
    cJSON_Delete(lives);
}
END_TEST

/* Each life has those before it in it; an answer of an earlier one is not touched by later ones. */
START_TEST(only_the_newest_life_before_the_answer_counts)
{
    static const struct {
        const char *answer;
        double cpu_us;
    } cases[] = {{LIFE("9", "5", "0", "0", "[]"), 5},
                 {LIFE("15", "5", "0", "0", "[]"), 105},
                 {LIFE("30", "5", "0", "0", "[]"), 155}};
    cJSON *lives = cJSON_CreateArray();

    cJSON_AddItemToArray(lives, stats(LIFE("10", "100", "0", "0", "[]")));
    cJSON_AddItemToArray(lives, stats(LIFE("20", "150", "0", "0", "[]")));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *now = stats(cases[i].answer);

        stats_add_lives(now, lives);
        ck_assert_double_eq(json_number(now, "process.cpu_user_us"), cases[i].cpu_us);
        cJSON_Delete(now);
    }
    cJSON_Delete(lives);
    stats_add_lives(NULL, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats_lives");
    TCase *t = tcase_create("stats_lives");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(t, counts_of_a_life_that_is_over_are_added_and_states_are_not);
    tcase_add_test(t, only_the_newest_life_before_the_answer_counts);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
