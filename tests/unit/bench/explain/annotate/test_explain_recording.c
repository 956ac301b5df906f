/* The packets of an exchange out of the link's capture: what is sent again, and in which order
 * they are told. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "bench/explain/annotate/explain_recording.h"
#include "tests/unit/bench/wire/wire_capture.h"

enum { DATA = PACKET_ACK | PACKET_PSH, FIN = PACKET_FIN | PACKET_ACK };

#define NEVER INT64_MIN

/* What the client of a capture with one connection has noted: the port that it was given, and when
 * it asked for its FIN (NEVER: it didn't). */
static struct explain_recording read_wire(struct wire *w, int64_t shut_ns)
{
    const struct transcript_event connected = {.what = TRANSCRIPT_CONNECTED,
                                               .connection = 1,
                                               .data = (const uint8_t *)"10.77.0.1:40000",
                                               .len = 15};
    const struct transcript_event shut = {
        .what = TRANSCRIPT_SHUT, .connection = 1, .at_ns = shut_ns};
    struct explain_recording t = {.pcapng = w->file};
    struct err_text e = {""};

    ck_assert_int_eq(transcript_encode(&t.text, &connected), 0);
    if (shut_ns != NEVER)
        ck_assert_int_eq(transcript_encode(&t.text, &shut), 0);
    ck_assert_int_eq(buf_add(&t.text, "", 1), 0);
    ck_assert_msg(explain_recording_read(&t, &e) == 0, "%s", e.text);
    return t;
}

/* The client's packets as "S", "A", "F", data as its length; "*" behind what was sent again. */
static const char *order_of(const struct explain_recording *t)
{
    static char text[256];
    size_t len = 0;

    for (size_t i = 0; i < t->packet_count; i++) {
        const struct wire_segment *p = &t->packets[i];

        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i > 0 ? " " : "",
                                p->up ? ">" : "<");
        if (p->payload_bytes > 0)
            len += (size_t)snprintf(text + len, sizeof text - len, "%u", p->payload_bytes);
        else
            len += (size_t)snprintf(text + len, sizeof text - len, "%c",
                                    (p->flags & PACKET_SYN) != 0   ? 'S'
                                    : (p->flags & PACKET_FIN) != 0 ? 'F'
                                                                   : 'A');
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", p->again ? "*" : "");
    }
    return text;
}

static int64_t ms(int64_t since_begin)
{
    return WIRE_BEGIN_NS - WIRE_OFFSET_NS + since_begin * NS_PER_MS;
}

/* close_notify and FIN: the client asks for its FIN before the wire has seen either. */
START_TEST(a_fin_stays_behind_the_data_before_it_and_that_is_not_sent_again)
{
    struct wire w = wire_new();
    struct explain_recording t;

    wire_handshake(&w);
    w.now_ms = 100;
    wire_send(&w, true, DATA, "bye", 3, 0);
    w.now_ms = 101;
    wire_send(&w, true, FIN, NULL, 0, 0);
    t = read_wire(&w, ms(99));
    ck_assert_str_eq(order_of(&t), ">S <S >A >3 >F");
    explain_recording_free(&t);
}
END_TEST

START_TEST(a_fin_is_told_where_the_client_asked_for_it_and_its_repetitions_where_they_left)
{
    struct wire w = wire_new();
    struct explain_recording t;

    wire_handshake(&w);
    w.now_ms = 100;
    wire_send(&w, true, FIN, NULL, 0, WIRE_LOST);
    w.now_ms = 300;
    wire_send(&w, true, FIN, NULL, 0, WIRE_AGAIN);
    t = read_wire(&w, ms(98));
    ck_assert_str_eq(order_of(&t), ">S <S >A >F >F*");
    ck_assert_int_eq(t.packets[3].order_ns, ms(98));
    ck_assert_int_eq(t.packets[4].order_ns, ms(300));
    explain_recording_free(&t);
}
END_TEST

START_TEST(who_closed_first_is_told_first)
{
    struct wire w = wire_new();
    struct explain_recording t;

    wire_handshake(&w);
    w.now_ms = 100;
    wire_send(&w, false, FIN, NULL, 0, 0); /* arrives at 125 */
    w.now_ms = 126;
    wire_send(&w, true, FIN, NULL, 0, 0);
    t = read_wire(&w, ms(124));
    ck_assert_str_eq(order_of(&t), ">S <S >A <F >F");
    explain_recording_free(&t);
}
END_TEST

START_TEST(what_is_sent_again_is_counted_in_the_order_of_sending_9293_3_8)
{
    struct wire w = wire_new();
    struct explain_recording t;

    wire_handshake(&w);
    w.now_ms = 100;
    wire_send(&w, false, DATA, "lost", 4, WIRE_LOST);
    wire_send(&w, false, DATA, "behind it", 9, 0);
    w.next[false] -= 9;
    w.now_ms = 300;
    wire_send(&w, false, DATA, "lost", 4, WIRE_AGAIN);
    wire_send(&w, false, DATA, "behind it, more", 15, 0); /* some of it is new */
    t = read_wire(&w, NEVER);
    ck_assert_str_eq(order_of(&t), ">S <S >A <4 <9 <4* <15");
    ck_assert_uint_eq(t.packets[4].again_bytes, 0);
    ck_assert_uint_eq(t.packets[5].again_bytes, 4);
    ck_assert_uint_eq(t.packets[6].again_bytes, 9);
    explain_recording_free(&t);
}
END_TEST

START_TEST(a_port_that_is_used_again_sends_nothing_again)
{
    struct wire w = wire_new();
    struct explain_recording t;

    wire_handshake(&w);
    wire_connect(&w, w.client_port);
    w.next[true] = 77;
    w.next[false] = 99;
    w.now_ms = 1000;
    wire_handshake(&w);
    t = read_wire(&w, NEVER);
    ck_assert_str_eq(order_of(&t), ">S <S >A >S <S >A");
    explain_recording_free(&t);
}
END_TEST

START_TEST(an_acknowledgment_keeps_its_place_behind_what_was_lost)
{
    struct wire w = wire_new();
    struct explain_recording t;

    wire_handshake(&w);
    w.now_ms = 100;
    wire_send(&w, false, DATA, "there", 5, 0);
    wire_send(&w, false, DATA, "lost", 4, WIRE_LOST);
    w.now_ms = 126;
    wire_send(&w, true, PACKET_ACK, NULL, 0, 0);
    w.now_ms = 200;
    wire_send(&w, true, DATA, "x", 1, 0);
    t = read_wire(&w, NEVER);
    ck_assert_str_eq(order_of(&t), ">S <S >A <4 <5 >A >1");
    explain_recording_free(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain_recording");
    TCase *tc = tcase_create("explain_recording");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, a_fin_stays_behind_the_data_before_it_and_that_is_not_sent_again);
    tcase_add_test(tc,
                   a_fin_is_told_where_the_client_asked_for_it_and_its_repetitions_where_they_left);
    tcase_add_test(tc, who_closed_first_is_told_first);
    tcase_add_test(tc, what_is_sent_again_is_counted_in_the_order_of_sending_9293_3_8);
    tcase_add_test(tc, a_port_that_is_used_again_sends_nothing_again);
    tcase_add_test(tc, an_acknowledgment_keeps_its_place_behind_what_was_lost);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
