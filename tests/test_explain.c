#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain_fixture.h"
#include "explain_frame.h"
#include "explain_picture.h"
#include "explain_write.h"
#include "packet.h"
#include "sse.h"
#include "ws_frame.h"

/* ---- helpers ---- */

static const struct explain_options plain = {.mask = false};

#define SENT(x, text)     explained_bytes(x, TRANSCRIPT_SENT, text, sizeof(text) - 1, 0)
#define RECEIVED(x, text) explained_bytes(x, TRANSCRIPT_RECEIVED, text, sizeof(text) - 1, 0)

static void assert_says(struct explained *x, const char *what)
{
    const char *text = explained_text(x);

    if (strstr(text, what) == NULL)
        ck_abort_msg("'%s' is not in:\n%s", what, text);
}

static void assert_silent(struct explained *x, const char *what)
{
    const char *text = explained_text(x);

    if (strstr(text, what) != NULL)
        ck_abort_msg("'%s' is in:\n%s", what, text);
}

static size_t count_of(struct explained *x, const char *what)
{
    size_t n = 0;

    for (const char *at = explained_text(x); (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

/* ---- the opening handshake, RFC 6455 §1.2, §1.3 ---- */

static const char ws_request[] = "GET /chat HTTP/1.1\r\n"
                                 "Host: server.example.com\r\n"
                                 "Upgrade: websocket\r\n"
                                 "Connection: Upgrade\r\n"
                                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                 "Origin: http://example.com\r\n"
                                 "Sec-WebSocket-Protocol: chat, superchat\r\n"
                                 "Sec-WebSocket-Version: 13\r\n\r\n";
static const char ws_answer[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                                "Sec-WebSocket-Protocol: chat\r\n\r\n";

START_TEST(explain_computes_the_accept_of_the_sample_key_step_by_step_1_3)
{
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, ws_request);
    RECEIVED(&x, ws_answer);
    assert_says(&x, "<2 dGhlIHNhbXBsZSBub25jZQ== | 1.");
    assert_says(&x, "<2 + 258EAFA5-E914-47DA-95CA-C5AB0DC85B11 | 2.");
    assert_says(&x, "<2 b37a4f2cc0624f1690f64606cf385945b2bec4ea | 3.");
    assert_says(&x, "<2 s3pPLMBiTxaQ9kYGzzhZRbK+xOo= | 4.");
    assert_says(&x, "<2 equal | 5.");
    assert_says(&x, "0 the server has decided: upgraded");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_when_the_accept_is_wrong_4_1)
{
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, ws_request);
    RECEIVED(&x, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
    assert_says(&x, "NOT equal");
    assert_says(&x, "the client must fail the connection");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_who_decides_when_an_upgrade_is_refused_9110_7_8)
{
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, ws_request);
    RECEIVED(&x, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Content-Length: 2\r\n\r\nno");
    assert_says(&x, "<0 HTTP/1.1 426 Upgrade Required | not by this protocol");
    assert_says(&x, "the server has decided: not upgraded");
    assert_says(&x, "<1 no | 2 bytes of content");
    explained_end(&x);
}
END_TEST

START_TEST(explain_names_every_line_of_a_head_and_its_section)
{
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, ws_request);
    assert_says(&x, ">0 GET /chat HTTP/1.1 | the request line: method, target, version | RFC 9112");
    assert_says(&x, ">1 GET | give me what is there");
    assert_says(&x, ">1 /chat | ");
    assert_says(&x, ">1 Host: server.example.com | which site is meant");
    assert_says(&x, "RFC 9110 \u00a77.2\n");
    assert_says(&x, ">1 Origin: http://example.com | ");
    assert_says(&x, ">1 \\r\\n | an empty line: the head is over, no content follows");
    explained_end(&x);
}
END_TEST

/* ---- frames: the examples of RFC 6455 §5.7 ---- */

static void open_websocket(struct explained *x)
{
    explained_begin(x, &plain);
    SENT(x, ws_request);
    RECEIVED(x, ws_answer);
}

START_TEST(explain_reads_an_unmasked_text_frame_5_7)
{
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x81\x05Hello");
    assert_says(&x, "<0 81 05 48 65 6c 6c 6f | a text frame");
    assert_says(&x, "<1 FIN    1 | the message is complete");
    assert_says(&x, "<1 MASK   0 | servers must not mask");
    assert_says(&x, "<1 length 5 | up to 125 it fits the 7 bits");
    assert_says(&x, "<1 Hello | 5 bytes of payload | ");
    explained_end(&x);
}
END_TEST

START_TEST(explain_unmasks_a_masked_text_frame_5_7)
{
    struct explained x;

    open_websocket(&x);
    SENT(&x, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    assert_says(&x, ">0 81 85 37 fa 21 3d 7f 9f 4d 51 58 | a text frame");
    assert_says(&x, ">1 key    37 fa 21 3d | ");
    assert_says(&x, "payload as sent    7f 9f 4d 51 58\n"
                    "XOR masking key    37 fa 21 3d 37\n"
                    "= payload          48 65 6c 6c 6f\n"
                    "  as text           H  e  l  l  o\n");
    assert_says(&x, ">1 Hello | 5 bytes of payload, unmasked | RFC 6455 \u00a75.3");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_what_a_fragment_is_5_4)
{
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x01\x03Hel\x80\x02lo");
    assert_says(&x, "<1 FIN    0 | a fragment: more of the message follows | RFC 6455 \u00a75.4");
    assert_says(&x, "<0 80 02 6c 6f | a continuation frame: more of the message before");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_in_how_many_bits_a_length_is_5_2)
{
    static uint8_t frame[10 + 65536] = {0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0};
    static const uint8_t middle[4 + 256] = {0x82, 0x7e, 1, 0};
    struct explained x;

    open_websocket(&x);
    explained_bytes(&x, TRANSCRIPT_RECEIVED, middle, sizeof middle, 0);
    assert_says(&x, "<1 length 256 | the 7 bits say 126: the length is in the next 16 bits");
    explained_end(&x);
    open_websocket(&x);
    explained_bytes(&x, TRANSCRIPT_RECEIVED, frame, sizeof frame, 1000);
    assert_says(&x, "<1 length 65536 | the 7 bits say 127: the length is in the next 64 bits");
    ck_assert_uint_eq(explain_tally(x.explain, 1).payload_bytes[false], 65536);
    ck_assert_uint_eq(explain_tally(x.explain, 1).framing_bytes[false], 10);
    explained_end(&x);
}
END_TEST

START_TEST(explain_reads_close_codes_and_reasons_7_4)
{
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x88\x05\x03\xe9"
                 "bye");
    assert_says(&x, "<1 close code 1001 | going away");
    assert_says(&x, "<1 bye | the reason");
    explained_end(&x);
    open_websocket(&x);
    RECEIVED(&x, "\x88\x00");
    assert_says(&x, "<1 no close code | no code was given");
    explained_end(&x);
    open_websocket(&x);
    RECEIVED(&x, "\x88\x02\x03\xed");
    assert_says(&x, "(no valid close code)");
    explained_end(&x);
}
END_TEST

START_TEST(explain_counts_a_round_trip_for_pong_and_close_only_when_asked_5_5)
{
    struct explained x;

    open_websocket(&x);
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 1);
    RECEIVED(&x, "\x8a\x00");
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 1);
    SENT(&x, "\x89\x80\x37\xfa\x21\x3d");
    RECEIVED(&x, "\x8a\x00");
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 2);
    SENT(&x, "\x88\x80\x37\xfa\x21\x3d");
    RECEIVED(&x, "\x88\x00");
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 3);
    ck_assert_uint_eq(explain_tally(x.explain, 0).frames, 5);
    explained_end(&x);
}
END_TEST

