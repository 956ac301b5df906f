#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/proto/transport_info.h"
#include "bench/ladder/ladder_caption.h"
#include "bench/ladder/ladder_read.h"
#include "bench/ladder/ladder_style.h"
#include "bench/ladder/ladder_svg.h"
#include "bench/ladder/ladder_tls.h"
#include "tests/unit/bench/wire/wire_capture.h"

static const struct ladder_about sse = {.row = "sse", .link = "rtt=50ms"};

static struct ladder read_wire(struct wire *w, const struct ladder_about *about)
{
    struct err_text e = {""};
    struct ladder l;

    ck_assert_msg(ladder_read(&l, w->file.data, w->file.len, about, &e) == 0, "%s", e.text);
    buf_free(&w->file);
    return l;
}

static void refuse_wire(struct wire *w, const char *expected)
{
    struct err_text e = {""};
    struct ladder l;

    ck_assert_int_eq(ladder_read(&l, w->file.data, w->file.len, &sse, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, expected));
    ck_assert_ptr_null(l.steps);
    buf_free(&w->file);
}

/* All labels in order, acknowledgments as ".". */
static const char *labels(const struct ladder *l)
{
    static char text[4096];
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < l->count && len < sizeof text; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i > 0 ? " | " : "",
                                l->steps[i].label[0] != '\0' ? l->steps[i].label : ".");
    return text;
}

#define UPDATE(seq, t) "{\"seq\":" #seq ",\"t\":" #t ",\"data\":1}"

