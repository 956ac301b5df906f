/* The capture format: its bytes against the draft, and a whole capture read back by tshark. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/stat.h>

#include "bench/link/capture.h"
#include "lib/base/err.h"
#include "tests/unit/bench/wire/link_packets.h"
#include "bench/wire/pcapng.h"

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

START_TEST(pcapng_block_has_its_length_at_both_ends_3_1)
{
    static const uint8_t data[] = "12345";
    struct pcapng_packet p = {.interface = PCAPNG_SERVER,
                              .outbound = true,
                              .unix_ns = INT64_C(0x0102030405060708),
                              .id = 9,
                              .data = data,
                              .len = 5,
                              .comments = {"hi", NULL}};
    static const uint8_t wanted[] = {
        6,   0,   0,   0,   88,  0,   0, 0,             /* block type, length */
        1,   0,   0,   0,                               /* interface */
        4,   3,   2,   1,   8,   7,   6, 5,             /* timestamp, high word first */
        5,   0,   0,   0,   5,   0,   0, 0,             /* captured and original length */
        '1', '2', '3', '4', '5', 0,   0, 0,             /* padded to four bytes */
        1,   0,   2,   0,   'h', 'i', 0, 0,             /* opt_comment */
        2,   0,   4,   0,   2,   0,   0, 0,             /* epb_flags: outbound */
        5,   0,   8,   0,   9,   0,   0, 0, 0, 0, 0, 0, /* epb_packetid */
        0,   0,   0,   0,                               /* opt_endofopt */
    };
    struct buf out = {.data = NULL};

    ck_assert_int_eq(pcapng_write_packet(&out, &p), PL_OK);
    ck_assert_uint_eq(le32(out.data + 4), out.len);
    ck_assert_uint_eq(le32(out.data + out.len - 4), out.len);
    ck_assert_uint_eq(out.len % 4, 0);
    ck_assert_uint_eq(out.len, sizeof wanted + 4);
    ck_assert_mem_eq(out.data + 8, wanted + 8, sizeof wanted - 8);
    buf_free(&out);
}
END_TEST

START_TEST(pcapng_file_begins_with_a_section_and_two_interfaces_4_1)
{
    struct buf out = {.data = NULL};
    size_t at = 0, blocks = 0;
    uint32_t types[3];

    ck_assert_int_eq(pcapng_write_header(&out, "a comment"), PL_OK);
    for (; at < out.len && blocks < 3; at += le32(out.data + at + 4))
        types[blocks++] = le32(out.data + at);
    ck_assert_uint_eq(at, out.len);
    ck_assert_uint_eq(blocks, 3);
    ck_assert_uint_eq(types[0], 0x0A0D0D0A);
    ck_assert_uint_eq(le32(out.data + 8), 0x1A2B3C4D);
    ck_assert(types[1] == 1 && types[2] == 1);
    buf_free(&out);
}
END_TEST

static char path[] = "/tmp/test_link_pcapng.XXXXXX";

static int open_file(void)
{
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    return fd;
}

static struct frame *frame_of(const struct wanted *w, uint64_t id)
{
    struct made m;
    struct frame *f;

    make_tcp(&m, w);
    f = frame_new(m.data, m.len);
    ck_assert_ptr_nonnull(f);
    f->id = id;
    f->connection = 3;
    return f;
}

/* A connection's first packet, one that is lost, and an answer. */
static void capture_three(enum link_capture_at at)
{
    struct frame *syn = frame_of(&(struct wanted){.flags = PACKET_SYN}, 1);
    struct frame *again = frame_of(&(struct wanted){.flags = PACKET_SYN}, 2);
    struct frame *answer =
        frame_of(&(struct wanted){.from_server = 1, .flags = PACKET_SYN | PACKET_ACK}, 3);
    struct capture c;

    capture_init(&c);
    ck_assert_int_eq(capture_begin(&c, open_file(), at, "sse"), PL_OK);
    syn->opens = true;
    capture_sent(&c, syn, LINK_UP, true, NULL);
    capture_arrived(&c, syn, LINK_UP, 100);
    capture_sent(&c, again, LINK_UP, false, "loss");
    capture_sent(&c, answer, LINK_DOWN, false, NULL);
    capture_arrived(&c, answer, LINK_DOWN, 200);
    ck_assert_int_eq(capture_end(&c), PL_OK);
    frame_free(syn);
    frame_free(again);
    frame_free(answer);
}