START_TEST(explain_gives_up_on_a_length_not_in_its_shortest_form_5_2)
{
    struct explained x;

    open_websocket(&x);
    RECEIVED(&x, "\x81\x7e\x00\x05Hello");
    assert_says(&x, "(not understood) | a frame's length is not in its shortest form");
    RECEIVED(&x, "\x81\x05Hello");
    assert_silent(&x, "5 bytes of payload");
    explained_end(&x);
}
END_TEST

START_TEST(explain_draws_the_masked_example_bit_by_bit_5_2)
{
    static const char want[] = " 0                   1                   2                   3\n"
                               " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n"
                               "+-+-+-+-+-------+-+-------------+-------------------------------+\n"
                               "|F|R|R|R| opcode|M| payload len |          masking key          |\n"
                               "|I|S|S|S|       |A|             |                               |\n"
                               "|N|V|V|V|       |S|             |                               |\n"
                               "| |1|2|3|       |K|             |                               |\n"
                               "|1|0|0|0|0 0 0 1|1|0 0 0 0 1 0 1|0 0 1 1 0 1 1 1 1 1 1 1 1 0 1 0|\n"
                               "+-+-+-+-+-------+-+-------------+---------------+---------------+\n"
                               "|          (continued)          |       7f      |       9f      |\n"
                               "|0 0 1 0 0 0 0 1 0 0 1 1 1 1 0 1|0 1 1 1 1 1 1 1|1 0 0 1 1 1 1 1|\n"
                               "+---------------+---------------+---------------+---------------+\n"
                               "|       4d      |       51      |       58      |\n"
                               "|0 1 0 0 1 1 0 1|0 1 0 1 0 0 0 1|0 1 0 1 1 0 0 0|\n"
                               "+---------------+---------------+---------------+\n";
    const uint8_t wire[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    struct buf got = {0};
    struct ws_frame f;

    ck_assert_int_eq(ws_frame_decode(&f, wire, sizeof wire), 6);
    ck_assert_int_eq(explain_frame_draw(&got, &f, wire + 6, 5), 0);
    ck_assert_int_eq(buf_add(&got, "", 1), 0);
    ck_assert_str_eq((const char *)got.data, want);
    buf_free(&got);
}
END_TEST

/* ---- chunks: RFC 9112 §7.1 ---- */

START_TEST(explain_reads_sizes_of_chunks_in_hexadecimal_9112_7_1)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "1A;note=\"ignored\"\r\nabcdefghijklmnopqrstuvwxyz\r\n4\r\nWiki\r\n0\r\n\r\n");
    assert_says(&x, "<0 1A;note=\"ignored\"\\r\\n | a chunk's size, in hexadecimal: 26 bytes");
    assert_says(&x, "<1 abcdefghijklmnopqrstuvwxyz | 26 bytes of content");
    assert_says(&x, "<0 4\\r\\n | a chunk's size, in hexadecimal: 4 bytes");
    assert_says(&x, "<1 Wiki | 4 bytes of content");
    assert_says(&x, "<0 0\\r\\n\\r\\n | the last chunk");
    ck_assert_uint_eq(explain_tally(x.explain, 0).payload_bytes[false], 30);
    explained_end(&x);
}
END_TEST

