/* The stages and the path, with a clock that is turned by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/link/path/link_path.h"

enum { SMALL = 100, FULL = 1500 };

#define NO_LIMIT (UINT64_C(1) << 40)

static const struct link_model clean;

static struct frame *make(uint64_t id, size_t len)
{
    static const uint8_t zeros[65536];
    struct frame *f = frame_new(zeros, len);

    ck_assert_ptr_nonnull(f);
    f->id = id;
    return f;
}

/* Send one; true when the path took it. */
static bool send_one(struct link_path *l, uint64_t id, size_t len, int64_t now_ns)
{
    struct frame *f = make(id, len);

    if (link_path_put(l, f, now_ns) == NULL)
        return true;
    frame_free(f);
    return false;
}

/* Take one at now_ns and free it; its id, 0: none. *due_ns gets when it was due. */
static uint64_t take_one(struct link_path *l, int64_t now_ns, int64_t *due_ns)
{
    struct frame *f = link_path_take(l, now_ns);
    uint64_t id = f == NULL ? 0 : f->id;

    if (f != NULL && due_ns != NULL)
        *due_ns = f->due_ns;
    frame_free(f);
    return id;
}

START_TEST(delay_hands_a_packet_out_when_it_is_due_and_not_before)
{
    struct link_model m = {.delay.delay_ns = 25 * NS_PER_MS};
    struct link_path l;
    int64_t due_ns;

    link_path_init(&l, &m, NO_LIMIT, 1);
    ck_assert_int_eq(link_path_due_ns(&l), STAGE_NEVER);
    ck_assert(send_one(&l, 1, SMALL, 1000));
    ck_assert_int_eq(link_path_due_ns(&l), 1000 + 25 * NS_PER_MS);
    ck_assert_uint_eq(take_one(&l, 999 + 25 * NS_PER_MS, NULL), 0);
    ck_assert_uint_eq(take_one(&l, 1000 + 25 * NS_PER_MS, &due_ns), 1);
    ck_assert_int_eq(due_ns, 1000 + 25 * NS_PER_MS);
    ck_assert_int_eq(link_path_due_ns(&l), STAGE_NEVER);
    link_path_free(&l);
}
END_TEST

START_TEST(a_late_wake_up_delays_no_schedule)
{
    struct link_model m = {.delay.delay_ns = NS_PER_MS, .rate_bps = 8000000, .queue_bytes = 100000};
    struct link_path l;
    int64_t due_ns;

    link_path_init(&l, &m, NO_LIMIT, 1);
    for (uint64_t i = 1; i <= 3; i++)
        ck_assert(send_one(&l, i, 1000, 0)); /* 1 ms each on the transmitter */
    for (uint64_t i = 1; i <= 3; i++) {      /* looked for a second too late */
        ck_assert_uint_eq(take_one(&l, NS_PER_S, &due_ns), i);
        ck_assert_int_eq(due_ns, (int64_t)i * NS_PER_MS + NS_PER_MS);
    }
    link_path_free(&l);
}
END_TEST

/* Send n packets a gap apart through m; due times in order of arrival go to due_ns, ids to
 * ids. Returns how many arrived. */
static size_t run_path(const struct link_model *m, uint64_t seed, size_t n, int64_t gap_ns,
                       int64_t *due_ns, uint64_t *ids)
{
    struct link_path l;
    size_t arrived = 0;

    link_path_init(&l, m, NO_LIMIT, seed);
    for (size_t i = 0; i < n; i++)
        (void)send_one(&l, i + 1, SMALL, (int64_t)i * gap_ns);
    while (link_path_due_ns(&l) != STAGE_NEVER) {
        uint64_t id = take_one(&l, link_path_due_ns(&l), &due_ns[arrived]);

        if (id != 0)
            ids[arrived++] = id;
    }
    link_path_free(&l);
    return arrived;
}

enum { JITTERED = 20000 };

static int64_t jittered_due_ns[JITTERED];
static uint64_t jittered_ids[JITTERED];

START_TEST(jitter_keeps_the_order_unless_asked_otherwise)
{
    struct link_model m = {.delay = {.delay_ns = 50 * NS_PER_MS, .jitter_ns = 20 * NS_PER_MS}};
    size_t overtaken = 0;

    ck_assert_uint_eq(run_path(&m, 1, JITTERED, NS_PER_MS, jittered_due_ns, jittered_ids),
                      JITTERED);
    for (size_t i = 0; i < JITTERED; i++)
        ck_assert_uint_eq(jittered_ids[i], i + 1);
    m.delay.reorder = true;
    ck_assert_uint_eq(run_path(&m, 1, JITTERED, NS_PER_MS, jittered_due_ns, jittered_ids),
                      JITTERED);
    for (size_t i = 1; i < JITTERED; i++) {
        ck_assert_int_ge(jittered_due_ns[i], jittered_due_ns[i - 1]);
        overtaken += jittered_ids[i] < jittered_ids[i - 1];
    }
    ck_assert_uint_gt(overtaken, JITTERED / 4);
}
END_TEST

