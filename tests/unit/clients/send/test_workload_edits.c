/* The whole workload against a server that is an array: what is said goes, in one order, to all
 * of a room, to each after a while of its own. */
#include <check.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "clients/send/workload.h"

enum { CLIENTS_MAX = 64, CHANNELS = 2 };

struct message {
    uint32_t sender;
    unsigned channel;
    uint64_t n;
    int64_t sent_ns;
    struct buf data;
};

struct world {
    struct workload_outbox outbox; /* first, so that one is the other */
    struct workload_plan plan;
    void *state;
    struct rng rng;
    struct message *log;
    size_t len, cap, told[CLIENTS_MAX];
    uint64_t sent[CLIENTS_MAX][CHANNELS];
    int64_t due_ns[CLIENTS_MAX], now_ns;
    uint32_t writer;
};

static struct world w;

static uint64_t send_message(struct workload_outbox *o, unsigned channel, const char *data,
                             size_t len)
{
    struct message *m;

    if (o != &w.outbox || channel >= CHANNELS)
        ck_abort_msg("said to nobody");
    if (w.len == w.cap) {
        w.cap = w.cap == 0 ? 64 : 2 * w.cap;
        w.log = realloc(w.log, w.cap * sizeof *w.log);
    }
    m = &w.log[w.len++];
    *m = (struct message){w.writer, channel, ++w.sent[w.writer][channel], w.now_ns, {0}};
    buf_add(&m->data, data, len);
    return m->n;
}

static void begin(uint32_t nclients, uint32_t room_size, uint32_t senders)
{
    w = (struct world){.outbox = {.send = send_message},
                       .plan = {nclients, room_size, senders, .rate_hz = 5.0, .seed = 11}};
    rng_seed(&w.rng, 3);
    w.state = workload_edits.make(&w.plan);
    ck_assert_ptr_nonnull(w.state);
    for (uint32_t i = 0; i < nclients; i++)
        w.due_ns[i] =
            workload_sends(&w.plan, i) ? workload_edits.first_due_ns(w.state, i, 0) : INT64_MAX;
}

static void end(void)
{
    workload_edits.free(w.state);
    for (size_t i = 0; i < w.len; i++)
        buf_free(&w.log[i].data);
    free(w.log);
}

static void tell_next(uint32_t client)
{
    const struct message *m = &w.log[w.told[client]++];
    struct workload_message h = {.client = client,
                                 .sender = m->sender,
                                 .channel = m->channel,
                                 .n = m->n,
                                 .sent_ns = m->sent_ns,
                                 .recv_ns = w.now_ns,
                                 .in_window = true,
                                 .data = (const char *)m->data.data,
                                 .len = m->data.len};

    if (workload_room(&w.plan, client) == workload_room(&w.plan, m->sender))
        workload_edits.received(w.state, &h);
}

static void tell_all(void)
{
    for (uint32_t i = 0; i < w.plan.nclients; i++) {
        while (w.told[i] < w.len)
            tell_next(i);
    }
}

/* Whoever is next writes; then someone hears a little of what was said. */
static void live(int64_t until_ns)
{
    for (;;) {
        uint32_t client = 0, listener = (uint32_t)(rng_next(&w.rng) % w.plan.nclients);

        for (uint32_t i = 1; i < w.plan.nclients; i++)
            client = w.due_ns[i] < w.due_ns[client] ? i : client;
        if (w.due_ns[client] > until_ns)
            return;
        w.writer = client;
        w.now_ns = w.due_ns[client];
        if (workload_edits.write(w.state, client, &w.outbox, &w.due_ns[client]) < 0)
            ck_abort_msg("client %u can't write", client);
        for (uint64_t n = rng_next(&w.rng) % 40; n > 0 && w.told[listener] < w.len; n--)
            tell_next(listener);
    }
}

static cJSON *documents(void)
{
    struct buf text = {0};
    struct json out = {.out = &text};
    cJSON *json;

    json_begin(&out, NULL);
    ck_assert_int_eq(workload_edits.add_documents(w.state, &out), PL_OK);
    json_end(&out);
    json = cJSON_ParseWithLength((char *)text.data, text.len);
    ck_assert_ptr_nonnull(json);
    buf_free(&text);
    return json;
}

static double number(const cJSON *json, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(json, name));
}

