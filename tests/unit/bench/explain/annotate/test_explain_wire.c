#include <stdlib.h>
#include <string.h>

#include "tests/unit/bench/explain/annotate/explain_checks.h"
#include "bench/wire/packet.h"

/* RFC 8448 §3: the server's answer, of which the first record is in the clear. */
static const uint8_t tls_server_hello[] = {
    0x16, 0x03, 0x03, 0x00, 0x5a, 0x02, 0x00, 0x00, 0x56, 0x03, 0x03, 0xa6, 0xaf, 0x06, 0xa4, 0x12,
    0x18, 0x60, 0xdc, 0x5e, 0x6e, 0x60, 0x24, 0x9c, 0xd3, 0x4c, 0x95, 0x93, 0x0c, 0x8a, 0xc5, 0xcb,
    0x14, 0x34, 0xda, 0xc1, 0x55, 0x77, 0x2e, 0xd3, 0xe2, 0x69, 0x28, 0x00, 0x13, 0x01, 0x00, 0x00,
    0x2e, 0x00, 0x33, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20, 0xc9, 0x82, 0x88, 0x76, 0x11, 0x20, 0x95,
    0xfe, 0x66, 0x76, 0x2b, 0xdb, 0xf7, 0xc6, 0x72, 0xe1, 0x56, 0xd6, 0xcc, 0x25, 0x3b, 0x83, 0x3d,
    0xf1, 0xdd, 0x69, 0xb1, 0xb0, 0x4e, 0x75, 0x1f, 0x0f, 0x00, 0x2b, 0x00, 0x02, 0x03, 0x04};

static const struct wire_segment handshake[] = {
    {.connection = 1,
     .up = true,
     .flags = PACKET_SYN,
     .first_sequence = 1000,
     .sent_ns = 0,
     .arrived_ns = 10,
     .mss_bytes = 1460,
     .window_shift = 7,
     .sack = true,
     .timestamps = true},
    {.connection = 1,
     .flags = PACKET_SYN | PACKET_ACK,
     .first_sequence = 5000,
     .acknowledgment = 1,
     .sent_ns = 10,
     .arrived_ns = 20,
     .mss_bytes = 1400,
     .window_shift = -1,
     .timestamps = true},
    {.connection = 1,
     .up = true,
     .flags = PACKET_ACK,
     .sequence = 1,
     .acknowledgment = 1,
     .sent_ns = 20,
     .arrived_ns = 30},
    {.connection = 1,
     .up = true,
     .flags = PACKET_ACK | PACKET_PSH,
     .sequence = 1,
     .acknowledgment = 1,
     .payload_bytes = 100,
     .ip_bytes = 152,
     .sent_ns = 21,
     .arrived_ns = 31},
};