/* The first lines that a command writes. */
static void output_of(const char *format, char *out, size_t cap)
{
    char command[512];
    size_t n;
    FILE *f;

    snprintf(command, sizeof command, format, path);
    f = popen(command, "r");
    ck_assert_ptr_nonnull(f);
    n = fread(out, 1, cap - 1, f);
    out[n] = '\0';
    ck_assert_int_eq(pclose(f), 0);
}

static bool has_tshark(void)
{
    return system("command -v tshark >/dev/null 2>&1") == 0;
}

#define FIELDS                                                                                     \
    "tshark -r %s -T fields -E separator=/s -E quote=n -e frame.interface_name "                   \
    "-e frame.packet_flags_direction -e tcp.flags.syn -e tcp.flags.ack -e frame.comment "          \
    "2>/dev/null"

START_TEST(capture_is_read_back_by_tshark)
{
    static const struct {
        enum link_capture_at at;
        const char *lines;
    } views[] = {
        {LINK_CAPTURE_CLIENT, "client 0x00000002 1 0 sse, connection 3\n"
                              "client 0x00000002 1 0 dropped by the link: loss\n"
                              "client 0x00000001 1 1 \n"},
        {LINK_CAPTURE_SERVER, "server 0x00000001 1 0 sse, connection 3\n"
                              "server 0x00000002 1 1 \n"},
        /* The server's view would look like retransmissions (bench/wire/pcapng.h). */
        {LINK_CAPTURE_BOTH, "client 0x00000002 1 0 sse, connection 3\n"
                            "client 0x00000002 1 0 dropped by the link: loss\n"
                            "client 0x00000001 1 1 \n"},
    };
    char out[1024];

    capture_three(views[_i].at);
    if (has_tshark()) {
        output_of(FIELDS, out, sizeof out);
        ck_assert_str_eq(out, views[_i].lines);
    }
    unlink(path);
}
END_TEST

START_TEST(capture_reports_a_full_disk_when_it_ends)
{
    struct capture c;

    capture_init(&c);
    ck_assert_int_eq(capture_begin(&c, open("/dev/full", O_WRONLY), LINK_CAPTURE_BOTH, "x"), PL_OK);
    ck_assert_int_eq(capture_end(&c), PL_ESYS);
    ck_assert_int_eq(errno, ENOSPC);
    ck_assert_int_eq(capture_end(&c), PL_OK); /* there is none any more */
}
END_TEST

START_TEST(capture_switches_files_between_rows)
{
    char first[sizeof path];
    struct stat before, after;
    struct capture c;

    capture_init(&c);
    ck_assert_int_eq(capture_begin(&c, open_file(), LINK_CAPTURE_CLIENT, "sse"), PL_OK);
    memcpy(first, path, sizeof path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    ck_assert_int_eq(capture_begin(&c, open_file(), LINK_CAPTURE_CLIENT, "websocket"), PL_OK);
    ck_assert_int_eq(stat(first, &before), 0);
    ck_assert_int_gt(before.st_size, 0);
    ck_assert_int_eq(capture_end(&c), PL_OK);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_gt(after.st_size, before.st_size); /* it has the longer label */
    unlink(first);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link_pcapng");
    TCase *tc = tcase_create("link_pcapng");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, pcapng_block_has_its_length_at_both_ends_3_1);
    tcase_add_test(tc, pcapng_file_begins_with_a_section_and_two_interfaces_4_1);
    tcase_add_loop_test(tc, capture_is_read_back_by_tshark, 0, 3);
    tcase_add_test(tc, capture_reports_a_full_disk_when_it_ends);
    tcase_add_test(tc, capture_switches_files_between_rows);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
