/* The wire_counter against connections played by hand: every count is known beforehand. */
#include <check.h>
#include <stdlib.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "tests/unit/bench/wire/link_packets.h"
#include "bench/link/wire_counter.h"

enum { SYN = PACKET_SYN, ACK = PACKET_ACK, FIN = PACKET_FIN, RST = PACKET_RST, PSH = PACKET_PSH };

static struct wire_counter r;

static void setup(void)
{
    ck_assert_int_eq(wire_counter_init(&r, WIRE_COUNTER_MAX_CONNECTIONS, 1000), PL_OK);
}

static void teardown(void)
{
    wire_counter_free(&r);
}

static struct wire_counter_sighting see_made(const struct made *m, int from_server, bool lost)
{
    struct packet p;

    ck_assert_int_eq(packet_parse(&p, m->data, m->len), PL_OK);
    return wire_counter_see(&r, &p, m->len, from_server ? LINK_DOWN : LINK_UP, lost, 2000);
}

static struct wire_counter_sighting see(struct wanted w, bool lost)
{
    struct made m;

    make_tcp(&m, &w);
    return see_made(&m, w.from_server, lost);
}

/* A segment from the client (c_) or the server (s_) of the connection on port. */
static void c_(unsigned port, uint8_t flags, uint32_t seq, uint32_t ack, unsigned payload)
{
    struct wanted w = {.client_port = port, .flags = flags, .sequence = seq};

    w.acknowledgment = ack;
    w.payload_bytes = payload;
    (void)see(w, false);
}

static void s_(unsigned port, uint8_t flags, uint32_t seq, uint32_t ack, unsigned payload)
{
    struct wanted w = {.client_port = port, .flags = flags, .sequence = seq, .from_server = 1};

    w.acknowledgment = ack;
    w.payload_bytes = payload;
    (void)see(w, false);
}

static void open_connection(unsigned port, uint32_t client_isn, uint32_t server_isn)
{
    c_(port, SYN, client_isn, 0, 0);
    s_(port, SYN | ACK, server_isn, client_isn + 1, 0);
    c_(port, ACK, client_isn + 1, server_isn + 1, 0);
}

START_TEST(wire_counter_counts_a_connection_from_syn_to_fin_rfc9293_3_5)
{
    const struct wire_counter_flow *up = &r.totals.flow[LINK_UP], *down = &r.totals.flow[LINK_DOWN];

    /* Sequence numbers wrap on the way (§3.4). */
    open_connection(5000, 0xfffffff0, 0xffffffff);
    c_(5000, PSH | ACK, 0xfffffff1, 0, 100);
    s_(5000, ACK, 0, 85, 0);
    s_(5000, PSH | ACK, 0, 85, 1448);
    c_(5000, ACK, 85, 1448, 0);
    c_(5000, FIN | ACK, 85, 1448, 0);
    s_(5000, FIN | ACK, 1448, 86, 0);
    c_(5000, ACK, 86, 1449, 0);

    ck_assert_uint_eq(r.totals.connections, 1);
    ck_assert_uint_eq(r.totals.handshakes, 1);
    ck_assert_uint_eq(r.totals.syn_retransmissions, 0);
    ck_assert_uint_eq(up->packets, 6);
    ck_assert_uint_eq(up->ip_header_bytes, 120);
    ck_assert_uint_eq(up->tcp_header_bytes, 120);
    ck_assert_uint_eq(up->payload_bytes, 100);
    ck_assert_uint_eq(up->syns, 1);
    ck_assert_uint_eq(up->fins, 1);
    ck_assert_uint_eq(up->pure_acks, 3);
    ck_assert_uint_eq(up->retransmissions, 0);
    ck_assert_uint_eq(down->packets, 4);
    ck_assert_uint_eq(down->payload_bytes, 1448);
    ck_assert_uint_eq(down->syns, 1);
    ck_assert_uint_eq(down->fins, 1);
    ck_assert_uint_eq(down->pure_acks, 1);
    ck_assert_uint_eq(down->retransmissions, 0);
    ck_assert(r.connections[0].established && r.connections[0].closed);
}
END_TEST