START_TEST(explain_tells_the_handshake_of_tcp_from_packets_9293_3_5)
{
    const struct explain_options wire = {.wire = true, .packets = true};
    struct explained x;

    explained_begin(&x, &wire);
    for (size_t i = 0; i < sizeof handshake / sizeof *handshake; i++)
        explain_packet(x.explain, &handshake[i]);
    assert_says(&x, ">0 SYN  seq 0 | requests a connection");
    assert_says(&x, ">1 seq 0 = 1000 | a random number");
    assert_says(&x, ">1 MSS 1460 | ");
    assert_says(&x, ">1 timestamps | ");
    assert_says(&x, "<1 1400 - 12 = 1388 | payload per packet");
    assert_says(&x, ">1 window scale 7 | window scale: the windows that this side announces are");
    assert_says(&x, "<0 SYN, ACK  seq 0, ack 1 | accepts");
    assert_says(
        &x,
        ">0 ACK  seq 1, ack 1 | acknowledges the server's number: the connection is established");
    assert_says(&x, ">0 ACK  seq 1, ack 1, 100 bytes | data;");
    ck_assert_uint_eq(explain_tally(x.explain, 1).packets[true], 3);
    ck_assert_uint_eq(explain_tally(x.explain, 1).pure_acks, 1);
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_what_is_lost_and_what_is_sent_again_9293_3_8)
{
    const struct explain_options wire = {.wire = true};
    struct wire_segment syn = {.connection = 1,
                               .up = true,
                               .flags = PACKET_SYN,
                               .first_sequence = UINT32_MAX,
                               .lost = true,
                               .arrived_ns = INT64_MAX};
    struct wire_segment fin = {
        .connection = 1, .up = true, .flags = PACKET_FIN | PACKET_ACK, .payload_bytes = 5};
    struct explained x;

    explained_begin(&x, &wire);
    explain_packet(x.explain, &syn);
    assert_says(&x, "(lost)");
    assert_silent(&x, "sent again");
    syn.again = true;
    explain_packet(x.explain, &syn);
    assert_says(&x, "(sent again, and lost again)");
    syn.lost = false;
    explain_packet(x.explain, &syn);
    explain_packet(x.explain, &fin);
    ck_assert_uint_eq(count_of(&x, "(sent again: "), 1);
    fin.again = true;
    explain_packet(x.explain, &fin);
    ck_assert_uint_eq(count_of(&x, "(sent again: "), 2);
    ck_assert_uint_eq(explain_tally(x.explain, 0).again, 3);
    ck_assert_uint_eq(explain_tally(x.explain, 0).lost, 2);
    explained_end(&x);
}
END_TEST

/* The server's data and FIN are there at 20 and 21; the client reads them at 30. */
static void hear_data_and_fin(struct explained *x)
{
    struct wire_segment p = {.connection = 1, .flags = PACKET_SYN | PACKET_ACK};

    explain_packet(x->explain, &p);
    p = (struct wire_segment){.connection = 1, .up = true, .flags = PACKET_ACK};
    explain_packet(x->explain, &p);
    p = (struct wire_segment){.connection = 1,
                              .flags = PACKET_ACK,
                              .sequence = 1,
                              .payload_bytes = 2,
                              .sent_ns = 10,
                              .arrived_ns = 20};
    explain_packet(x->explain, &p);
    p = (struct wire_segment){.connection = 1,
                              .flags = PACKET_FIN | PACKET_ACK,
                              .sequence = 3,
                              .sent_ns = 11,
                              .arrived_ns = 21};
    explain_packet(x->explain, &p);
    x->now_ns = 30;
}

static int64_t time_of(struct explained *x, size_t from_end)
{
    return x->notes.all[x->notes.count - 1 - from_end].at_ns;
}

START_TEST(explain_tells_times_that_do_not_go_back)
{
    const struct explain_options wire = {.wire = true};
    struct wire_segment fin = {.connection = 1,
                               .up = true,
                               .flags = PACKET_FIN | PACKET_ACK,
                               .sent_ns = 40,
                               .arrived_ns = 50};
    struct explained x;

    explained_begin(&x, &wire);
    hear_data_and_fin(&x);
    assert_silent(&x, "<0 FIN");
    explained_event(&x, TRANSCRIPT_RECORD_RECEIVED, 1, "\x17\x03", 2);
    explained_event(&x, TRANSCRIPT_EOF, 1, NULL, 0);
    assert_says(&x, "<0 FIN, ACK | the server sends no more data");
    ck_assert_int_eq(time_of(&x, 0), 30);
    explain_packet(x.explain, &fin);
    explained_event(&x, TRANSCRIPT_OPEN, 2, "a:1", 3); /* noted before the wire has seen the FIN */
    ck_assert_int_eq(time_of(&x, 1), 40);
    ck_assert_int_eq(time_of(&x, 0), 40);
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_the_servers_fin_first_where_it_has_closed_first)
{
    const struct explain_options wire = {.wire = true};
    struct wire_segment fin = {.connection = 1,
                               .up = true,
                               .flags = PACKET_FIN | PACKET_ACK,
                               .sent_ns = 31,
                               .arrived_ns = 41};
    struct explained x;

    explained_begin(&x, &wire);
    hear_data_and_fin(&x);
    explained_event(&x, TRANSCRIPT_RECORD_RECEIVED, 1, "\x17\x03", 2);
    explain_packet(x.explain, &fin);
    explained_event(&x, TRANSCRIPT_EOF, 1, NULL, 0);
    assert_says(&x, "<0 FIN, ACK | the server sends no more data | RFC 9293 \u00a73.6\n"
                    ">0 FIN, ACK | the client sends no more data");
    ck_assert_uint_eq(count_of(&x, "<0 "), 2);
    explained_end(&x);
}
END_TEST