/* Two connections in turn: each keeps its order, and one does not wait for the other. */
START_TEST(jitter_of_lines_side_by_side_keeps_the_order_of_each_connection)
{
    struct link_model m = {.delay = {.delay_ns = 50 * NS_PER_MS, .jitter_ns = 20 * NS_PER_MS},
                           .lines = 2};
    uint64_t last[2] = {0, 0}, overtaken = 0, highest = 0;
    struct link_path l;

    link_path_init(&l, &m, NO_LIMIT, 1);
    for (uint64_t i = 1; i <= 2000; i++) {
        struct frame *f = frame_new("packet", 6);

        ck_assert_ptr_nonnull(f);
        f->id = i;
        f->connection = 1 + i % 2;
        ck_assert_ptr_null(link_path_put(&l, f, (int64_t)i * NS_PER_MS));
    }
    while (link_path_due_ns(&l) != STAGE_NEVER) {
        struct frame *f = link_path_take(&l, link_path_due_ns(&l));

        ck_assert_uint_gt(f->id, last[f->id % 2]);
        last[f->id % 2] = f->id;
        overtaken += f->id < highest;
        highest = f->id > highest ? f->id : highest;
        frame_free(f);
    }
    ck_assert_uint_gt(overtaken, 100);
    link_path_free(&l);
}
END_TEST

START_TEST(lines_side_by_side_carry_as_many_times_as_much)
{
    struct link_model m = {.rate_bps = 8000, .queue_bytes = 10, .lines = 4};
    struct link_path l;

    link_path_init(&l, &m, NO_LIMIT, 1);
    ck_assert_int_eq(l.rate.rate_bps, 32000);
    ck_assert_uint_eq(l.rate.queue_bytes, 40);
    link_path_free(&l);
}
END_TEST

/* Packets too far apart to wait for each other: their delays are the distribution itself. */
static void delay_moments(const struct link_model *m, double *mean_ms, double *deviation_ms,
                          double *least_ms, double *most_ms)
{
    double sum = 0, squares = 0;

    *least_ms = INFINITY;
    *most_ms = 0;
    ck_assert_uint_eq(run_path(m, 7, JITTERED, NS_PER_S, jittered_due_ns, jittered_ids), JITTERED);
    for (size_t i = 0; i < JITTERED; i++) {
        double ms = (double)(jittered_due_ns[i] - (int64_t)i * NS_PER_S) / (double)NS_PER_MS;

        sum += ms;
        squares += ms * ms;
        *least_ms = fmin(*least_ms, ms);
        *most_ms = fmax(*most_ms, ms);
    }
    *mean_ms = sum / JITTERED;
    *deviation_ms = sqrt(squares / JITTERED - *mean_ms * *mean_ms);
}

START_TEST(uniform_jitter_fills_its_range_evenly)
{
    struct link_model m = {.delay = {.delay_ns = 50 * NS_PER_MS, .jitter_ns = 20 * NS_PER_MS}};
    double mean, deviation, least, most;

    delay_moments(&m, &mean, &deviation, &least, &most);
    ck_assert_double_eq_tol(mean, 50, 0.4);
    ck_assert_double_eq_tol(deviation, 20 / sqrt(3), 0.3);
    ck_assert(least >= 30 && least < 30.1 && most <= 70 && most > 69.9);
}
END_TEST

START_TEST(normal_jitter_has_its_standard_deviation_and_ends)
{
    struct link_model m = {
        .delay = {.delay_ns = 50 * NS_PER_MS, .jitter_ns = 5 * NS_PER_MS, .shape = JITTER_NORMAL}};
    double mean, deviation, least, most;

    delay_moments(&m, &mean, &deviation, &least, &most);
    ck_assert_double_eq_tol(mean, 50, 0.15);
    ck_assert_double_eq_tol(deviation, 5, 0.1);
    ck_assert(least >= 30 && least < 38 && most <= 70 && most > 62);
}
END_TEST

