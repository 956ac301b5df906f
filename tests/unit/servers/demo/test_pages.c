/* servers/demo/pages.c: who counts where, and that nobody counts without bound. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/http_reader.h"
#include "servers/demo/pages.h"

enum { POLL = TRANSPORT_SHORT_POLL, STREAM = TRANSPORT_STREAM, OTHER = PAGE_OTHER };

static struct http_reader reader;
static char query[128];

/* A request as http_session hands it over: head parsed, target split. */
static struct http_request ask(const char *page, int64_t now_ns)
{
    static const struct http_limits limits = {4096, 4096, 4096};
    static const char head[] = "GET /x HTTP/1.1\r\nHost: h\r\nCookie: secret=1\r\n\r\n";
    enum http_event ev;

    http_reader_free(&reader);
    http_reader_init(&reader, HTTP_REQUESTS, &limits);
    ck_assert_int_gt(http_reader_feed(&reader, (const uint8_t *)head, sizeof head - 1, &ev), 0);
    ck_assert_int_eq(ev, HTTP_HEAD_DONE);
    snprintf(query, sizeof query, "since=3&page=%s", page);
    return (struct http_request){
        .msg = &reader.msg, .path = "/x", .query = query, .now_ns = now_ns};
}

static void count(struct pages *ps, struct page_peer *pp, const char *page, size_t account,
                  int64_t now_ns)
{
    struct http_request req = ask(page, now_ns);

    pages_count_request(ps, pp, &req, account, 50);
}

START_TEST(pages_count_by_page_and_transport)
{
    struct page_peer one = {0}, two = {0};
    struct pages ps = {0};
    const struct page *a;

    count(&ps, &one, "a", POLL, 1);
    pages_count_sent(&one, "0123456789", 10, 6, 2);
    count(&ps, &one, "a", POLL, 2);
    count(&ps, &one, "a", OTHER, 3);
    count(&ps, &two, "a", POLL, 4);
    a = pages_find(&ps, "a");
    ck_assert_ptr_nonnull(a);
    ck_assert_uint_eq(a->accounts[POLL].requests, 3);
    ck_assert_uint_eq(a->accounts[POLL].connections,
                      2); /* a connection once, however often it asks */
    ck_assert_uint_eq(a->accounts[POLL].in_bytes, 150);
    ck_assert_uint_eq(a->accounts[POLL].out_bytes, 10);
    ck_assert_uint_eq(a->accounts[POLL].out_payload_bytes, 6);
    ck_assert_uint_eq(a->accounts[POLL].updates_sent, 2);
    ck_assert_uint_eq(a->accounts[OTHER].connections, 1);
    ck_assert_uint_eq(a->peers, 2);
    pages_leave(&one, 5);
    pages_leave(&two, 5);
    ck_assert_uint_eq(a->peers, 0);
    pages_free(&ps);
}
END_TEST

START_TEST(pages_keep_the_exchange_but_no_secrets)
{
    struct pages ps = {0};
    struct page_peer pp = {0};
    const struct page_exchange *x;
    char long_answer[PAGE_ANSWER_MAX_BYTES + 100];

    count(&ps, &pp, "a", STREAM, 1);
    memset(long_answer, 'x', sizeof long_answer);
    pages_count_sent(&pp, long_answer, sizeof long_answer, 0, 0);
    pages_count_sent(&pp, "frame", 5, 5, 1);
    x = &pages_find(&ps, "a")->accounts[STREAM].exchange;
    ck_assert_int_eq(
        strncmp((const char *)x->request,
                "GET /x?since=3&page=a HTTP/1.1\r\nHost: h\r\nCookie: (not shown)\r\n\r\n",
                x->request_bytes),
        0);
    ck_assert_uint_eq(x->answer_bytes, sizeof long_answer); /* its length, though not all is kept */
    ck_assert_uint_eq(x->newest_bytes, 5);
    ck_assert_mem_eq(x->newest, "frame", 5);
    pages_leave(&pp, 2);
    pages_free(&ps);
}
END_TEST

/* A poll that waits has no answer yet: what is shown is the exchange before it. */
START_TEST(pages_keep_the_exchange_before_one_that_waits)
{
    struct pages ps = {0};
    struct page_peer pp = {0};
    const struct page_account *a;

    count(&ps, &pp, "a", POLL, 1);
    a = &pages_find(&ps, "a")->accounts[POLL];
    ck_assert_uint_eq(page_exchange_whole(a)->answer_bytes, 0);
    pages_count_sent(&pp, "one", 3, 3, 1);
    count(&ps, &pp, "a", POLL, 2);
    ck_assert_uint_eq(page_exchange_whole(a)->answer_bytes, 3);
    pages_count_sent(&pp, "three", 5, 5, 1);
    ck_assert_uint_eq(page_exchange_whole(a)->answer_bytes, 5);
    pages_leave(&pp, 3);
    pages_free(&ps);
}
END_TEST