START_TEST(explain_reads_ndjson_and_its_heartbeats)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
                 "Transfer-Encoding: chunked\r\n\r\n"
                 "c\r\n{\"hello\":0}\n\r\n1\r\n\n\r\n"
                 "1e\r\n{\"seq\":7,\"t\":9,\"data\":\"Hello\"}\n\r\n");
    assert_says(&x, "<2 hello | not an update");
    assert_says(&x, "<1 \\n | an empty line: a heartbeat");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_that_a_stream_was_cut_9112_8)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n");
    explained_event(&x, TRANSCRIPT_EOF, 1, "", 0);
    assert_says(&x, "(the response was not over)");
    assert_says(&x, "<0 end of the stream: FIN");
    explained_end(&x);
}
END_TEST

START_TEST(explain_reads_content_that_ends_with_its_connection_9112_6_3)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.0 200 OK\r\n\r\nall of it");
    assert_silent(&x, "all of it");
    explained_event(&x, TRANSCRIPT_EOF, 1, "", 0);
    assert_says(&x, "<1 all of it | 9 bytes of content");
    explained_end(&x);
}
END_TEST

/* ---- event streams: WHATWG HTML §9.2.6's examples ---- */

#define SSE_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

START_TEST(explain_reads_the_fields_of_an_event_stream_9_2_6)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, SSE_HEAD ": test stream\n\ndata: first event\nid: 1\n\n"
                          "data:second event\nid\n\nevent: add\ndata:  third event\n\n"
                          "retry: 1000\n\nbogus: x\n");
    assert_says(&x, "<1 : test stream | a comment");
    assert_says(&x, "<1 \\n | an empty line; there was no data, so no event is made");
    assert_says(&x, "<1 data: first event | what the event says");
    assert_says(&x, "<1 \\n | an empty line: here is an event \"message\", last event ID \"1\"");
    assert_says(&x, "<1 id | the event's name");
    assert_says(&x, "<1 \\n | an empty line: here is an event \"message\", last event ID \"\"");
    assert_says(&x, "here is an event \"add\"");
    assert_says(&x, "<1 retry: 1000 | when the connection is lost");
    assert_says(&x, "<1 bogus: x | a field of no known name");
    /* "first event", "second event", " third event" */
    ck_assert_uint_eq(explain_tally(x.explain, 0).payload_bytes[false], 11 + 12 + 12);
    explained_end(&x);
}
END_TEST