/* Data, in a topic that does not show every packet. */
START_TEST(explain_shows_every_packet_that_is_lost_or_sent_again)
{
    const struct explain_options wire = {.wire = true};
    struct wire_segment p = {.connection = 1, .up = true, .flags = PACKET_SYN, .first_sequence = 6};
    struct explained x;

    explained_begin(&x, &wire);
    explain_packet(x.explain, &p);
    p = (struct wire_segment){.connection = 1,
                              .up = true,
                              .flags = PACKET_ACK,
                              .sequence = 1,
                              .payload_bytes = 30,
                              .arrived_ns = INT64_MAX};
    explain_packet(x.explain, &p);
    assert_silent(&x, "30 bytes");
    p.sequence = 31;
    p.lost = true;
    explain_packet(x.explain, &p);
    assert_says(&x, ">0 ACK  seq 31, ack 0, 30 bytes | data; ack is the next byte that is "
                    "expected from the other side (lost)");
    p.lost = false;
    p.again = true;
    explain_packet(x.explain, &p);
    assert_says(&x, "30 bytes | data; ack is the next byte that is expected from the other side "
                    "(sent again: ");
    explained_end(&x);
}
END_TEST

/* On a machine without a link, all topics alike. */
START_TEST(explain_shows_both_fins_without_a_wire)
{
    const struct explain_options unseen = {.packets = true};
    struct explained x;

    explained_begin(&x, &unseen);
    explained_event(&x, TRANSCRIPT_SHUT, 1, NULL, 0);
    explained_event(&x, TRANSCRIPT_EOF, 1, NULL, 0);
    assert_says(&x, ">0 shutdown(): FIN | ");
    assert_says(&x, "<0 end of the stream: FIN | ");
    explained_end(&x);
}
END_TEST

START_TEST(explain_takes_the_kernels_word_where_no_wire_was_seen)
{
    static const char said[] = "rtt_us=20311 mss=1448 cwnd=10 again=0 segs_out=2 segs_in=1";
    struct explained x;

    explained_begin(&x, &plain);
    explained_event(&x, TRANSCRIPT_OPEN, 1, "127.0.0.1:80", 12);
    x.now_ns += 20400000;
    explained_event(&x, TRANSCRIPT_KERNEL, 1, said, sizeof said - 1);
    explained_event(&x, TRANSCRIPT_CONNECTED, 1, "127.0.0.1:4000", 14);
    assert_says(&x, "<0 SYN, ACK | ");
    assert_says(&x, "TCP_INFO: rtt 20.31 ms, mss 1448, cwnd 10, sent again 0");
    ck_assert_int_eq(x.notes.all[2].at_ns - x.notes.all[1].at_ns, 20311000);
    ck_assert(x.notes.all[1].estimated && x.notes.all[2].estimated && x.notes.all[3].estimated);
    ck_assert(!x.notes.all[0].estimated && !x.notes.all[4].estimated);
    ck_assert_uint_eq(explain_tally(x.explain, 0).kernel_segments[true], 2);
    ck_assert_uint_eq(explain_tally(x.explain, 0).handshakes, 1);
    explained_end(&x);
}
END_TEST

START_TEST(explain_reads_the_server_hello_of_rfc_8448)
{
    struct explained x;

    for (size_t piece = 0; piece < 5; piece++) {
        explained_begin(&x, &plain);
        explained_bytes(&x, TRANSCRIPT_RECORD_RECEIVED, tls_server_hello, sizeof tls_server_hello,
                        piece);
        assert_says(&x,
                    "<0 16 03 03 00 5a \u2026 90 bytes | a TLS record, handshake: not encrypted");
        assert_says(&x, "<1 ServerHello | ");
        assert_says(&x, "<2 TLS_AES_128_GCM_SHA256 | the cipher suite that the server has chosen");
        assert_says(&x, "<2 key_share: x25519 | ");
        assert_says(&x, "<2 supported_versions: TLS 1.3 | the version that the server has chosen");
        explained_end(&x);
    }
}
END_TEST