static const char poll_17[] = "GET /poll?since=17 HTTP/1.1\r\nHost: a\r\n\r\n";
static const char nothing[] = "HTTP/1.1 204 No Content\r\nPushlab-Cursor: 17\r\n\r\n";
static const char two[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                          "Content-Length: 73\r\n\r\n"
                          "[" UPDATE(18, 10050000000) "," UPDATE(19, 10060000000) "]";

/* ---- what is read out of the packets ---- */

START_TEST(a_poll_is_a_handshake_a_request_a_response_and_a_teardown)
{
    struct wire w = wire_new();
    struct ladder_counts n;
    struct ladder l;

    wire_handshake(&w);
    wire_exchange(&w, poll_17, nothing);
    wire_send(&w, true, PACKET_FIN | PACKET_ACK, NULL, 0, 0);
    wire_send(&w, false, PACKET_FIN | PACKET_ACK, NULL, 0, 0);
    wire_send(&w, true, PACKET_ACK, NULL, 0, 0);
    l = read_wire(&w, &sse);
    ck_assert_str_eq(labels(&l), "SYN | SYN-ACK | ACK | GET /poll?since=17 | 204 No Content | "
                                 "FIN | FIN | .");
    ck_assert_int_eq(l.steps[2].kind, LADDER_HANDSHAKE);
    ck_assert_int_eq(l.steps[3].kind, LADDER_REQUEST);
    ck_assert_int_eq(l.steps[4].kind, LADDER_RESPONSE);
    ck_assert_int_eq(l.steps[5].kind, LADDER_TEARDOWN);
    ck_assert_int_eq(l.steps[7].kind, LADDER_ACK);
    ck_assert(l.steps[3].up && !l.steps[4].up);
    ck_assert_int_eq(l.steps[4].sent_ns, 75 * NS_PER_MS);
    ck_assert_int_eq(l.steps[4].arrived_ns, 100 * NS_PER_MS);
    ck_assert_int_eq(l.one_way_ns, 25 * NS_PER_MS);
    ladder_count(&l, l.count, LADDER_NEVER, &n);
    ck_assert_uint_eq(n.packets, 8);
    ck_assert_uint_eq(n.acks, 1);
    ck_assert_uint_eq(n.bytes, 8 * 40 + strlen(poll_17) + strlen(nothing));
    ck_assert_uint_eq(n.handshakes, 1);
    ck_assert_uint_eq(n.round_trips, 2);
    ck_assert_uint_eq(n.updates, 0);
    ladder_free(&l);
}
END_TEST

START_TEST(an_answer_with_updates_tells_their_numbers_and_the_age_of_the_oldest)
{
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_exchange(&w, poll_17, two);
    l = read_wire(&w, &sse);
    ck_assert_str_eq(l.steps[4].label, "200 OK + 2 updates 18, 19");
    ck_assert_int_eq(l.steps[4].kind, LADDER_DATA);
    ck_assert_uint_eq(l.steps[4].updates, 2);
    /* Published at 50 ms of the capture's clock, delivered at 100. */
    ck_assert_int_eq(l.steps[4].oldest_age_ns, 50 * NS_PER_MS);
    ck_assert_uint_eq(l.update_count, 2);
    ck_assert_uint_eq(l.updates[1].seq, 19);
    ck_assert_int_eq(l.updates[1].published_ns, 60 * NS_PER_MS);
    ladder_free(&l);
}
END_TEST

START_TEST(the_client_waits_from_its_request_to_the_answer_and_the_server_holds_it)
{
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_say(&w, true, poll_17);
    w.now_ms += 425;
    wire_say(&w, false, two);
    l = read_wire(&w, &sse);
    ck_assert_uint_eq(l.span_count, 2);
    ck_assert_int_eq(l.spans[0].kind, LADDER_SPAN_TCP);
    ck_assert_int_eq(l.spans[0].end_ns, 50 * NS_PER_MS);
    ck_assert_int_eq(l.spans[1].kind, LADDER_SPAN_EXCHANGE);
    ck_assert_int_eq(l.spans[1].begin_ns, 50 * NS_PER_MS);
    ck_assert_int_eq(l.spans[1].end_ns, 500 * NS_PER_MS);
    ck_assert_int_eq(l.spans[1].held_ns, 400 * NS_PER_MS);
    ck_assert(!l.spans[1].repeated);
    ladder_free(&l);
}
END_TEST

START_TEST(events_chunks_and_frames_go_by_their_own_names)
{
    static const struct {
        const char *request, *response, *more, *expected;
    } talks[] = {
        {"GET /events HTTP/1.1\r\nHost: a\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
         "26\r\nevent: hello\nid: 3\ndata: {\"hello\":3}\n\n\r\n",
         "b\r\n: still on\n\r\n35\r\nid: 4\ndata: {\"seq\":4,\"t\":10050000000,\"data\":1}\n\n"
         "12345678\r\n",
         "GET /events | 200 OK + event: hello | comment: heartbeat + event id: 4"},
        {"GET /stream HTTP/1.1\r\nHost: a\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
         "Transfer-Encoding: chunked\r\n\r\nc\r\n{\"hello\":3}\n\r\n",
         "1\r\n\n\r\n23\r\n{\"seq\":4,\"t\":10050000000,\"data\":1}\n\r\n0\r\n\r\n",
         "GET /stream | 200 OK + chunk: hello | "
         "chunk: heartbeat + chunk: update 4 + end of the response"},
        {"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
         "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
         "\x81\x0b{\"hello\":3}",
         "\x81\x22" UPDATE(4, 10050000000) "\x81\x22" UPDATE(5, 10050000000) "\x89\x02hi"
                                                                             "\x88\x02\x03\xe8",
         "GET /ws (Upgrade) | 101 Switching Protocols + text frame: hello | "
         "2 text frames: updates 4, 5 + ping + WebSocket close 1000"},
    };
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_exchange(&w, talks[_i].request, talks[_i].response);
    wire_say(&w, false, talks[_i].more);
    l = read_wire(&w, &sse);
    ck_assert_str_eq(labels(&l) + strlen("SYN | SYN-ACK | ACK | "), talks[_i].expected);
    ck_assert_uint_eq(l.span_count, 2); /* the head of an endless response ends the exchange */
    ladder_free(&l);
}
END_TEST

START_TEST(a_message_in_several_packets_is_named_by_its_last_one)
{
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_send(&w, true, PACKET_ACK, poll_17, 10, 0);
    wire_say(&w, true, poll_17 + 10);
    wire_send(&w, false, PACKET_ACK, two, 100, 0);
    wire_say(&w, false, two + 100);
    l = read_wire(&w, &sse);
    ck_assert_str_eq(labels(&l) + strlen("SYN | SYN-ACK | ACK | "),
                     "part of a message | GET /poll?since=17 | 200 OK | 2 updates 18, 19");
    ck_assert_uint_eq(l.spans[1].from, 3);
    ck_assert_uint_eq(l.spans[1].to, 6);
    ladder_free(&l);
}
END_TEST

START_TEST(a_lost_packet_has_no_arrival_and_what_is_sent_again_delivers_it)
{
    const uint8_t flags = PACKET_ACK | PACKET_PSH;
    struct wire w = wire_new();
    struct ladder_counts n;
    struct ladder l;

    wire_handshake(&w);
    wire_say(&w, true, poll_17);
    w.now_ms += 25;
    wire_send(&w, false, flags, two, strlen(two), WIRE_LOST);
    w.now_ms += 300;
    wire_send(&w, false, flags, two, strlen(two), WIRE_AGAIN);
    l = read_wire(&w, &sse);
    ck_assert(l.steps[4].lost);
    ck_assert_int_eq(l.steps[4].arrived_ns, LADDER_NEVER);
    ck_assert_uint_eq(l.steps[4].updates, 0);
    ck_assert(l.steps[5].again);
    ck_assert_str_eq(l.steps[5].label, "again: 200 OK + 2 updates 18, 19");
    ck_assert_int_eq(l.steps[5].kind, LADDER_DATA);
    ck_assert_uint_eq(l.steps[5].updates, 2);
    ck_assert_int_eq(l.steps[5].oldest_age_ns, 350 * NS_PER_MS);
    ck_assert_uint_eq(l.updates[0].step, 5);
    ck_assert(l.spans[1].repeated);
    ck_assert_int_eq(l.spans[1].end_ns, 400 * NS_PER_MS);
    ladder_count(&l, l.count, LADDER_NEVER, &n);
    ck_assert_uint_eq(n.lost, 1);
    ck_assert_uint_eq(n.again, 1);
    ck_assert_uint_eq(n.updates, 2);
    ladder_free(&l);
}
END_TEST

START_TEST(what_comes_after_a_hole_is_delivered_when_it_is_filled)
{
    const uint8_t flags = PACKET_ACK | PACKET_PSH;
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_say(&w, true, poll_17);
    w.now_ms += 25;
    wire_send(&w, false, flags, nothing, strlen(nothing), WIRE_LOST);
    wire_say(&w, false, two);
    w.next[false] -= (uint32_t)strlen(two);
    w.now_ms += 200;
    wire_send(&w, false, flags, nothing, strlen(nothing), WIRE_AGAIN);
    l = read_wire(&w, &sse);
    ck_assert_int_eq(l.steps[5].arrived_ns, 100 * NS_PER_MS);
    ck_assert_int_eq(l.steps[5].delivered_ns, 300 * NS_PER_MS);
    ck_assert_int_eq(l.steps[5].oldest_age_ns, 250 * NS_PER_MS);
    ladder_free(&l);
}
END_TEST

START_TEST(tls_is_named_by_its_records_and_its_handshake_is_a_span_rfc8446)
{
    static const char client_hello[] = "\x16\x03\x01\x00\x04\x01\x00\x00\x00";
    static const char server_flight[] = "\x16\x03\x03\x00\x04\x02\x00\x00\x00"
                                        "\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x02xx";
    static const char client_flight[] = "\x14\x03\x03\x00\x01\x01\x17\x03\x03\x00\x02xx"
                                        "\x17\x03\x03\x00\x03xxx";
    static const char answer[] = "\x17\x03\x03\x00\x03xxx";
    const uint8_t flags = PACKET_ACK | PACKET_PSH;
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_send(&w, true, flags, client_hello, sizeof client_hello - 1, 0);
    w.now_ms += 25;
    wire_send(&w, false, flags, server_flight, sizeof server_flight - 1, 0);
    w.now_ms += 25;
    wire_send(&w, true, flags, client_flight, sizeof client_flight - 1, 0);
    w.now_ms += 25;
    wire_send(&w, false, flags, answer, sizeof answer - 1, 0);
    l = read_wire(&w, &sse);
    ck_assert_str_eq(labels(&l) + strlen("SYN | SYN-ACK | ACK | "),
                     "TLS ClientHello | TLS ServerHello, encrypted handshake | "
                     "TLS Finished, application data | TLS application data");
    ck_assert_uint_eq(l.span_count, 2);
    ck_assert_int_eq(l.spans[1].kind, LADDER_SPAN_TLS);
    ck_assert_int_eq(l.spans[1].begin_ns, 50 * NS_PER_MS);
    ck_assert_int_eq(l.spans[1].end_ns, 100 * NS_PER_MS);
    ck_assert_uint_eq(l.spans[1].round_trips, 1);
    ck_assert(l.encrypted);
    ladder_free(&l);
}
END_TEST

/* A handshake record with one message, of which only the first bytes matter here. */
static size_t put_hello(char *out, uint8_t type, bool retry)
{
    static const char head[] = "\x16\x03\x03\x00\x26\x00\x00\x00\x22\x03\x03";
    static const char fixed[] = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
                                "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";

    memset(out, 'r', 43);
    memcpy(out, head, sizeof head - 1);
    out[5] = (char)type;
    if (retry)
        memcpy(out + 11, fixed, 32);
    return 43;
}

START_TEST(tls_that_says_hello_again_is_named_by_what_is_in_the_clear_8446_4_1_4)
{
    static const char change[] = "\x14\x03\x03\x00\x01\x01", sealed[] = "\x17\x03\x03\x00\x02xx";
    const uint8_t flags = PACKET_ACK | PACKET_PSH;
    struct wire w = wire_new();
    char bytes[64];
    struct ladder l;
    size_t n;

    wire_handshake(&w);
    wire_send(&w, true, flags, bytes, put_hello(bytes, 1, false), 0);
    w.now_ms += 25;
    n = put_hello(bytes, 2, true);
    memcpy(bytes + n, change, sizeof change - 1);
    wire_send(&w, false, flags, bytes, n + sizeof change - 1, 0);
    w.now_ms += 25;
    memcpy(bytes, change, sizeof change - 1);
    n = put_hello(bytes + sizeof change - 1, 1, false);
    wire_send(&w, true, flags, bytes, n + sizeof change - 1, 0);
    w.now_ms += 25;
    n = put_hello(bytes, 2, false);
    memcpy(bytes + n, sealed, sizeof sealed - 1);
    wire_send(&w, false, flags, bytes, n + sizeof sealed - 1, 0);
    w.now_ms += 25;
    wire_send(&w, true, flags, sealed, sizeof sealed - 1, 0);
    l = read_wire(&w, &sse);
    ck_assert_str_eq(labels(&l) + strlen("SYN | SYN-ACK | ACK | "),
                     "TLS ClientHello | TLS HelloRetryRequest | TLS ClientHello | "
                     "TLS ServerHello, encrypted handshake | TLS Finished");
    ck_assert_uint_eq(l.spans[1].round_trips, 2);
    ladder_free(&l);
}
END_TEST

START_TEST(tls_names_a_change_cipher_spec_where_there_is_nothing_else)
{
    struct ladder_tls t = {0};
    struct ladder_tls_words words;

    ck_assert(ladder_tls_feed(&t, true, (const uint8_t *)"\x14\x03\x03\x00\x01\x01", 6, &words));
    ck_assert_str_eq(words.text, "TLS ChangeCipherSpec");
    ladder_tls_free(&t);
}
END_TEST

START_TEST(without_the_captures_comment_ages_are_not_known)
{
    struct wire w = wire_new();
    struct ladder l;

    buf_free(&w.file);
    ck_assert_int_eq(pcapng_write_header(&w.file, NULL), 0);
    wire_handshake(&w);
    wire_exchange(&w, poll_17, two);
    l = read_wire(&w, &sse);
    ck_assert_uint_eq(l.steps[4].updates, 2);
    ck_assert_int_eq(l.steps[4].oldest_age_ns, -1);
    ck_assert_int_eq(l.updates[0].published_ns, LADDER_NEVER);
    ladder_free(&l);
}
END_TEST

/* ---- which connections ---- */

static struct wire several_connections(void)
{
    struct wire w = wire_new();

    wire_connect(&w, 39999);
    wire_handshake(&w);
    wire_exchange(&w, "GET /stats?at=1 HTTP/1.1\r\nHost: a\r\n\r\n", nothing);
    for (uint16_t port = 40000; port < 40003; port++) {
        wire_connect(&w, port);
        wire_handshake(&w);
        wire_exchange(&w, poll_17, nothing);
    }
    return w;
}

START_TEST(every_connection_of_one_client_is_drawn_but_none_for_the_servers_pages)
{
    struct wire w = several_connections();
    struct ladder l = read_wire(&w, &sse);

    ck_assert_uint_eq(l.connections, 3);
    ck_assert_uint_eq(l.count, 15);
    ck_assert_uint_eq(l.steps[0].connection, 1);
    ck_assert_int_eq(l.steps[0].sent_ns, 0);
    ck_assert_uint_eq(l.steps[14].connection, 3);
    ladder_free(&l);
}
END_TEST

START_TEST(of_several_clients_only_the_first_connection_is_drawn)
{
    const struct ladder_about about = {.clients = 3};
    struct wire w = several_connections();
    struct ladder l = read_wire(&w, &about);

    ck_assert_uint_eq(l.connections, 1);
    ck_assert_str_eq(labels(&l), "SYN | SYN-ACK | ACK | GET /poll?since=17 | 204 No Content");
    ladder_free(&l);
}
END_TEST

START_TEST(listed_ports_choose_connections)
{
    const uint16_t ports[] = {39999, 40001}; /* the first asks for one of the server's own pages */
    const struct ladder_about about = {.clients = 3, .client_ports = ports, .client_port_count = 2};
    struct wire w = several_connections();
    struct ladder l = read_wire(&w, &about);

    ck_assert_uint_eq(l.connections, 2);
    ck_assert_uint_eq(l.count, 10);
    ck_assert_str_eq(l.steps[3].label, "GET /stats?at=1");
    ladder_free(&l);
}
END_TEST

START_TEST(a_port_that_is_used_again_is_another_connection)
{
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_exchange(&w, poll_17, nothing);
    w.next[true] += 100000;
    wire_handshake(&w);
    wire_exchange(&w, poll_17, nothing);
    l = read_wire(&w, &sse);
    ck_assert_uint_eq(l.connections, 2);
    ck_assert_str_eq(l.steps[9].label, "204 No Content");
    ladder_free(&l);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(what_cant_be_drawn_is_refused_with_a_line)
{
    struct wire w = wire_new();

    refuse_wire(&w, "no TCP connection");
    w = wire_new();
    w.file.data[0] = 'x';
    refuse_wire(&w, "not a capture of pushlab's: it does not begin with a section header");
    w = wire_new();
    w.file.len = 20;
    refuse_wire(&w, "ends before its first packet");
    w = wire_new();
    wire_send(&w, true, PACKET_SYN, NULL, 0, WIRE_ONE_END);
    refuse_wire(&w, "--pcap-at both");
    w = wire_new();
    w.now_ms = 10;
    wire_send(&w, true, PACKET_SYN, NULL, 0, 0);
    w.now_ms = 9;
    wire_send(&w, true, PACKET_SYN, NULL, 0, 0);
    refuse_wire(&w, "not in order of time");
}
END_TEST

START_TEST(a_capture_that_was_cut_short_is_good_up_to_there)
{
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_exchange(&w, poll_17, nothing);
    w.file.len -= 7; /* in the middle of the last arrival */
    l = read_wire(&w, &sse);
    ck_assert_uint_eq(l.count, 5);
    ck_assert_int_eq(l.steps[4].arrived_ns, LADDER_NEVER);
    ck_assert(!l.steps[4].lost);
    ladder_free(&l);
}
END_TEST

START_TEST(bytes_that_make_no_sense_are_still_arrows)
{
    struct wire w = wire_new();
    struct ladder l;

    wire_handshake(&w);
    wire_exchange(&w, "\x01\x02\x03", "\xff\xfe");
    wire_exchange(&w, poll_17, nothing);
    l = read_wire(&w, &sse);
    ck_assert_str_eq(labels(&l) + strlen("SYN | SYN-ACK | ACK | "),
                     "part of a message | part of a message | part of a message | "
                     "part of a message");
    ladder_free(&l);
}
END_TEST

/* ---- the page ---- */

static const struct ladder_page *make_page(struct ladder_page *p, const struct ladder *l)
{
    ck_assert_int_eq(ladder_page_make(p, l, 0), 0);
    ck_assert_int_eq(ladder_caption_make(p), 0);
    return p;
}

START_TEST(time_is_to_scale_but_for_gaps_in_which_nothing_is_under_way)
{
    struct wire w = wire_new();
    struct ladder_page p;
    struct ladder l;
    double delay_px;

    wire_handshake(&w);
    w.now_ms += 1000;
    wire_exchange(&w, poll_17, nothing);
    l = read_wire(&w, &sse);
    make_page(&p, &l);
    delay_px = ladder_page_y(&p, 25 * NS_PER_MS) - ladder_page_y(&p, 0);
    ck_assert_double_ge(delay_px, 30);
    for (size_t i = 0; i < l.count; i++) {
        struct ladder_line line = ladder_page_line(&p, i);

        ck_assert_double_eq_tol(line.y1 - line.y0, delay_px, 1e-6);
    }
    ck_assert_uint_eq(p.stretch_count, 6);
    ck_assert(p.stretches[3].broken);
    ck_assert_str_eq(p.stretches[3].text, "975 ms: the client waits before its first request");
    ck_assert_double_lt(p.stretches[3].to_y - p.stretches[3].from_y, 50);
    ladder_page_free(&p);
    ladder_free(&l);
}
END_TEST

START_TEST(a_gap_says_who_waits_for_what)
{
    struct wire w = wire_new();
    struct ladder_page p;
    struct ladder l;

    wire_handshake(&w);
    wire_exchange(&w, poll_17, nothing);
    w.now_ms = 300; /* update 18, published at 50 ms, waits */
    wire_say(&w, true, poll_17);
    w.now_ms += 325;
    wire_say(&w, false, two);
    l = read_wire(&w, &sse);
    make_page(&p, &l);
    ck_assert_str_eq(p.stretches[p.stretch_count - 4].text,
                     "200 ms: update 18 waits at the server for the next request");
    ck_assert_str_eq(p.stretches[p.stretch_count - 2].text, "300 ms: the server holds the request");
    ck_assert_uint_eq(p.note_count, 2);
    ck_assert(p.notes[0].update && p.notes[0].number == 18);
    ladder_page_free(&p);
    ladder_free(&l);
}
END_TEST

START_TEST(a_page_ends_in_a_quiet_moment_and_fits_a4)
{
    struct wire w = wire_new();
    struct ladder_page p;
    struct ladder l;

    wire_handshake(&w);
    for (int i = 0; i < 50; i++) {
        wire_exchange(&w, poll_17, nothing);
        w.now_ms += 100;
    }
    l = read_wire(&w, &sse);
    make_page(&p, &l);
    ck_assert_uint_lt(p.steps, 25);
    ck_assert_uint_gt(p.steps, 8);
    ck_assert_str_eq(l.steps[p.steps - 1].label, "204 No Content");
    ck_assert_double_le(p.bottom_y, LADDER_BOTTOM_MAX_Y + 10);
    ladder_page_free(&p);
    ladder_free(&l);
}
END_TEST

/* The middle line of a caption, from its left to its right end. */
static bool captions_touch(const struct ladder_caption *a, const struct ladder_caption *b)
{
    for (double s = -0.5; s <= 0.5; s += 0.05) {
        for (double t = -0.5; t <= 0.5; t += 0.05) {
            double dx = a->x + a->width * s * cos(a->angle) - b->x - b->width * t * cos(b->angle);
            double dy = a->y + a->width * s * sin(a->angle) - b->y - b->width * t * sin(b->angle);

            if (fabs(dx) < 6 && fabs(dy) < 10)
                return true;
        }
    }
    return false;
}

/* Updates come faster than they arrive, and requests go out in between. */
START_TEST(labels_do_not_overlap_in_dense_talk)
{
    struct wire w = wire_new();
    struct ladder_page p;
    size_t placed = 0;
    struct ladder l;

    wire_handshake(&w);
    for (int i = 0; i < 40; i++) {
        wire_say(&w, i % 3 == 0, i % 3 == 0 ? poll_17 : nothing);
        w.now_ms += _i;
    }
    l = read_wire(&w, &sse);
    make_page(&p, &l);
    for (size_t i = 0; i < p.caption_count; i++) {
        placed += p.captions[i].placed;
        for (size_t j = 0; j < i; j++)
            ck_assert(!p.captions[i].placed || !p.captions[j].placed ||
                      !captions_touch(&p.captions[i], &p.captions[j]));
    }
    ck_assert_uint_gt(placed * 4, p.caption_count * 3);
    ladder_page_free(&p);
    ladder_free(&l);
}
END_TEST

/* ---- the picture ---- */

static char *draw(struct wire *w, const struct ladder_about *about)
{
    struct ladder l = read_wire(w, about);
    struct buf svg = {0};

    ck_assert_int_eq(ladder_svg_write(&svg, &l, about), 0);
    ck_assert_int_eq(buf_add(&svg, "", 1), 0);
    ladder_free(&l);
    return (char *)svg.data;
}

START_TEST(the_picture_says_what_it_shows_and_what_it_adds_up_to)
{
    struct wire w = wire_new();
    char *svg;

    wire_handshake(&w);
    wire_exchange(&w, poll_17, two);
    svg = draw(&w, &sse);
    ck_assert_int_eq(strncmp(svg, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"800\"", 51),
                     0);
    ck_assert_ptr_nonnull(strstr(svg, "<title id=\"t\">Server-sent events</title>"));
    ck_assert_ptr_nonnull(strstr(svg, "<desc id=\"d\">Ladder diagram"));
    ck_assert_ptr_nonnull(strstr(svg, "link rtt=50ms"));
    ck_assert_ptr_nonnull(strstr(svg, ">TCP handshake</text>"));
    ck_assert_ptr_nonnull(strstr(svg, ">1 RTT: 50.0 ms</text>"));
    ck_assert_ptr_nonnull(strstr(svg, "up to 50.0 ms old"));
    ck_assert_ptr_nonnull(strstr(svg, "In this picture: 5 packets (0 only acknowledge), "));
    ck_assert_ptr_nonnull(
        strstr(svg, "2 round trips waited for, 2 updates delivered: 2.5 packets"));
    ck_assert_str_eq(svg + strlen(svg) - 7, "</svg>\n");
    free(svg);
}
END_TEST

/* "Hello", masked with zeroes. */
#define CLIENT_HELLO_FRAME "\x81\x85\0\0\0\0Hello"

START_TEST(the_clients_own_message_is_neither_a_request_nor_a_heartbeat)
{
    static const char upgrade[] =
        "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    static const char switching[] =
        "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    struct wire w = wire_new();
    char *svg;

    wire_handshake(&w);
    wire_exchange(&w, upgrade, switching);
    wire_send(&w, true, PACKET_ACK | PACKET_PSH, CLIENT_HELLO_FRAME, sizeof CLIENT_HELLO_FRAME - 1,
              0);
    svg = draw(&w, &sse);
    ck_assert_ptr_nonnull(strstr(svg, ">text frame, 5 bytes</tspan>"));
    ck_assert_ptr_nonnull(strstr(svg, ">message from the client</text>"));
    ck_assert_ptr_null(strstr(svg, "hello, heartbeat"));
    free(svg);
}
END_TEST

START_TEST(an_exchange_that_is_explained_is_no_row_and_brings_its_own_sum)
{
    const struct ladder_about about = {
        .exchange = "Keep-alive", .how = "two requests", .sum = {"one line", "and <another>"}};
    struct wire w = wire_new();
    char *svg;

    wire_handshake(&w);
    wire_exchange(&w, poll_17, two);
    svg = draw(&w, &about);
    ck_assert_ptr_nonnull(strstr(svg, "<title id=\"t\">Keep-alive</title>"));
    ck_assert_ptr_nonnull(strstr(svg, ">two requests</text>"));
    ck_assert_ptr_nonnull(strstr(svg, ">one line</text>"));
    ck_assert_ptr_nonnull(strstr(svg, ">and &lt;another&gt;</text>"));
    ck_assert_ptr_null(strstr(svg, "row "));
    ck_assert_ptr_null(strstr(svg, "In this picture"));
    free(svg);
}
END_TEST

START_TEST(what_is_delivered_twice_was_published_once)
{
    struct wire w = wire_new();
    struct ladder_page p;
    struct ladder l;
    size_t updates = 0;

    wire_handshake(&w);
    wire_exchange(&w, poll_17, two);
    wire_exchange(&w, poll_17, two);
    l = read_wire(&w, &sse);
    make_page(&p, &l);
    for (size_t i = 0; i < p.note_count; i++)
        updates += p.notes[i].update;
    ck_assert_uint_eq(l.update_count, 4);
    ck_assert_uint_eq(updates, 2);
    ladder_page_free(&p);
    ladder_free(&l);
}
END_TEST

START_TEST(text_from_packets_and_options_is_escaped)
{
    const struct ladder_about about = {.row = "<b>&\"\x01", .link = "</desc>\xff"};
    struct wire w = wire_new();
    char *svg;

    wire_handshake(&w);
    wire_exchange(&w, "GET /poll?a=\"'&x<script> HTTP/1.1\r\nHost: a\r\n\r\n", nothing);
    svg = draw(&w, &about);
    ck_assert_ptr_null(strstr(svg, "<script"));
    ck_assert_ptr_null(strstr(svg, "<b>"));
    ck_assert_ptr_null(strchr(svg, '\x01'));
    ck_assert_ptr_null(strchr(svg, '\xff'));
    ck_assert_ptr_nonnull(strstr(svg, "&lt;b&gt;&amp;&quot; </title>"));
    free(svg);
}
END_TEST

static void add_reading(TCase *tc)
{
    tcase_add_test(tc, a_poll_is_a_handshake_a_request_a_response_and_a_teardown);
    tcase_add_test(tc, an_answer_with_updates_tells_their_numbers_and_the_age_of_the_oldest);
    tcase_add_test(tc, the_client_waits_from_its_request_to_the_answer_and_the_server_holds_it);
    tcase_add_loop_test(tc, events_chunks_and_frames_go_by_their_own_names, 0, 3);
    tcase_add_test(tc, a_message_in_several_packets_is_named_by_its_last_one);
    tcase_add_test(tc, a_lost_packet_has_no_arrival_and_what_is_sent_again_delivers_it);
    tcase_add_test(tc, what_comes_after_a_hole_is_delivered_when_it_is_filled);
    tcase_add_test(tc, tls_is_named_by_its_records_and_its_handshake_is_a_span_rfc8446);
    tcase_add_test(tc, tls_that_says_hello_again_is_named_by_what_is_in_the_clear_8446_4_1_4);
    tcase_add_test(tc, tls_names_a_change_cipher_spec_where_there_is_nothing_else);
    tcase_add_test(tc, without_the_captures_comment_ages_are_not_known);
    tcase_add_test(tc, every_connection_of_one_client_is_drawn_but_none_for_the_servers_pages);
    tcase_add_test(tc, of_several_clients_only_the_first_connection_is_drawn);
    tcase_add_test(tc, listed_ports_choose_connections);
    tcase_add_test(tc, a_port_that_is_used_again_is_another_connection);
    tcase_add_test(tc, what_cant_be_drawn_is_refused_with_a_line);
    tcase_add_test(tc, a_capture_that_was_cut_short_is_good_up_to_there);
    tcase_add_test(tc, bytes_that_make_no_sense_are_still_arrows);
}

static void add_drawing(TCase *tc)
{
    tcase_add_test(tc, time_is_to_scale_but_for_gaps_in_which_nothing_is_under_way);
    tcase_add_test(tc, a_gap_says_who_waits_for_what);
    tcase_add_test(tc, a_page_ends_in_a_quiet_moment_and_fits_a4);
    tcase_add_loop_test(tc, labels_do_not_overlap_in_dense_talk, 1, 20);
    tcase_add_test(tc, the_picture_says_what_it_shows_and_what_it_adds_up_to);
    tcase_add_test(tc, the_clients_own_message_is_neither_a_request_nor_a_heartbeat);
    tcase_add_test(tc, an_exchange_that_is_explained_is_no_row_and_brings_its_own_sum);
    tcase_add_test(tc, what_is_delivered_twice_was_published_once);
    tcase_add_test(tc, text_from_packets_and_options_is_escaped);
}

static double channel(uint32_t rgb, int shift)
{
    double c = (rgb >> shift & 255) / 255.0;

    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

/* Relative luminance, and the contrast of two colours (WCAG 2.2). */
static double luminance(uint32_t rgb)
{
    return 0.2126 * channel(rgb, 16) + 0.7152 * channel(rgb, 8) + 0.0722 * channel(rgb, 0);
}

static double contrast(uint32_t a, uint32_t b)
{
    double one = luminance(a) + 0.05, other = luminance(b) + 0.05;

    return fmax(one, other) / fmin(one, other);
}

static uint32_t rgb_of(const char *text)
{
    ck_assert(text[0] == '#' && strlen(text) == 7);
    return (uint32_t)strtoul(text + 1, NULL, 16);
}

START_TEST(a_kind_has_no_transports_colour_and_can_be_read_in_both_themes)
{
    uint32_t light = rgb_of(arrow_styles[_i].colour), dark = rgb_of(arrow_styles[_i].on_dark);

    for (size_t t = 0; t < TRANSPORT_COUNT; t++) {
        const struct transport_info *info = &transport_infos[t];

        ck_assert(light != info->rgb && light != info->rgb_on_dark);
        ck_assert(dark != info->rgb && dark != info->rgb_on_dark);
    }
    ck_assert_double_ge(contrast(light, 0xffffff), 4.5);
    ck_assert_double_ge(contrast(dark, 0x1d2024), 4.5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ladder");
    TCase *reading = tcase_create("reading"), *drawing = tcase_create("drawing");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, drawing);
    add_reading(reading);
    add_drawing(drawing);
    tcase_add_loop_test(drawing, a_kind_has_no_transports_colour_and_can_be_read_in_both_themes, 0,
                        LADDER_KINDS);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
