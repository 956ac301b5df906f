/* A player's inputs: when they are due, how long they are, that they are JSON. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "clients/send/workload.h"

struct heap {
    struct workload_outbox box; /* first */
    uint64_t sent;
    char text[512];
    size_t len;
};

static uint64_t keep(struct workload_outbox *o, unsigned channel, const char *data, size_t len)
{
    struct heap *h = (struct heap *)o;

    ck_assert_uint_eq(channel, 0);
    ck_assert_uint_lt(len, sizeof h->text);
    memcpy(h->text, data, len);
    h->len = len;
    return ++h->sent;
}

static struct workload_plan plan_of(uint32_t clients, uint32_t room_size, uint32_t senders)
{
    return (struct workload_plan){.nclients = clients,
                                  .room_size = room_size,
                                  .senders = senders,
                                  .rate_hz = 20.0,
                                  .data_bytes = 64,
                                  .seed = 3};
}

START_TEST(workload_rooms_have_their_first_as_senders)
{
    struct workload_plan p = plan_of(10, 4, 3); /* rooms of 4, 4 and 2 */

    ck_assert_uint_eq(workload_room(&p, 9), 2);
    ck_assert(workload_sends(&p, 2));
    ck_assert(!workload_sends(&p, 3));
    ck_assert(workload_sends(&p, 9));
    ck_assert_uint_eq(workload_sender(&p, 4), 3);
    ck_assert_uint_eq(workload_sender(&p, 9), 7);
    ck_assert_uint_eq(workload_senders(&p), 8);
}
END_TEST

START_TEST(inputs_keep_their_rate_and_cover_the_interval)
{
    struct workload_plan p = plan_of(10, 5, 5);
    const struct workload *inputs = &workload_inputs;
    const int64_t start_ns = 7 * NS_PER_S, interval_ns = NS_PER_S / 20;
    void *w = inputs->make(&p);
    struct heap h = {.box = {.send = keep}};

    for (uint32_t client = 0; client < 10; client++) {
        int64_t first_ns = inputs->first_due_ns(w, client, start_ns), due_ns = first_ns;

        ck_assert_int_eq((first_ns - start_ns) / (interval_ns / 10), client);
        for (int i = 0; i < 100; i++)
            ck_assert_int_eq(inputs->write(w, client, &h.box, &due_ns), PL_OK);
        ck_assert_int_eq(due_ns, first_ns + 100 * interval_ns);
    }
    ck_assert_uint_eq(h.sent, 1000);
    inputs->free(w);
}
END_TEST

START_TEST(inputs_are_json_of_exactly_the_wanted_size)
{
    const struct workload *inputs = &workload_inputs;

    for (size_t bytes = 24; bytes < 300; bytes++) {
        struct workload_plan p = plan_of(1, 1, 1);
        struct heap h = {.box = {.send = keep}};
        int64_t due_ns;
        void *w;
        cJSON *json;

        p.data_bytes = bytes;
        w = inputs->make(&p);
        due_ns = inputs->first_due_ns(w, 0, 0);
        for (int i = 0; i < 12; i++) {
            ck_assert_int_eq(inputs->write(w, 0, &h.box, &due_ns), PL_OK);
            ck_assert_uint_eq(h.len, bytes);
            json = cJSON_ParseWithLength(h.text, h.len);
            ck_assert_ptr_nonnull(json);
            ck_assert_int_eq((int)cJSON_GetObjectItem(json, "i")->valuedouble, i);
            cJSON_Delete(json);
        }
        inputs->free(w);
    }
}
END_TEST

START_TEST(inputs_of_the_same_seed_are_the_same)
{
    const struct workload *inputs = &workload_inputs;
    struct workload_plan p = plan_of(2, 2, 2);
    struct heap h[2] = {{.box = {.send = keep}}, {.box = {.send = keep}}};

    for (int i = 0; i < 2; i++) {
        void *w = inputs->make(&p);
        int64_t due_ns = inputs->first_due_ns(w, 1, 0);

        ck_assert_int_eq(inputs->write(w, 1, &h[i].box, &due_ns), PL_OK);
        inputs->free(w);
    }
    ck_assert_uint_eq(h[0].len, h[1].len);
    ck_assert_mem_eq(h[0].text, h[1].text, h[0].len);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload_inputs");
    TCase *tc = tcase_create("workload_inputs");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, workload_rooms_have_their_first_as_senders);
    tcase_add_test(tc, inputs_keep_their_rate_and_cover_the_interval);
    tcase_add_test(tc, inputs_are_json_of_exactly_the_wanted_size);
    tcase_add_test(tc, inputs_of_the_same_seed_are_the_same);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