START_TEST(explain_counts_every_byte_of_an_event_stream_once)
{
    static const char body[] = "data: a\r\n\r\nid: 3\rdata: b\n\n: c\r\n";
    struct explained x;
    struct explain_tally t;

    for (size_t piece = 0; piece < 4; piece++) {
        explained_begin(&x, &plain);
        RECEIVED(&x, SSE_HEAD);
        explained_bytes(&x, TRANSCRIPT_RECEIVED, body, sizeof body - 1, piece);
        t = explain_tally(x.explain, 0);
        ck_assert_uint_eq(t.payload_bytes[false] + t.framing_bytes[false], sizeof body - 1);
        ck_assert_uint_eq(t.payload_bytes[false], 2);
        explained_end(&x);
    }
}
END_TEST

/* ---- promises ---- */

START_TEST(explain_is_the_same_however_the_bytes_are_cut)
{
    static const char bytes[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        "10\r\nid: 0\ndata: x\n\nd\r\na\r\nata: y\r\n\r\n\n\r\n0\r\n\r\n"
        "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n"
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"
        "\x81\x05Hello\x89\x00\x88\x02\x03\xe8";
    struct explained whole, cut;

    explained_begin(&whole, &plain);
    explained_bytes(&whole, TRANSCRIPT_RECEIVED, bytes, sizeof bytes - 1, 0);
    explained_text(&whole);
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        explained_begin(&cut, &plain);
        explained_bytes(&cut, TRANSCRIPT_RECEIVED, bytes, sizeof bytes - 1, piece);
        ck_assert_str_eq(explained_text(&cut), (const char *)whole.text.data);
        explained_end(&cut);
    }
    explained_end(&whole);
}
END_TEST

