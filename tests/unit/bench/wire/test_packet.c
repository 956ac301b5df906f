#include <check.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "tests/unit/guard.h"
#include "tests/unit/bench/wire/link_packets.h"

START_TEST(packet_reads_tcp_over_ipv4_rfc791_3_1)
{
    struct wanted w = {.sequence = 0xfffffff0, .acknowledgment = 7, .payload_bytes = 33};
    struct made m;
    struct packet p;

    w.flags = PACKET_PSH | PACKET_ACK;
    w.tcp_option_bytes = 12;
    make_tcp(&m, &w);
    ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
    ck_assert_int_eq(p.kind, PACKET_TCP);
    ck_assert_uint_eq(p.version, 4);
    ck_assert_uint_eq(p.ip_header_bytes, 20);
    ck_assert_uint_eq(p.tcp_header_bytes, 32);
    ck_assert_uint_eq(p.payload_bytes, 33);
    ck_assert_uint_eq(p.total_bytes, 85);
    ck_assert_ptr_eq(p.payload, m.data + 52);
    ck_assert_uint_eq(p.source_port, 40000);
    ck_assert_uint_eq(p.destination_port, 80);
    ck_assert_uint_eq(p.sequence, 0xfffffff0);
    ck_assert_uint_eq(p.acknowledgment, 7);
    ck_assert_uint_eq(p.flags, PACKET_PSH | PACKET_ACK);
    ck_assert_uint_eq(p.source[3], 1);
    ck_assert_uint_eq(p.destination[3], 2);
}
END_TEST

START_TEST(packet_counts_ip_options_as_header_rfc791_3_1)
{
    struct wanted w = {.ip_option_bytes = 40, .payload_bytes = 5, .flags = PACKET_ACK};
    struct made m;
    struct packet p;

    make_tcp(&m, &w);
    ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
    ck_assert_uint_eq(p.ip_header_bytes, 60);
    ck_assert_uint_eq(p.payload_bytes, 5);
}
END_TEST

START_TEST(packet_reads_tcp_over_ipv6_rfc8200_3)
{
    struct wanted w = {.version = 6, .flags = PACKET_SYN, .sequence = 9, .tcp_option_bytes = 20};
    struct made m;
    struct packet p;

    make_tcp(&m, &w);
    ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
    ck_assert_int_eq(p.kind, PACKET_TCP);
    ck_assert_uint_eq(p.address_bytes, 16);
    ck_assert_uint_eq(p.ip_header_bytes, 40);
    ck_assert_uint_eq(p.tcp_header_bytes, 40);
    ck_assert_uint_eq(packet_sequence_length(&p), 1);
}
END_TEST

/* Put a header of the given type and bytes between the IPv6 header and the rest. */
static void insert_extension(struct made *m, uint8_t type, const uint8_t *bytes, size_t len)
{
    memmove(m->data + 40 + len, m->data + 40, m->len - 40);
    memcpy(m->data + 40, bytes, len);
    m->data[40] = m->data[6];
    m->data[6] = type;
    m->len += len;
    put16(m->data + 4, (unsigned)m->len - 40);
}

START_TEST(packet_steps_over_extension_headers_rfc8200_4)
{
    static const uint8_t eight[8] = {0, 0}, sixteen[16] = {0, 1}, ah[12] = {0, 1};
    struct wanted w = {.version = 6, .flags = PACKET_ACK, .payload_bytes = 3};
    struct made m;
    struct packet p;

    make_tcp(&m, &w);
    insert_extension(&m, 60, eight, sizeof eight);     /* destination options */
    insert_extension(&m, 51, ah, sizeof ah);           /* authentication: counted in fours */
    insert_extension(&m, 44, eight, sizeof eight);     /* an atomic fragment (RFC 6946) */
    insert_extension(&m, 43, sixteen, sizeof sixteen); /* routing */
    insert_extension(&m, 0, eight, sizeof eight);      /* hop-by-hop options */
    ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
    ck_assert_int_eq(p.kind, PACKET_TCP);
    ck_assert_uint_eq(p.ip_header_bytes, 40 + 8 + 12 + 8 + 16 + 8);
    ck_assert_uint_eq(p.payload_bytes, 3);
    ck_assert_uint_eq(p.destination_port, 80);
}
END_TEST

START_TEST(packet_rejects_an_extension_header_longer_than_the_packet)
{
    static const uint8_t long_one[8] = {0, 255};
    struct wanted w = {.version = 6, .flags = PACKET_ACK};
    struct made m;
    struct packet p;

    make_tcp(&m, &w);
    insert_extension(&m, 60, long_one, sizeof long_one);
    ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_EPROTO);
}
END_TEST

