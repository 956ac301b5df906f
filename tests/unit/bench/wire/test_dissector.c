/* TCP segments out of captures: connections, retransmissions, gaps, times of delivery. */
#include <check.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "bench/wire/dissector.h"
#include "tests/unit/bench/wire/wire_capture.h"

enum { DATA = PACKET_ACK | PACKET_PSH };

/* Read all of the capture, which must outlive the dissector. */
static struct wire_dissector dissect(const struct wire *w)
{
    struct wire_dissector d;
    struct err_text e = {""};
    int rc = wire_dissector_begin(&d, w->file.data, w->file.len, &e);

    while (rc >= 0 && (rc = wire_dissector_next(&d, &e)) > 0)
        ;
    ck_assert_msg(rc == 0, "%s", e.text);
    wire_dissector_finish(&d);
    return d;
}

static void end(struct wire_dissector *d, struct wire *w)
{
    wire_dissector_free(d);
    buf_free(&w->file);
}

START_TEST(numbers_are_relative_and_times_monotonic)
{
    struct wire w = wire_new();
    struct wire_dissector d;

    wire_handshake(&w);
    wire_say(&w, false, "from a number that wraps");
    d = dissect(&w);
    ck_assert(d.monotonic);
    ck_assert_uint_eq(d.count, 4);
    ck_assert_uint_eq(d.segments[0].sequence, 0);
    ck_assert_uint_eq(d.segments[1].acknowledgment, 1);
    ck_assert_uint_eq(d.segments[3].sequence, 1);
    ck_assert_uint_eq(d.segments[3].first_sequence, 0xfffffff0);
    ck_assert(!d.segments[3].gap && !d.segments[3].again);
    ck_assert_int_eq(d.segments[0].sent_ns, WIRE_BEGIN_NS - WIRE_OFFSET_NS);
    ck_assert_int_eq(d.segments[0].arrived_ns - d.segments[0].sent_ns, WIRE_DELAY_MS * NS_PER_MS);
    end(&d, &w);
}
END_TEST

START_TEST(what_follows_a_lost_segment_is_delivered_with_its_retransmission)
{
    struct wire w = wire_new();
    struct wire_dissector d;

    wire_handshake(&w);
    wire_send(&w, false, DATA, "one", 3, WIRE_LOST);
    w.now_ms += 1;
    wire_send(&w, false, DATA, "two", 3, 0);
    w.next[false] -= 3;
    w.now_ms += 100;
    wire_send(&w, false, DATA, "one", 3, WIRE_AGAIN);
    d = dissect(&w);
    ck_assert_uint_eq(d.count, 6);
    ck_assert(d.segments[3].lost && d.segments[3].arrived_ns == WIRE_NEVER);
    ck_assert(d.segments[5].again && !d.segments[4].again);
    ck_assert_uint_eq(d.segments[5].original, 3);
    ck_assert_uint_eq(d.segments[5].again_bytes, 3);
    ck_assert_uint_eq(d.segments[3].first_copy, 5);
    ck_assert_int_eq(d.segments[3].delivered_ns, d.segments[5].arrived_ns);
    ck_assert_int_eq(d.segments[4].delivered_ns, d.segments[5].arrived_ns);
    end(&d, &w);
}
END_TEST

START_TEST(bytes_that_are_not_in_the_capture_leave_a_gap)
{
    struct wire w = wire_new();
    struct wire_dissector d;

    wire_handshake(&w);
    w.next[true] += 10;
    wire_say(&w, true, "later");
    d = dissect(&w);
    ck_assert(d.segments[3].gap);
    end(&d, &w);
}
END_TEST

START_TEST(a_port_that_is_used_again_is_another_connection)
{
    struct wire w = wire_new();
    struct wire_dissector d;

    wire_handshake(&w);
    w.now_ms += 100;
    wire_connect(&w, 40000);
    w.next[true] = 5000;
    wire_handshake(&w);
    d = dissect(&w);
    ck_assert_uint_eq(d.connection_count, 2);
    ck_assert_uint_eq(d.segments[2].connection, 1);
    ck_assert_uint_eq(d.segments[3].connection, 2);
    ck_assert_uint_eq(d.segments[5].connection, 2);
    end(&d, &w);
}
END_TEST

static bool wants_40001(void *arg, uint16_t client_port)
{
    (void)arg;
    return client_port == 40001;
}

START_TEST(only_wanted_connections_are_listed)
{
    struct wire w = wire_new();
    struct wire_dissector d;
    struct err_text e = {""};

    wire_handshake(&w);
    wire_connect(&w, 40001);
    wire_handshake(&w);
    ck_assert_int_eq(wire_dissector_begin(&d, w.file.data, w.file.len, &e), 0);
    d.wants = wants_40001;
    while (wire_dissector_next(&d, &e) > 0)
        ;
    ck_assert_uint_eq(d.count, 3);
    ck_assert_uint_eq(d.segments[0].client_port, 40001);
    end(&d, &w);
}
END_TEST

START_TEST(other_files_are_refused_with_a_reason)
{
    struct wire_dissector d;
    struct err_text e = {""};

    ck_assert_int_eq(wire_dissector_begin(&d, "no capture", 10, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "not a capture of pushlab's"));
    wire_dissector_free(&d);
}
END_TEST

START_TEST(a_capture_may_be_cut_anywhere)
{
    struct wire w = wire_new();

    wire_handshake(&w);
    wire_say(&w, true, "something");
    for (size_t len = 0; len < w.file.len; len++) {
        struct wire_dissector d;
        struct err_text e = {""};

        if (wire_dissector_begin(&d, w.file.data, len, &e) == 0) {
            while (wire_dissector_next(&d, &e) > 0)
                ;
            wire_dissector_finish(&d);
        }
        ck_assert_uint_le(d.count, 4);
        wire_dissector_free(&d);
    }
    buf_free(&w.file);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dissector");
    TCase *t = tcase_create("dissector");
    SRunner *r = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_test(t, numbers_are_relative_and_times_monotonic);
    tcase_add_test(t, what_follows_a_lost_segment_is_delivered_with_its_retransmission);
    tcase_add_test(t, bytes_that_are_not_in_the_capture_leave_a_gap);
    tcase_add_test(t, a_port_that_is_used_again_is_another_connection);
    tcase_add_test(t, only_wanted_connections_are_listed);
    tcase_add_test(t, other_files_are_refused_with_a_reason);
    tcase_add_test(t, a_capture_may_be_cut_anywhere);
    srunner_run_all(r, CK_NORMAL);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