START_TEST(wire_counter_knows_a_retransmission_by_its_sequence_number)
{
    const struct wire_counter_flow *down = &r.totals.flow[LINK_DOWN];

    open_connection(5000, 100, 200);
    s_(5000, ACK, 201, 101, 1000);
    s_(5000, ACK, 1201, 101, 1000);
    s_(5000, ACK, 201, 101, 1000);  /* the first again */
    s_(5000, ACK, 1701, 101, 1000); /* half old, half new */
    s_(5000, ACK, 2701, 101, 10);   /* new */
    s_(5000, ACK, 2710, 101, 0);    /* a keep-alive probe takes up no sequence number */
    ck_assert_uint_eq(down->retransmissions, 2);
    ck_assert_uint_eq(down->retransmitted_bytes, 2000);
    ck_assert_uint_eq(down->payload_bytes, 4010);
    ck_assert_uint_eq(down->pure_acks, 1);
}
END_TEST

START_TEST(wire_counter_counts_a_repeated_syn_once_as_a_connection)
{
    c_(5000, SYN, 100, 0, 0);
    c_(5000, SYN, 100, 0, 0);
    s_(5000, SYN | ACK, 200, 101, 0);
    s_(5000, SYN | ACK, 200, 101, 0);
    c_(5000, ACK, 101, 201, 0);
    ck_assert_uint_eq(r.totals.connections, 1);
    ck_assert_uint_eq(r.totals.handshakes, 1);
    ck_assert_uint_eq(r.totals.flow[LINK_UP].syns, 2);
    ck_assert_uint_eq(r.totals.syn_retransmissions, 2);
    ck_assert_uint_eq(r.totals.flow[LINK_DOWN].retransmissions, 1);
}
END_TEST

START_TEST(wire_counter_completes_no_handshake_whose_last_ack_was_lost)
{
    c_(5000, SYN, 100, 0, 0);
    s_(5000, SYN | ACK, 200, 101, 0);
    (void)see(
        (struct wanted){.client_port = 5000, .flags = ACK, .sequence = 101, .acknowledgment = 201},
        true);
    ck_assert_uint_eq(r.totals.handshakes, 0);
    ck_assert_uint_eq(r.totals.flow[LINK_UP].lost, 1);
    c_(5000, PSH | ACK, 101, 201, 10); /* data acknowledges as well */
    ck_assert_uint_eq(r.totals.handshakes, 1);
}
END_TEST

START_TEST(wire_counter_completes_no_handshake_that_was_refused)
{
    c_(5000, SYN, 100, 0, 0);
    s_(5000, RST | ACK, 0, 101, 0);
    ck_assert_uint_eq(r.totals.connections, 1);
    ck_assert_uint_eq(r.totals.handshakes, 0);
    ck_assert_uint_eq(r.totals.flow[LINK_DOWN].rsts, 1);
    ck_assert_uint_eq(r.totals.flow[LINK_DOWN].pure_acks, 0);
    ck_assert(r.connections[0].closed);
}
END_TEST

START_TEST(wire_counter_sees_a_new_connection_on_used_ports)
{
    open_connection(5000, 100, 200);
    c_(5000, RST | ACK, 101, 201, 0);
    open_connection(5000, 100, 900); /* closed: even the same number means a new one */
    open_connection(5000, 7777, 12); /* not closed, but another number */
    ck_assert_uint_eq(r.totals.connections, 3);
    ck_assert_uint_eq(r.totals.handshakes, 3);
    ck_assert_uint_eq(r.totals.syn_retransmissions, 0);
}
END_TEST