START_TEST(pages_count_a_socket_s_messages_but_not_its_pongs)
{
    static const uint8_t text[] = {0x81, 0x81, 1, 2, 3, 4, 5}, pong[] = {0x8a, 0x80, 1, 2, 3, 4};
    struct page_peer socket = {0}, stream = {0};
    struct pages ps = {0};
    const struct page_account *sent;

    count(&ps, &socket, "a", TRANSPORT_WEBSOCKET, 1);
    count(&ps, &stream, "a", STREAM, 1);
    pages_count_message(&socket, text, sizeof text);
    pages_count_message(&socket, pong, sizeof pong);
    pages_count_message(&stream, text, sizeof text);
    sent = &pages_find(&ps, "a")->accounts[PAGE_SENT + TRANSPORT_WEBSOCKET];
    ck_assert_uint_eq(sent->in_bytes, sizeof text);
    ck_assert_uint_eq(sent->requests, 0);
    ck_assert_mem_eq(page_exchange_whole(sent)->request, text, sizeof text);
    pages_leave(&socket, 2);
    pages_leave(&stream, 2);
    pages_free(&ps);
}
END_TEST

START_TEST(pages_make_room_by_forgetting_the_longest_unused)
{
    struct page_peer pp[PAGES_MAX + 1] = {{0}};
    struct pages ps = {0};
    char id[16];

    for (int i = 0; i < PAGES_MAX; i++) {
        snprintf(id, sizeof id, "p%d", i);
        count(&ps, &pp[i], id, POLL, i);
    }
    count(&ps, &pp[PAGES_MAX], "full", POLL, 100); /* all are in use: not counted */
    ck_assert_ptr_null(pages_find(&ps, "full"));
    ck_assert_ptr_null(pp[PAGES_MAX].account);
    pages_leave(&pp[7], 101);
    pages_leave(&pp[5], 102);
    count(&ps, &pp[PAGES_MAX], "new", POLL, 103);
    ck_assert_ptr_nonnull(pages_find(&ps, "new"));
    ck_assert_ptr_null(pages_find(&ps, "p7"));
    ck_assert_ptr_nonnull(pages_find(&ps, "p5"));
    for (int i = 0; i <= PAGES_MAX; i++)
        pages_leave(&pp[i], 104);
    pages_free(&ps);
}
END_TEST

START_TEST(pages_count_nowhere_without_a_usable_id)
{
    static const char *const ids[] = {"",    "a%00b", "%3Cb%3E",
                                      "a b", "%zz",   "012345678901234567890123456789012"};
    struct page_peer pp = {0};
    struct pages ps = {0};

    count(&ps, &pp, ids[_i], POLL, 1);
    ck_assert_ptr_null(pp.account);
    ck_assert_ptr_null(pp.home);
    pages_count_sent(&pp, "x", 1, 1, 1);
    pages_leave(&pp, 2);
    pages_free(&ps);
}
END_TEST

START_TEST(pages_leave_a_page_when_another_takes_the_connection)
{
    struct page_peer pp = {0};
    struct pages ps = {0};

    count(&ps, &pp, "a", POLL, 1);
    count(&ps, &pp, "b", POLL, 2);
    ck_assert_uint_eq(pages_find(&ps, "a")->peers, 0);
    ck_assert_uint_eq(pages_find(&ps, "b")->peers, 1);
    ck_assert_uint_eq(pages_find(&ps, "b")->accounts[POLL].connections, 1);
    count(&ps, &pp, "", POLL, 3); /* the page's assets, say */
    ck_assert_ptr_null(pp.account);
    count(&ps, &pp, "b", POLL, 4);
    ck_assert_uint_eq(pages_find(&ps, "b")->accounts[POLL].connections, 1);
    pages_leave(&pp, 5);
    pages_free(&ps);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pages");
    TCase *tc = tcase_create("pages");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, pages_count_by_page_and_transport);
    tcase_add_test(tc, pages_keep_the_exchange_before_one_that_waits);
    tcase_add_test(tc, pages_count_a_socket_s_messages_but_not_its_pongs);
    tcase_add_test(tc, pages_keep_the_exchange_but_no_secrets);
    tcase_add_test(tc, pages_make_room_by_forgetting_the_longest_unused);
    tcase_add_loop_test(tc, pages_count_nowhere_without_a_usable_id, 0, 6);
    tcase_add_test(tc, pages_leave_a_page_when_another_takes_the_connection);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    http_reader_free(&reader);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