START_TEST(explain_masks_what_differs_and_keeps_lengths_in_step)
{
    const struct explain_options masked = {.mask = true};
    struct explained a, b;

    explained_begin(&a, &masked);
    explained_begin(&b, &masked);
    SENT(&a, ws_request);
    SENT(&b, ws_request);
    RECEIVED(&a, "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Date: Mon, 23 Nov 2026 10:53:42 GMT\r\n\r\n"
                 "\x81\x1e{\"seq\":1,\"t\":12,\"data\":\"Hell\"}");
    RECEIVED(&b, "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Date: Tue, 24 Nov 2026 10:53:42 GMT\r\n\r\n"
                 "\x81\x20{\"seq\":1,\"t\":3456,\"data\":\"Hell\"}");
    assert_says(&a, "Date: Sun, 06 Nov 1994 08:49:37 GMT");
    assert_says(&a, "length 42");
    assert_says(&a, "\"t\":81234567890123,");
    ck_assert_str_eq(explained_text(&a), explained_text(&b));
    explained_end(&a);
    explained_end(&b);
}
END_TEST

START_TEST(explain_lets_nothing_through_that_a_terminal_obeys)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n"
                 "\x1b[31mred\x9b\xc2\x9b\xe2\x80\xae\r\n\xc3\xa9\x7f\0!");
    assert_says(&x, "\\x1b[31mred\\x9b\\xc2\\x9b\\xe2\\x80\\xae\\r\\n\xc3\xa9\\x7f\\x00!");
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_of_bytes_that_are_no_http_that_they_are_not)
{
    struct explained x;

    explained_begin(&x, &plain);
    RECEIVED(&x, "SSH-2.0-OpenSSH_9.2\r\n");
    RECEIVED(&x, "more");
    ck_assert_uint_eq(count_of(&x, "these bytes are not HTTP/1.1"), 1);
    explained_end(&x);
}
END_TEST

/* ---- TCP and TLS ---- */

START_TEST(explain_tells_the_handshake_of_tcp_from_packets_9293_3_5)
{
    const struct explain_options wire = {.wire = true, .packets = true};
    const struct explain_packet packets[] = {
        {.connection = 1,
         .up = true,
         .flags = PACKET_SYN,
         .sequence = 1000,
         .sent_ns = 0,
         .arrived_ns = 10,
         .mss_bytes = 1460,
         .window_shift = 7,
         .sack = true},
        {.connection = 1,
         .flags = PACKET_SYN | PACKET_ACK,
         .sequence = 5000,
         .acknowledgment = 1001,
         .sent_ns = 10,
         .arrived_ns = 20,
         .window_shift = -1},
        {.connection = 1,
         .up = true,
         .flags = PACKET_ACK,
         .sequence = 1001,
         .acknowledgment = 5001,
         .sent_ns = 20,
         .arrived_ns = 30},
        {.connection = 1,
         .up = true,
         .flags = PACKET_ACK | PACKET_PSH,
         .sequence = 1001,
         .acknowledgment = 5001,
         .payload_bytes = 100,
         .ip_bytes = 152,
         .sent_ns = 21,
         .arrived_ns = 31},
    };
    struct explained x;

    explained_begin(&x, &wire);
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++)
        explain_packet(x.explain, &packets[i]);
    assert_says(&x, ">0 SYN  seq 0 | may I?");
    assert_says(&x, ">1 MSS 1460 | ");
    assert_says(&x, ">1 window scale 7 | windows that I announce are");
    assert_says(&x, "<0 SYN, ACK  seq 0, ack 1 | yes:");
    assert_says(&x, ">0 ACK  seq 1, ack 1 | understood: the connection is established");
    assert_says(&x, ">0 ACK  seq 1, ack 1, 100 bytes | data;");
    ck_assert_uint_eq(explain_tally(x.explain, 1).packets[true], 3);
    ck_assert_uint_eq(explain_tally(x.explain, 1).pure_acks, 1);
    explained_end(&x);
}
END_TEST