START_TEST(wire_counter_keeps_ports_directions_and_versions_apart)
{
    struct wanted six = {.version = 6, .client_port = 5000, .flags = SYN};

    open_connection(5000, 1, 2);
    open_connection(5001, 1, 2);
    (void)see(six, false);
    s_(5002, SYN, 50, 0, 0); /* opened by the server's side */
    c_(5002, SYN | ACK, 60, 51, 0);
    s_(5002, ACK, 51, 61, 0);
    ck_assert_uint_eq(r.totals.connections, 4);
    ck_assert_uint_eq(r.totals.handshakes, 3);
    ck_assert_int_eq(r.connections[3].opener, LINK_DOWN);
}
END_TEST

START_TEST(wire_counter_tells_first_packets_and_first_kept_ones)
{
    struct wanted syn = {.client_port = 5000, .flags = SYN, .sequence = 1};
    struct wire_counter_sighting s = see(syn, true);

    ck_assert(s.connection == 1 && s.first && !s.first_kept);
    s = see(syn, false);
    ck_assert(s.connection == 1 && !s.first && s.first_kept);
    s = see(syn, false);
    ck_assert(s.connection == 1 && !s.first && !s.first_kept);
    syn.client_port = 5001;
    s = see(syn, false);
    ck_assert(s.connection == 2 && s.first && s.first_kept);
}
END_TEST

START_TEST(wire_counter_keeps_the_last_words_of_the_last_row_apart)
{
    open_connection(5000, 100, 200);
    wire_counter_reset(&r, 3000);
    ck_assert_uint_eq(r.totals.connections, 0);
    c_(5000, FIN | ACK, 101, 201, 0);
    s_(5000, FIN | ACK, 201, 102, 0);
    ck_assert_uint_eq(r.totals.connections, 0);
    ck_assert_uint_eq(r.totals.flow[LINK_UP].packets, 0);
    ck_assert_uint_eq(r.totals.stale[LINK_UP].packets, 1);
    ck_assert_uint_eq(r.totals.stale[LINK_DOWN].bytes, 40);
    open_connection(5000, 300, 400); /* the ports again: of this row */
    ck_assert_uint_eq(r.totals.connections, 1);
    ck_assert_uint_eq(r.connections[0].number, 1);
    ck_assert_uint_eq(r.totals.flow[LINK_UP].packets, 2);
}
END_TEST

START_TEST(wire_counter_forgets_the_row_before_the_last)
{
    open_connection(5000, 100, 200);
    wire_counter_reset(&r, 3000);
    open_connection(5001, 100, 200);
    ck_assert_uint_eq(r.count, 2);
    wire_counter_reset(&r, 4000);
    ck_assert_uint_eq(r.count, 1);
    c_(5001, ACK, 101, 201, 0);
    ck_assert_uint_eq(r.totals.stale[LINK_UP].packets, 1);
}
END_TEST

START_TEST(wire_counter_remembers_many_connections_and_says_when_it_cannot)
{
    enum { LIMIT = 4096 };

    wire_counter_free(&r);
    ck_assert_int_eq(wire_counter_init(&r, LIMIT, 0), PL_OK);
    for (unsigned i = 0; i < LIMIT + 10; i++)
        c_(1024 + i, SYN, i, 0, 0);
    for (unsigned i = 0; i < LIMIT; i++)
        s_(1024 + i, SYN | ACK, 5, i + 1, 0);
    ck_assert_uint_eq(r.totals.connections, LIMIT);
    ck_assert_uint_eq(r.totals.untracked[LINK_UP].packets, 10);
    ck_assert_uint_eq(r.totals.flow[LINK_DOWN].syns, LIMIT);
    ck_assert_uint_eq(r.totals.untracked[LINK_DOWN].packets, 0);
}
END_TEST