START_TEST(explain_says_what_can_be_seen_of_what_is_encrypted)
{
    struct explained x;

    explained_begin(&x, &plain);
    explained_bytes(&x, TRANSCRIPT_RECORD_RECEIVED, tls_server_hello, sizeof tls_server_hello, 0);
    explained_bytes(&x, TRANSCRIPT_RECORD_RECEIVED, "\x17\x03\x03\x00\x02\xaa\xbb", 7, 0);
    explained_event(&x, TRANSCRIPT_TLS_RECEIVED, 1, "\x16\x14\x00\x00\x01\x55", 6);
    explained_event(&x, TRANSCRIPT_SECURED, 1, "TLSv1.3 X full", 14);
    assert_says(&x, "<0 17 03 03 00 02 \u2026 2 bytes | a TLS record, application_data: encrypted");
    assert_says(&x, "<1 Finished (encrypted; visible to the two ends only) | ");
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 1);
    ck_assert_uint_eq(explain_tally(x.explain, 0).tls_handshakes, 1);
    explained_end(&x);
}
END_TEST

START_TEST(transcript_comes_back_from_its_lines)
{
    const struct transcript_event in = {TRANSCRIPT_RECEIVED, 3, 81234567890123,
                                        (const uint8_t *)"\0\xff\n ", 4};
    struct transcript_event out;
    struct buf line = {0};

    ck_assert_int_eq(transcript_encode(&line, &in), 0);
    ck_assert_int_eq(line.data[line.len - 1], '\n');
    line.data[line.len - 1] = '\0';
    ck_assert_str_eq((const char *)line.data, "received 3 81234567890123 00ff0a20");
    ck_assert_int_eq(transcript_decode(&out, (char *)line.data), 0);
    ck_assert_int_eq(out.what, in.what);
    ck_assert_uint_eq(out.connection, 3);
    ck_assert_int_eq(out.at_ns, in.at_ns);
    ck_assert_mem_eq(out.data, in.data, 4);
    buf_free(&line);
}
END_TEST

START_TEST(transcript_refuses_lines_that_are_none)
{
    static const char *const lines[] = {"",
                                        "received",
                                        "received 1 2",
                                        "perceived 1 2 00",
                                        "received x 2 00",
                                        "received 1 y 00",
                                        "received 1 2 0",
                                        "received 1 2 0g",
                                        "received  1 2",
                                        "received 1  00"};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct transcript_event e;
        char *copy = strdup(lines[i]);

        ck_assert_int_eq(transcript_decode(&e, copy), PL_EPROTO);
        free(copy);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain_wire");
    TCase *tc = tcase_create("explain_wire");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, explain_tells_the_handshake_of_tcp_from_packets_9293_3_5);
    tcase_add_test(tc, explain_says_what_is_lost_and_what_is_sent_again_9293_3_8);
    tcase_add_test(tc, explain_tells_times_that_do_not_go_back);
    tcase_add_test(tc, explain_says_the_servers_fin_first_where_it_has_closed_first);
    tcase_add_test(tc, explain_shows_every_packet_that_is_lost_or_sent_again);
    tcase_add_test(tc, explain_shows_both_fins_without_a_wire);
    tcase_add_test(tc, explain_takes_the_kernels_word_where_no_wire_was_seen);
    tcase_add_test(tc, explain_reads_the_server_hello_of_rfc_8448);
    tcase_add_test(tc, explain_says_what_can_be_seen_of_what_is_encrypted);
    tcase_add_test(tc, transcript_comes_back_from_its_lines);
    tcase_add_test(tc, transcript_refuses_lines_that_are_none);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