START_TEST(explain_says_what_is_lost_and_what_is_sent_again_9293_3_8)
{
    const struct explain_options wire = {.wire = true};
    struct explain_packet syn = {.connection = 1,
                                 .up = true,
                                 .flags = PACKET_SYN,
                                 .sequence = UINT32_MAX, /* numbers begin again behind it */
                                 .lost = true,
                                 .arrived_ns = INT64_MAX};
    struct explain_packet fin = {
        .connection = 1, .up = true, .flags = PACKET_FIN | PACKET_ACK, .payload_bytes = 5};
    struct explained x;

    explained_begin(&x, &wire);
    explain_packet(x.explain, &syn);
    assert_says(&x, "(lost on its way)");
    assert_silent(&x, "sent again");
    explain_packet(x.explain, &syn);
    assert_says(&x, "(sent again, and lost again)");
    syn.lost = false;
    explain_packet(x.explain, &syn);
    explain_packet(x.explain, &fin);
    ck_assert_uint_eq(count_of(&x, "(sent again: "), 1);
    explain_packet(x.explain, &fin);
    ck_assert_uint_eq(count_of(&x, "(sent again: "), 2);
    ck_assert_uint_eq(explain_tally(x.explain, 0).again, 3);
    ck_assert_uint_eq(explain_tally(x.explain, 0).lost, 2);
    explained_end(&x);
}
END_TEST

START_TEST(explain_takes_the_kernels_word_where_no_wire_was_seen)
{
    static const char said[] = "rtt_us=20311 mss=1448 cwnd=10 again=0 segs_out=2 segs_in=1";
    struct explained x;

    explained_begin(&x, &plain);
    explained_event(&x, TRANSCRIPT_OPEN, 1, "127.0.0.1:80", 12);
    explained_event(&x, TRANSCRIPT_KERNEL, 1, said, sizeof said - 1);
    explained_event(&x, TRANSCRIPT_CONNECTED, 1, "127.0.0.1:4000", 14);
    assert_says(&x, "<0 SYN, ACK | ");
    assert_says(&x, "TCP_INFO: rtt 20.31 ms, mss 1448, cwnd 10, sent again 0");
    ck_assert_int_eq(x.notes.all[2].at_ns - x.notes.all[1].at_ns, 20311000);
    ck_assert_uint_eq(explain_tally(x.explain, 0).kernel_segments[true], 2);
    ck_assert_uint_eq(explain_tally(x.explain, 0).handshakes, 1);
    explained_end(&x);
}
END_TEST

/* RFC 8448 §3: the server's answer, of which the first record is in the clear. */
static const uint8_t tls_server_hello[] = {
    0x16, 0x03, 0x03, 0x00, 0x5a, 0x02, 0x00, 0x00, 0x56, 0x03, 0x03, 0xa6, 0xaf, 0x06, 0xa4, 0x12,
    0x18, 0x60, 0xdc, 0x5e, 0x6e, 0x60, 0x24, 0x9c, 0xd3, 0x4c, 0x95, 0x93, 0x0c, 0x8a, 0xc5, 0xcb,
    0x14, 0x34, 0xda, 0xc1, 0x55, 0x77, 0x2e, 0xd3, 0xe2, 0x69, 0x28, 0x00, 0x13, 0x01, 0x00, 0x00,
    0x2e, 0x00, 0x33, 0x00, 0x24, 0x00, 0x1d, 0x00, 0x20, 0xc9, 0x82, 0x88, 0x76, 0x11, 0x20, 0x95,
    0xfe, 0x66, 0x76, 0x2b, 0xdb, 0xf7, 0xc6, 0x72, 0xe1, 0x56, 0xd6, 0xcc, 0x25, 0x3b, 0x83, 0x3d,
    0xf1, 0xdd, 0x69, 0xb1, 0xb0, 0x4e, 0x75, 0x1f, 0x0f, 0x00, 0x2b, 0x00, 0x02, 0x03, 0x04};