START_TEST(no_jitter_makes_a_delay_negative)
{
    struct link_model m = {.delay = {.delay_ns = NS_PER_MS, .jitter_ns = 20 * NS_PER_MS}};
    double mean, deviation, least, most;

    delay_moments(&m, &mean, &deviation, &least, &most);
    ck_assert_double_eq(least, 0);
    ck_assert(most <= 21);
}
END_TEST

START_TEST(rate_spaces_packets_by_their_airtime)
{
    struct link_model m = {.rate_bps = 10000000, .queue_bytes = 1000000};
    static int64_t due_ns[500];
    static uint64_t ids[500];

    /* 100 bytes at 10 Mbit/s are 80 us; they come every 10 us. */
    ck_assert_uint_eq(run_path(&m, 1, 500, 10 * NS_PER_US, due_ns, ids), 500);
    for (int64_t i = 0; i < 500; i++)
        ck_assert_int_eq(due_ns[i], (i + 1) * 80 * NS_PER_US);
    ck_assert_int_eq(stage_rate_airtime_ns(1000000000, 1500), 12000);
    ck_assert_int_eq(stage_rate_airtime_ns(3, 1), 2666666667); /* to the nearest */
}
END_TEST

START_TEST(an_idle_transmitter_saves_nothing_up)
{
    struct link_model m = {.rate_bps = 8000000, .queue_bytes = 1000000};
    struct link_path l;
    int64_t due_ns;

    link_path_init(&l, &m, NO_LIMIT, 1);
    ck_assert(send_one(&l, 1, 1000, 0));
    ck_assert_uint_eq(take_one(&l, NS_PER_MS, &due_ns), 1);
    ck_assert(send_one(&l, 2, 1000, NS_PER_S));
    ck_assert(send_one(&l, 3, 1000, NS_PER_S));
    ck_assert_uint_eq(take_one(&l, 2 * NS_PER_S, &due_ns), 2);
    ck_assert_int_eq(due_ns, NS_PER_S + NS_PER_MS);
    ck_assert_uint_eq(take_one(&l, 2 * NS_PER_S, &due_ns), 3);
    ck_assert_int_eq(due_ns, NS_PER_S + 2 * NS_PER_MS);
    link_path_free(&l);
}
END_TEST

START_TEST(a_full_queue_drops_the_newest_and_counts_it)
{
    struct link_model m = {.rate_bps = 8000000, .queue_bytes = 3000};
    struct frame *f = make(6, 1000);
    const struct stage *by;
    struct link_path l;

    link_path_init(&l, &m, NO_LIMIT, 1);
    for (uint64_t i = 1; i <= 4; i++) /* one on the transmitter, three wait */
        ck_assert(send_one(&l, i, 1000, 0));
    by = link_path_put(&l, f, 0);
    ck_assert_ptr_nonnull(by);
    ck_assert_str_eq(by->ops->name, "queue");
    ck_assert_uint_eq(by->dropped_packets, 1);
    ck_assert_uint_eq(by->dropped_bytes, 1000);
    ck_assert_uint_eq(link_path_held_packets(&l), 4);
    ck_assert_uint_eq(link_path_held_bytes(&l), 4000);
    ck_assert(send_one(&l, 5, 1000, NS_PER_MS)); /* the first has left: there is room again */
    for (uint64_t i = 1; i <= 5; i++)
        ck_assert_uint_eq(take_one(&l, NS_PER_S, NULL), i);
    ck_assert_uint_eq(l.packets_in, 6);
    ck_assert_uint_eq(l.packets_out, 5);
    link_path_reset_counters(&l);
    ck_assert_uint_eq(by->dropped_packets + l.packets_in + l.bytes_out, 0);
    frame_free(f);
    link_path_free(&l);
}
END_TEST

START_TEST(a_queue_of_nothing_still_sends)
{
    struct link_model m = {.rate_bps = 8000000, .queue_bytes = 0};
    struct link_path l;

    link_path_init(&l, &m, NO_LIMIT, 1);
    ck_assert(send_one(&l, 1, FULL, 0));
    ck_assert(!send_one(&l, 2, FULL, 0));
    ck_assert(send_one(&l, 3, FULL, 2 * NS_PER_MS));
    link_path_free(&l); /* with one under way */
}
END_TEST

START_TEST(what_is_under_way_is_bounded)
{
    struct link_model m = {.delay.delay_ns = NS_PER_S};
    struct frame *f = make(11, SMALL);
    struct link_path l;

    link_path_init(&l, &m, 10 * SMALL, 1);
    for (uint64_t i = 1; i <= 10; i++)
        ck_assert(send_one(&l, i, SMALL, 0));
    ck_assert_str_eq(link_path_put(&l, f, 0)->ops->name, "memory");
    frame_free(f);
    link_path_free(&l);
}
END_TEST