START_TEST(wire_counter_counts_what_is_not_tcp_apart)
{
    struct made m;

    make_ip(&m, &(struct wanted){0}, 72);
    m.data[9] = 17;
    (void)see_made(&m, 0, false);
    put16(m.data + 6, 0x2000);
    (void)see_made(&m, 1, true);
    (void)wire_counter_see(&r, NULL, 13, LINK_UP, false, 0);
    ck_assert_uint_eq(r.totals.other[LINK_UP].bytes, 92);
    ck_assert_uint_eq(r.totals.fragments[LINK_DOWN].packets, 1);
    ck_assert_uint_eq(r.totals.malformed[LINK_UP].bytes, 13);
    ck_assert_uint_eq(r.totals.connections, 0);
}
END_TEST

static double json_number(const cJSON *root, const char *a, const char *b)
{
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(root, a);

    if (b != NULL)
        o = cJSON_GetObjectItemCaseSensitive(o, b);
    ck_assert_msg(cJSON_IsNumber(o), "%s.%s", a, b == NULL ? "" : b);
    return o->valuedouble;
}

START_TEST(wire_counter_writes_its_account_as_json)
{
    struct buf out = {.data = NULL};
    struct writer w = {.out = &out};
    const cJSON *list, *one;
    cJSON *root;

    open_connection(5000, 100, 200);
    s_(5000, PSH | ACK, 201, 101, 10);
    (void)see((struct wanted){.version = 6, .client_port = 5001, .flags = SYN}, false);
    writer_puts(&w, "{");
    wire_counter_json(&r, &w, 10);
    writer_puts(&w, "}");
    ck_assert_int_eq(w.rc, PL_OK);
    root = cJSON_ParseWithLength((const char *)out.data, out.len);
    ck_assert_ptr_nonnull(root);
    ck_assert_double_eq(json_number(root, "connections", NULL), 2);
    ck_assert_double_eq(json_number(root, "handshakes", NULL), 1);
    ck_assert_double_eq(json_number(root, "up", "syns"), 2);
    ck_assert_double_eq(json_number(root, "down", "bytes"), 90);
    ck_assert_double_eq(json_number(root, "down", "payload_bytes"), 10);
    list = cJSON_GetObjectItemCaseSensitive(root, "list");
    ck_assert_int_eq(cJSON_GetArraySize(list), 2);
    one = cJSON_GetArrayItem(list, 0);
    ck_assert_str_eq(cJSON_GetObjectItem(one, "client")->valuestring, "10.77.0.1:5000");
    ck_assert_str_eq(cJSON_GetObjectItem(one, "server")->valuestring, "10.77.0.2:80");
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(one, "established")));
    one = cJSON_GetArrayItem(list, 1);
    ck_assert_str_eq(cJSON_GetObjectItem(one, "client")->valuestring, "[fd00::1]:5001");
    cJSON_Delete(root);
    buf_free(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link_referee");
    TCase *tc = tcase_create("link_referee");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, wire_counter_counts_a_connection_from_syn_to_fin_rfc9293_3_5);
    tcase_add_test(tc, wire_counter_knows_a_retransmission_by_its_sequence_number);
    tcase_add_test(tc, wire_counter_counts_a_repeated_syn_once_as_a_connection);
    tcase_add_test(tc, wire_counter_completes_no_handshake_whose_last_ack_was_lost);
    tcase_add_test(tc, wire_counter_completes_no_handshake_that_was_refused);
    tcase_add_test(tc, wire_counter_sees_a_new_connection_on_used_ports);
    tcase_add_test(tc, wire_counter_keeps_ports_directions_and_versions_apart);
    tcase_add_test(tc, wire_counter_tells_first_packets_and_first_kept_ones);
    tcase_add_test(tc, wire_counter_keeps_the_last_words_of_the_last_row_apart);
    tcase_add_test(tc, wire_counter_forgets_the_row_before_the_last);
    tcase_add_test(tc, wire_counter_remembers_many_connections_and_says_when_it_cannot);
    tcase_add_test(tc, wire_counter_counts_what_is_not_tcp_apart);
    tcase_add_test(tc, wire_counter_writes_its_account_as_json);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