START_TEST(explain_reads_the_server_hello_of_rfc_8448)
{
    struct explained x;

    for (size_t piece = 0; piece < 5; piece++) {
        explained_begin(&x, &plain);
        explained_bytes(&x, TRANSCRIPT_RECORD_RECEIVED, tls_server_hello, sizeof tls_server_hello,
                        piece);
        assert_says(&x,
                    "<0 16 03 03 00 5a \u2026 90 bytes | a TLS record, handshake: in the clear");
        assert_says(&x, "<1 ServerHello | ");
        assert_says(&x, "<2 TLS_AES_128_GCM_SHA256 | the cipher that was chosen");
        assert_says(&x, "<2 key_share | ");
        assert_says(&x, "<2 supported_versions: TLS 1.3 | the version that will be spoken");
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
    assert_says(&x, "<1 Finished (inside; seen by the ends only) | ");
    ck_assert_uint_eq(explain_tally(x.explain, 0).round_trips, 1);
    ck_assert_uint_eq(explain_tally(x.explain, 0).tls_handshakes, 1);
    explained_end(&x);
}
END_TEST

/* ---- the transcript, and what is written ---- */

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

        ck_assert_int_eq(transcript_decode(&e, copy), LAB_EPROTO);
        free(copy);
    }
}
END_TEST