enum { TRIALS = 200000 };

/* Which of n packets are lost: '1' or '0' each. */
static void loss_sequence(const struct loss_model *loss, uint64_t seed, char *out, size_t n)
{
    struct link_model m = clean;
    struct link_path l;

    m.loss = *loss;
    link_path_init(&l, &m, NO_LIMIT, seed);
    for (size_t i = 0; i < n; i++) {
        out[i] = send_one(&l, i, SMALL, (int64_t)i) ? '0' : '1';
        (void)take_one(&l, (int64_t)i, NULL);
    }
    link_path_free(&l);
}

static char lost[TRIALS], lost_again[TRIALS];

START_TEST(loss_is_the_same_for_the_same_seed_and_another_for_another)
{
    struct loss_model m = loss_model_random(0.1);

    loss_sequence(&m, 42, lost, 10000);
    loss_sequence(&m, 42, lost_again, 10000);
    ck_assert_mem_eq(lost, lost_again, 10000);
    loss_sequence(&m, 43, lost_again, 10000);
    ck_assert_mem_ne(lost, lost_again, 10000);
    /* These very packets, on every machine and in every version. */
    loss_sequence(&m, 1, lost, 40);
    lost[40] = '\0';
    ck_assert_str_eq(lost, "0010000110000010000100000000000000001000");
}
END_TEST

/* A row begins with a seed of its own on a path that the row before has used. */
START_TEST(a_path_with_another_seed_loses_and_delays_as_a_new_one)
{
    const uint64_t seeds[] = {7, 8, 7};
    struct link_model m = {.delay = {.delay_ns = NS_PER_MS, .jitter_ns = NS_PER_MS / 2}};
    struct link_path l;
    char fates[3][400] = {""};

    m.loss = loss_model_burst(0.2, 3);
    link_path_init(&l, &m, NO_LIMIT, 1);
    for (size_t row = 0; row < 3; row++) {
        link_path_seed(&l, seeds[row]);
        for (size_t i = 0; i < sizeof fates[row]; i++) {
            int64_t now_ns = (int64_t)(row * 400 + i) * NS_PER_S, due_ns = now_ns;

            if (send_one(&l, i + 1, SMALL, now_ns))
                (void)take_one(&l, now_ns + NS_PER_S / 2, &due_ns);
            fates[row][i] = (char)((due_ns - now_ns) / 10007);
        }
    }
    ck_assert_mem_eq(fates[0], fates[2], sizeof fates[0]);
    ck_assert_mem_ne(fates[0], fates[1], sizeof fates[0]);
    link_path_free(&l);
}
END_TEST

static double lost_ratio(size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += lost[i] == '1';
    return (double)count / (double)n;
}

static double mean_burst(size_t n)
{
    size_t bursts = 0;

    for (size_t i = 0; i < n; i++)
        bursts += lost[i] == '1' && (i == 0 || lost[i - 1] == '0');
    return lost_ratio(n) * (double)n / (double)bursts;
}

START_TEST(random_loss_is_binomial)
{
    struct loss_model m = loss_model_random(0.02);
    double sigma = sqrt(0.02 * 0.98 / TRIALS);

    loss_sequence(&m, 5, lost, TRIALS);
    ck_assert_double_eq_tol(lost_ratio(TRIALS), 0.02, 4 * sigma);
    ck_assert_double_eq_tol(mean_burst(TRIALS), 1 / 0.98, 0.02); /* independent */
    ck_assert_double_eq_tol(loss_model_ratio(&m), 0.02, 1e-12);
}
END_TEST

START_TEST(burst_loss_has_its_ratio_and_its_burst_length)
{
    struct loss_model m = loss_model_burst(0.05, 8);
    /* The variance of a two-state chain: the binomial one times (1 + rho) / (1 - rho). */
    double rho = 1 - m.good_to_bad - m.bad_to_good;
    double sigma = sqrt(0.05 * 0.95 / TRIALS * (1 + rho) / (1 - rho));

    ck_assert_double_eq_tol(loss_model_ratio(&m), 0.05, 1e-12);
    ck_assert_double_eq_tol(1 / m.bad_to_good, 8, 1e-12);
    loss_sequence(&m, 6, lost, TRIALS);
    ck_assert_double_eq_tol(lost_ratio(TRIALS), 0.05, 4 * sigma);
    ck_assert_double_eq_tol(mean_burst(TRIALS), 8, 0.8);
}
END_TEST