START_TEST(packet_leaves_fragments_alone)
{
    static const uint8_t later[8] = {0, 0, 0x00, 0x08}, first[8] = {0, 0, 0x00, 0x01};
    struct wanted w = {.flags = PACKET_ACK, .payload_bytes = 8};
    struct made m;
    struct packet p;

    make_tcp(&m, &w);
    put16(m.data + 6, 0x2000); /* more fragments (RFC 791 §3.1) */
    ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
    ck_assert_int_eq(p.kind, PACKET_FRAGMENT);
    put16(m.data + 6, 100); /* an offset */
    ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
    ck_assert_int_eq(p.kind, PACKET_FRAGMENT);
    for (int i = 0; i < 2; i++) {
        w.version = 6;
        make_tcp(&m, &w);
        insert_extension(&m, 44, i == 0 ? later : first, 8);
        ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
        ck_assert_int_eq(p.kind, PACKET_FRAGMENT);
        ck_assert_uint_eq(p.protocol, 6);
    }
}
END_TEST

START_TEST(packet_tells_other_protocols)
{
    static const struct {
        uint8_t protocol;
        enum packet_kind kind;
    } cases[] = {{17, PACKET_UDP},    {1, PACKET_ICMP},   {58, PACKET_ICMP},
                 {132, PACKET_OTHER}, {59, PACKET_OTHER}, {50, PACKET_OTHER}};
    struct wanted w = {.payload_bytes = 0};
    struct made m;
    struct packet p;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_ip(&m, &w, 4); /* shorter than any of their headers: that's their business */
        m.data[9] = cases[i].protocol;
        ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
        ck_assert_int_eq(p.kind, cases[i].kind);
    }
}
END_TEST

START_TEST(packet_ignores_what_comes_after_the_packet)
{
    struct wanted w = {.flags = PACKET_ACK, .payload_bytes = 2};
    struct made m;
    struct packet p;

    make_tcp(&m, &w);
    ck_assert_int_eq(packet_parse(&p, m.data, m.len + 18), PL_OK);
    ck_assert_uint_eq(p.payload_bytes, 2);
    ck_assert_uint_eq(p.total_bytes, m.len);
}
END_TEST

START_TEST(packet_rejects_every_cut)
{
    static const uint8_t options[16] = {0, 1};
    struct guard g = guard_new(2048);
    struct made m[3];
    struct packet p;

    make_tcp(&m[0],
             &(struct wanted){.ip_option_bytes = 8, .tcp_option_bytes = 8, .payload_bytes = 9});
    make_tcp(&m[1], &(struct wanted){.version = 6, .tcp_option_bytes = 8, .payload_bytes = 9});
    m[2] = m[1];
    insert_extension(&m[2], 60, options, sizeof options);
    for (int i = 0; i < 3; i++) {
        for (size_t len = 0; len < m[i].len; len++)
            ck_assert_int_eq(packet_parse(&p, guard_copy(&g, m[i].data, len), len), PL_EPROTO);
        ck_assert_int_eq(packet_parse(&p, guard_copy(&g, m[i].data, m[i].len), m[i].len), PL_OK);
    }
    guard_free(&g);
}
END_TEST

/* One byte of a good packet, changed to what contradicts the rest. */
static const struct {
    size_t offset;
    uint8_t value;
    const char *why;
} contradictions[] = {
    {0, 0x35, "version 3"},
    {0, 0x44, "a header of 16 bytes"},
    {0, 0x4f, "a header longer than the packet"},
    {3, 19, "a total shorter than the header"},
    {2, 0xff, "a total longer than the packet"},
    {3, 39, "half a TCP header"},
    {32, 0x40, "a TCP header of 16 bytes"},
    {32, 0xf0, "a TCP header longer than the packet"},
};

START_TEST(packet_rejects_contradictions)
{
    struct made m;
    struct packet p;

    make_tcp(&m, &(struct wanted){.payload_bytes = 3});
    ck_assert_int_eq(packet_parse(&p, m.data, m.len), PL_OK);
    m.data[contradictions[_i].offset] = contradictions[_i].value;
    ck_assert_msg(packet_parse(&p, m.data, m.len) == PL_EPROTO, "%s", contradictions[_i].why);
}
END_TEST

START_TEST(packet_counts_syn_and_fin_in_sequence_space_rfc9293_3_4)
{
    struct packet p = {.payload_bytes = 10, .flags = PACKET_SYN | PACKET_FIN | PACKET_ACK};

    ck_assert_uint_eq(packet_sequence_length(&p), 12);
    p.flags = PACKET_ACK;
    ck_assert_uint_eq(packet_sequence_length(&p), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link_packet");
    TCase *tc = tcase_create("link_packet");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, packet_reads_tcp_over_ipv4_rfc791_3_1);
    tcase_add_test(tc, packet_counts_ip_options_as_header_rfc791_3_1);
    tcase_add_test(tc, packet_reads_tcp_over_ipv6_rfc8200_3);
    tcase_add_test(tc, packet_steps_over_extension_headers_rfc8200_4);
    tcase_add_test(tc, packet_rejects_an_extension_header_longer_than_the_packet);
    tcase_add_test(tc, packet_leaves_fragments_alone);
    tcase_add_test(tc, packet_tells_other_protocols);
    tcase_add_test(tc, packet_ignores_what_comes_after_the_packet);
    tcase_add_test(tc, packet_rejects_every_cut);
    tcase_add_loop_test(tc, packet_rejects_contradictions, 0,
                        sizeof contradictions / sizeof *contradictions);
    tcase_add_test(tc, packet_counts_syn_and_fin_in_sequence_space_rfc9293_3_4);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