static void write_all(struct explained *x, struct buf out[3])
{
    const struct explain_report r = {.topic = "websocket",
                                     .about = "about",
                                     .road = "over a road",
                                     .times = "times",
                                     .notes = &x->notes,
                                     .explain = x->explain};

    ck_assert_int_eq(explain_write_text(&out[0], &r, false), 0);
    ck_assert_int_eq(explain_write_markdown(&out[1], &r), 0);
    ck_assert_int_eq(explain_write_json(&out[2], &r), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(buf_add(&out[i], "", 1), 0);
}

START_TEST(explain_fits_a_hundred_columns)
{
    struct buf out[3] = {{0}, {0}, {0}};
    struct explained x;
    size_t column = 0;

    open_websocket(&x);
    SENT(&x, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    write_all(&x, out);
    for (const char *c = (const char *)out[0].data; *c != '\0'; c++) {
        column = *c == '\n' ? 0 : column + (((unsigned char)*c & 0xc0) != 0x80);
        ck_assert_uint_le(column, EXPLAIN_COLUMNS);
    }
    for (int i = 0; i < 3; i++)
        buf_free(&out[i]);
    explained_end(&x);
}
END_TEST

START_TEST(explain_links_sections_in_markdown_and_escapes_what_it_would_take_for_its_own)
{
    struct buf out[3] = {{0}, {0}, {0}};
    struct explained x;

    explained_begin(&x, &plain);
    SENT(&x, "GET /a|b`c HTTP/1.1\r\nHost: x\r\n\r\n");
    write_all(&x, out);
    ck_assert_ptr_ne(strstr((const char *)out[1].data, "`` GET /a\\|b`c HTTP/1.1 ``"), NULL);
    ck_assert_ptr_ne(strstr((const char *)out[1].data,
                            "[RFC 9112 \u00a73](https://www.rfc-editor.org/rfc/rfc9112#section-3)"),
                     NULL);
    for (int i = 0; i < 3; i++)
        buf_free(&out[i]);
    explained_end(&x);
}
END_TEST

START_TEST(explain_sketches_a_ladder_where_no_wire_was_seen)
{
    static const char kernel[] = "rtt_us=20000",
                      request[] = "GET /poll HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
    const struct transcript_event events[] = {
        {TRANSCRIPT_OPEN, 1, 0, (const uint8_t *)"a:1", 3},
        {TRANSCRIPT_KERNEL, 1, 20000000, (const uint8_t *)kernel, sizeof kernel - 1},
        {TRANSCRIPT_CONNECTED, 1, 20000000, (const uint8_t *)"b:2", 3},
        {TRANSCRIPT_SENT, 1, 21000000, (const uint8_t *)request, sizeof request - 1},
        {TRANSCRIPT_RECEIVED, 1, 41000000, (const uint8_t *)answer, sizeof answer - 1},
        {TRANSCRIPT_SHUT, 1, 42000000, NULL, 0},
        {TRANSCRIPT_EOF, 1, 62000000, NULL, 0},
    };
    struct ladder l;

    ck_assert_int_eq(explain_picture_ladder(&l, events, sizeof events / sizeof *events), 0);
    ck_assert_uint_eq(l.count, 7);
    ck_assert_uint_eq(l.span_count, 2);
    ck_assert_int_eq(l.steps[1].sent_ns, 10000000);
    ck_assert_int_eq(l.spans[1].end_ns, 41000000);
    ck_assert(l.sketched);
    ladder_free(&l);
    ck_assert_int_eq(explain_picture_ladder(&l, events, 1), LAB_EINVAL);
}
END_TEST

static void add_http_tests(TCase *tc)
{
    tcase_add_test(tc, explain_names_every_line_of_a_head_and_its_section);
    tcase_add_test(tc, explain_says_who_decides_when_an_upgrade_is_refused_9110_7_8);
    tcase_add_test(tc, explain_reads_sizes_of_chunks_in_hexadecimal_9112_7_1);
    tcase_add_test(tc, explain_reads_ndjson_and_its_heartbeats);
    tcase_add_test(tc, explain_says_that_a_stream_was_cut_9112_8);
    tcase_add_test(tc, explain_reads_content_that_ends_with_its_connection_9112_6_3);
    tcase_add_test(tc, explain_reads_the_fields_of_an_event_stream_9_2_6);
    tcase_add_test(tc, explain_counts_every_byte_of_an_event_stream_once);
}

static void add_websocket_tests(TCase *tc)
{
    tcase_add_test(tc, explain_computes_the_accept_of_the_sample_key_step_by_step_1_3);
    tcase_add_test(tc, explain_says_when_the_accept_is_wrong_4_1);
    tcase_add_test(tc, explain_reads_an_unmasked_text_frame_5_7);
    tcase_add_test(tc, explain_unmasks_a_masked_text_frame_5_7);
    tcase_add_test(tc, explain_says_what_a_fragment_is_5_4);
    tcase_add_test(tc, explain_says_in_how_many_bits_a_length_is_5_2);
    tcase_add_test(tc, explain_reads_close_codes_and_reasons_7_4);
    tcase_add_test(tc, explain_counts_a_round_trip_for_pong_and_close_only_when_asked_5_5);
    tcase_add_test(tc, explain_gives_up_on_a_length_not_in_its_shortest_form_5_2);
    tcase_add_test(tc, explain_draws_the_masked_example_bit_by_bit_5_2);
}

static void add_other_tests(TCase *tc)
{
    tcase_add_test(tc, explain_is_the_same_however_the_bytes_are_cut);
    tcase_add_test(tc, explain_masks_what_differs_and_keeps_lengths_in_step);
    tcase_add_test(tc, explain_lets_nothing_through_that_a_terminal_obeys);
    tcase_add_test(tc, explain_says_of_bytes_that_are_no_http_that_they_are_not);
    tcase_add_test(tc, explain_tells_the_handshake_of_tcp_from_packets_9293_3_5);
    tcase_add_test(tc, explain_says_what_is_lost_and_what_is_sent_again_9293_3_8);
    tcase_add_test(tc, explain_takes_the_kernels_word_where_no_wire_was_seen);
    tcase_add_test(tc, explain_reads_the_server_hello_of_rfc_8448);
    tcase_add_test(tc, explain_says_what_can_be_seen_of_what_is_encrypted);
    tcase_add_test(tc, transcript_comes_back_from_its_lines);
    tcase_add_test(tc, transcript_refuses_lines_that_are_none);
    tcase_add_test(tc, explain_fits_a_hundred_columns);
    tcase_add_test(tc,
                   explain_links_sections_in_markdown_and_escapes_what_it_would_take_for_its_own);
    tcase_add_test(tc, explain_sketches_a_ladder_where_no_wire_was_seen);
}

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *tc = tcase_create("explain");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    add_http_tests(tc);
    add_websocket_tests(tc);
    add_other_tests(tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