START_TEST(gilbert_elliott_loses_its_stationary_share)
{
    struct loss_model m = {
        .good_to_bad = 0.01, .bad_to_good = 0.19, .good_loss = 0.001, .bad_loss = 0.4};
    double share = 0.95 * 0.001 + 0.05 * 0.4;

    ck_assert_double_eq_tol(loss_model_ratio(&m), share, 1e-12);
    loss_sequence(&m, 7, lost, TRIALS);
    ck_assert_double_eq_tol(lost_ratio(TRIALS), share, 0.0025);
}
END_TEST

START_TEST(loss_at_its_ends_loses_all_or_nothing)
{
    struct loss_model none = loss_model_random(0), all = loss_model_random(1);

    loss_sequence(&none, 1, lost, 1000);
    ck_assert_double_eq(lost_ratio(1000), 0);
    loss_sequence(&all, 1, lost, 1000);
    ck_assert_double_eq(lost_ratio(1000), 1);
}
END_TEST

START_TEST(a_lost_packet_takes_no_airtime)
{
    struct link_model m = {.loss = loss_model_random(1), .rate_bps = 8000, .queue_bytes = 1000};
    struct link_path l;

    link_path_init(&l, &m, NO_LIMIT, 1);
    ck_assert(!send_one(&l, 1, SMALL, 0));
    ck_assert_int_eq(link_path_due_ns(&l), STAGE_NEVER);
    ck_assert_uint_eq(l.loss.stage.dropped_packets, 1);
    link_path_free(&l);
}
END_TEST

START_TEST(a_path_that_is_down_loses_what_is_sent_and_delivers_what_was_under_way)
{
    struct link_model m = {.delay = {.delay_ns = 10}};
    struct link_path l;

    link_path_init(&l, &m, NO_LIMIT, 1);
    ck_assert(send_one(&l, 1, SMALL, 0));
    l.down_until_ns = 20;
    ck_assert(!send_one(&l, 2, SMALL, 5));
    ck_assert_uint_eq(take_one(&l, 10, NULL), 1);
    ck_assert(!send_one(&l, 3, FULL, 19));
    ck_assert(send_one(&l, 4, SMALL, 20));
    ck_assert_uint_eq(take_one(&l, 30, NULL), 4);
    ck_assert_uint_eq(l.down.dropped_packets, 2);
    ck_assert_uint_eq(l.down.dropped_bytes, SMALL + FULL);
    ck_assert_uint_eq(l.packets_in, l.packets_out + l.down.dropped_packets);
    link_path_reset_counters(&l);
    ck_assert_uint_eq(l.down.dropped_packets, 0);
    link_path_free(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link_stages");
    TCase *tc = tcase_create("link_stages");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, delay_hands_a_packet_out_when_it_is_due_and_not_before);
    tcase_add_test(tc, a_late_wake_up_delays_no_schedule);
    tcase_add_test(tc, jitter_keeps_the_order_unless_asked_otherwise);
    tcase_add_test(tc, jitter_of_lines_side_by_side_keeps_the_order_of_each_connection);
    tcase_add_test(tc, lines_side_by_side_carry_as_many_times_as_much);
    tcase_add_test(tc, uniform_jitter_fills_its_range_evenly);
    tcase_add_test(tc, normal_jitter_has_its_standard_deviation_and_ends);
    tcase_add_test(tc, no_jitter_makes_a_delay_negative);
    tcase_add_test(tc, rate_spaces_packets_by_their_airtime);
    tcase_add_test(tc, an_idle_transmitter_saves_nothing_up);
    tcase_add_test(tc, a_full_queue_drops_the_newest_and_counts_it);
    tcase_add_test(tc, a_queue_of_nothing_still_sends);
    tcase_add_test(tc, what_is_under_way_is_bounded);
    tcase_add_test(tc, loss_is_the_same_for_the_same_seed_and_another_for_another);
    tcase_add_test(tc, a_path_with_another_seed_loses_and_delays_as_a_new_one);
    tcase_add_test(tc, random_loss_is_binomial);
    tcase_add_test(tc, burst_loss_has_its_ratio_and_its_burst_length);
    tcase_add_test(tc, gilbert_elliott_loses_its_stationary_share);
    tcase_add_test(tc, loss_at_its_ends_loses_all_or_nothing);
    tcase_add_test(tc, a_lost_packet_takes_no_airtime);
    tcase_add_test(tc, a_path_that_is_down_loses_what_is_sent_and_delivers_what_was_under_way);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