START_TEST(edits_make_all_documents_of_a_room_the_same)
{
    static const uint32_t shapes[][3] = {{8, 8, 8}, {50, 50, 50}, {20, 5, 5}, {10, 4, 2}};
    const uint32_t *shape = shapes[_i];
    cJSON *json, *lag;

    begin(shape[0], shape[1], shape[2]);
    live(20 * NS_PER_S);
    w.now_ns = 21 * NS_PER_S;
    tell_all();
    ck_assert_ptr_null(workload_edits.fault(w.state));
    json = documents();
    lag = cJSON_GetObjectItem(json, "convergence_us");
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(json, "identical")));
    ck_assert_double_eq(number(json, "documents"), shape[0]);
    ck_assert_double_eq(number(json, "editors"), workload_senders(&w.plan));
    ck_assert_double_eq(number(lag, "count"), number(json, "edits"));
    ck_assert_double_gt(number(json, "edits"), 20 * 5 * workload_senders(&w.plan) * 8 / 10);
    ck_assert_double_gt(number(json, "bytes"), 40);
    ck_assert_double_le(number(lag, "max"), 21.1e6);
    ck_assert_uint_eq(strlen(cJSON_GetStringValue(cJSON_GetObjectItem(json, "hash"))), 64);
    cJSON_Delete(json);
    end();
}
END_TEST

START_TEST(edits_are_each_followed_by_a_cursor)
{
    size_t cursors = 0;

    begin(4, 4, 4);
    live(10 * NS_PER_S);
    for (size_t i = 0; i < w.len; i++) {
        bool is_cursor = strncmp((char *)w.log[i].data.data, "{\"cursor\":", 10) == 0;

        ck_assert_int_eq(w.log[i].channel == 1, is_cursor);
        cursors += is_cursor;
        if (!is_cursor)
            ck_assert_uint_eq(w.log[i + 1].channel, 1);
    }
    ck_assert_uint_ge(cursors, w.len / 2);
    ck_assert(workload_edits.channels[1].keyed);
    end();
}
END_TEST

/* Its sender had it from the beginning: it waits for the others only. */
START_TEST(edits_have_not_converged_when_only_their_sender_hears_them)
{
    cJSON *json;

    begin(2, 2, 1);
    w.told[1] = SIZE_MAX;
    live(2 * NS_PER_S);
    json = documents();
    ck_assert_uint_gt(w.told[0], 0);
    ck_assert_double_gt(number(json, "edits"), 0);
    ck_assert_double_eq(number(cJSON_GetObjectItem(json, "convergence_us"), "count"), 0);
    cJSON_Delete(json);
    end();
}
END_TEST

START_TEST(edits_that_do_not_come_are_a_fault)
{
    cJSON *json;

    begin(4, 4, 4);
    w.told[3] = SIZE_MAX;
    live(10 * NS_PER_S);
    for (uint32_t i = 0; i < 3; i++) {
        while (w.told[i] < w.len)
            tell_next(i);
    }
    ck_assert_ptr_nonnull(
        strstr(workload_edits.fault(w.state), "client 3 is not that of its room"));
    json = documents();
    ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(json, "identical")));
    cJSON_Delete(json);
    end();
}
END_TEST

START_TEST(edits_that_come_without_what_they_follow_are_a_fault)
{
    begin(2, 2, 1);
    w.told[1] = SIZE_MAX;
    live(2 * NS_PER_S);
    w.told[1] = 2; /* the first edit and its cursor are lost */
    tell_all();
    ck_assert_ptr_nonnull(strstr(workload_edits.fault(w.state), "client 1 could not apply"));
    end();
}
END_TEST

START_TEST(edits_that_nobody_made_are_a_fault)
{
    begin(2, 2, 1);
    ck_assert_str_eq(workload_edits.fault(w.state), "the document of room 0 is empty");
    end();
}
END_TEST

START_TEST(edits_of_the_same_seed_are_the_same)
{
    char first[65] = "";

    for (int i = 0; i < 2; i++) {
        cJSON *json;

        begin(6, 6, 6);
        live(10 * NS_PER_S);
        tell_all();
        json = documents();
        if (i == 0)
            strcpy(first, cJSON_GetStringValue(cJSON_GetObjectItem(json, "hash")));
        else
            ck_assert_str_eq(first, cJSON_GetStringValue(cJSON_GetObjectItem(json, "hash")));
        cJSON_Delete(json);
        end();
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload_edits");
    TCase *tc = tcase_create("workload_edits");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, edits_make_all_documents_of_a_room_the_same, 0, 4);
    tcase_add_test(tc, edits_are_each_followed_by_a_cursor);
    tcase_add_test(tc, edits_have_not_converged_when_only_their_sender_hears_them);
    tcase_add_test(tc, edits_that_do_not_come_are_a_fault);
    tcase_add_test(tc, edits_that_come_without_what_they_follow_are_a_fault);
    tcase_add_test(tc, edits_that_nobody_made_are_a_fault);
    tcase_add_test(tc, edits_of_the_same_seed_are_the_same);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
