/* lib/net/conn_tls.c over a socket pair: both ends are ours, or the test is a peer that breaks TLS.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/ssl.h>

#include "lib/base/clock.h"
#include "lib/net/conn.h"
#include "lib/base/err.h"
#include "tests/unit/lib/net/tls_fixture.h"

enum {
    BACKLOG_BYTES = 8 << 20,
    BIG_BYTES = 1 << 20, /* many records, and more than a socket pair takes at once */
    DEADLINE_S = 10,
};

/* One end, what its callbacks saw, and what they are to do. */
struct end {
    struct conn conn; /* first: the callbacks get this */
    size_t got_bytes, flushes, ends, secured;
    enum conn_end why;
    int sys_errno;
    enum conn_tls_handshake handshake; /* as on_end() saw it */
    char fault[200];
    int64_t recv_ns;
    bool mute, close_on_data, finish_on_data;
};

/* Clients have a loop of their own, which a slow reader's does not turn. */
static struct event_base *base, *client_base;
static struct conn_loop loop, client_loop;
static bool client_reads;
static struct tls_pair pair;

static uint8_t pattern_byte(size_t i)
{
    return (uint8_t)(i % 251);
}

static void on_data(struct conn *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct end *e = (struct end *)c;

    for (size_t i = 0; i < len && !e->mute; i++) {
        if (data[i] != pattern_byte(e->got_bytes + i))
            ck_abort_msg("byte %zu is wrong", e->got_bytes + i);
    }
    memset(data, 0, len); /* allowed */
    e->got_bytes += len;
    e->recv_ns = recv_ns;
    if (e->close_on_data)
        conn_close(c);
    if (e->finish_on_data)
        conn_finish(c, false);
}

static void on_flushed(struct conn *c)
{
    ((struct end *)c)->flushes++;
}

static void on_end(struct conn *c, enum conn_end why, int sys_errno)
{
    struct end *e = (struct end *)c;

    e->ends++;
    e->why = why;
    e->sys_errno = sys_errno;
    e->handshake = conn_tls_handshake(c);
    if (why == CONN_END_ERROR)
        snprintf(e->fault, sizeof e->fault, "%s", conn_tls_strerror(c, sys_errno));
}

static void on_secured(struct conn *c)
{
    ((struct end *)c)->secured++;
}

static const struct conn_ops ops = {
    .on_data = on_data,
    .on_flushed = on_flushed,
    .on_end = on_end,
    .on_secured = on_secured,
};

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN);
    base = event_base_new();
    ck_assert_ptr_nonnull(base);
    ck_assert_int_eq(conn_loop_init(&loop, base, 65536), 0);
    client_base = event_base_new();
    ck_assert_ptr_nonnull(client_base);
    ck_assert_int_eq(conn_loop_init(&client_loop, client_base, 65536), 0);
    client_reads = true;
    pair = tls_pair_new(TLS_ANY, TLS_ANY);
}

static void tear_down(void)
{
    tls_pair_free(&pair);
    conn_loop_free(&loop);
    conn_loop_free(&client_loop);
    event_base_free(base);
    event_base_free(client_base);
}

/* One turn of the loops without waiting; false once the deadline has passed. */
static bool turn(int64_t deadline_ns)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
    if (client_reads)
        event_base_loop(client_base, EVLOOP_NONBLOCK);
    return clock_now_ns() < deadline_ns;
}

#define TURN_UNTIL(condition)                                                                      \
    do {                                                                                           \
        int64_t deadline_ns = clock_now_ns() + DEADLINE_S * NS_PER_S;                              \
        while (!(condition))                                                                       \
            if (!turn(deadline_ns))                                                                \
                ck_abort_msg("not in time: " #condition);                                          \
    } while (0)

static void attach(struct end *e, int fd, uint32_t backlog, struct tls *tls,
                   struct tls_memory *memory)
{
    *e = (struct end){0};
    ck_assert_int_eq(conn_attach_tls(&e->conn, tls == pair.client ? &client_loop : &loop, &ops, fd,
                                     backlog, tls, memory),
                     0);
}

/* Both ends of one connection, the handshake still to do. */
static void open_pair(struct end *server, struct end *client, uint32_t backlog,
                      struct tls_memory *memory)
{
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    attach(server, fds[0], backlog, pair.server, NULL);
    attach(client, fds[1], backlog, pair.client, memory);
}

static void secure_pair(struct end *server, struct end *client, struct tls_memory *memory)
{
    open_pair(server, client, BACKLOG_BYTES, memory);
    TURN_UNTIL(server->secured == 1 && client->secured == 1);
}

/* One end of ours and the bare descriptor of the other. */
static int open_one(struct end *e, struct tls *tls)
{
    int fds[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    attach(e, fds[0], BACKLOG_BYTES, tls, NULL);
    return fds[1];
}

static void close_both(struct end *a, struct end *b)
{
    conn_close(&a->conn);
    conn_close(&b->conn);
    TURN_UNTIL(a->ends == 1 && b->ends == 1);
}

static struct shared *pattern(size_t from, size_t len)
{
    struct shared *s = shared_new(len);

    ck_assert_ptr_nonnull(s);
    for (size_t i = 0; i < len; i++)
        s->data[i] = pattern_byte(from + i);
    return s;
}

/* ---- data ---- */

START_TEST(tls_carries_bytes_both_ways_in_odd_splits)
{
    static const size_t sizes[] = {1, 2, 3, 125, 4095, 4096, 4097, 16383, 16384, 16385, 40000, 7};
    struct shared *all = pattern(0, 200000);
    int64_t before_ns = clock_now_ns();
    struct end server, client;
    size_t total = 0;

    secure_pair(&server, &client, NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ck_assert_int_eq(conn_send(&server.conn, all->data + total, sizes[i]), 0);
        ck_assert_int_eq(conn_send(&client.conn, all->data + total, sizes[i]), 0);
        total += sizes[i];
        if (i % 3 == 0)
            turn(INT64_MAX);
    }
    TURN_UNTIL(server.got_bytes == total && client.got_bytes == total);
    ck_assert_int_ge(client.recv_ns, before_ns);
    ck_assert_int_le(client.recv_ns, clock_now_ns());
    close_both(&server, &client);
    shared_unref(all);
}
END_TEST

START_TEST(tls_sends_directly_while_nothing_is_queued)
{
    struct end server, client;
    uint8_t byte = pattern_byte(0), seen[4096];

    secure_pair(&server, &client, NULL);
    TURN_UNTIL(recv(conn_fd(&client.conn), seen, sizeof seen, MSG_PEEK) < 0); /* tickets are read */
    ck_assert_int_eq(conn_send(&server.conn, &byte, 1), 0);
    ck_assert_uint_eq(conn_queued_bytes(&server.conn), 0);
    ck_assert_int_gt(recv(conn_fd(&client.conn), seen, sizeof seen, MSG_PEEK), 1);
    TURN_UNTIL(client.got_bytes == 1);
    ck_assert_uint_eq(server.flushes, 0);
    close_both(&server, &client);
}
END_TEST

START_TEST(tls_queues_what_is_sent_before_the_handshake)
{
    struct shared *s = pattern(0, 1000);
    struct end server, client;

    open_pair(&server, &client, BACKLOG_BYTES, NULL);
    ck_assert_int_eq(conn_send(&client.conn, s->data, 400), 0);
    ck_assert_int_eq(conn_send(&client.conn, s->data + 400, 600), 0);
    ck_assert_uint_eq(conn_queued_bytes(&client.conn), 1000);
    TURN_UNTIL(server.got_bytes == 1000 && client.flushes == 1);
    close_both(&server, &client);
    shared_unref(s);
}
END_TEST

/* By copy and by reference; the socket fills up in the middle of a record. */
START_TEST(tls_queues_what_the_socket_does_not_take_and_keeps_the_order)
{
    struct shared *a = pattern(0, BIG_BYTES), *b = pattern(BIG_BYTES, BIG_BYTES);
    struct shared *c = pattern(2 * BIG_BYTES, 70000), *d = pattern(2 * BIG_BYTES + 70000, 5);
    size_t total = 2 * BIG_BYTES + 70005;
    struct end server, client;

    secure_pair(&server, &client, NULL);
    if (_i == 0)
        ck_assert_int_eq(conn_send(&server.conn, a->data, a->len), 0);
    else
        ck_assert_int_eq(conn_send_shared(&server.conn, a), 0);
    ck_assert_uint_gt(conn_queued_bytes(&server.conn), 0);
    ck_assert_int_eq(conn_send_shared(&server.conn, b), 0);
    ck_assert_uint_eq(b->refs, 2);
    ck_assert_int_eq(conn_send(&server.conn, c->data, c->len), 0);
    ck_assert_int_eq(conn_send_shared(&server.conn, d), 0);
    TURN_UNTIL(client.got_bytes == total && server.flushes == 1);
    ck_assert_uint_eq(conn_queued_bytes(&server.conn), 0);
    ck_assert_uint_eq(b->refs, 1);
    close_both(&server, &client);
    shared_unref(a);
    shared_unref(b);
    shared_unref(c);
    shared_unref(d);
}
END_TEST

/* Small messages behind a blocked one end up in the same piece of the queue. */
START_TEST(tls_goes_on_with_a_blocked_record_when_more_was_queued_behind_it)
{
    struct shared *all = pattern(0, BIG_BYTES);
    struct end server, client;
    size_t at = 0;

    secure_pair(&server, &client, NULL);
    client_reads = false;
    while (conn_queued_bytes(&server.conn) == 0) {
        ck_assert_int_eq(conn_send(&server.conn, all->data + at, 3000), 0);
        at += 3000;
    }
    while (at + 100 < BIG_BYTES) {
        ck_assert_int_eq(conn_send(&server.conn, all->data + at, 100), 0);
        at += 100;
    }
    client_reads = true;
    TURN_UNTIL(client.got_bytes == at);
    close_both(&server, &client);
    shared_unref(all);
}
END_TEST

START_TEST(tls_drops_a_slow_reader_at_the_backlog_limit)
{
    struct shared *s = pattern(0, 65536);
    struct end slow, client;
    int err = 0;

    open_pair(&slow, &client, 100000, NULL);
    TURN_UNTIL(slow.secured == 1 && client.secured == 1);
    client_reads = false;
    for (int i = 0; i < 1000 && err == 0; i++)
        err = conn_send_shared(&slow.conn, s);
    ck_assert_int_eq(err, PL_ELIMIT);
    ck_assert_uint_eq(slow.ends, 0); /* marked; told about later, from the loop */
    ck_assert_int_eq(conn_send_shared(&slow.conn, s), PL_EOF);
    TURN_UNTIL(slow.ends == 1);
    ck_assert_int_eq(slow.why, CONN_END_BACKLOG);
    ck_assert_uint_eq(s->refs, 1);
    client_reads = true;
    close_both(&client, &client);
    shared_unref(s);
}
END_TEST

START_TEST(tls_one_message_on_an_empty_queue_always_fits)
{
    struct shared *s = pattern(0, BIG_BYTES);
    struct end server, client;

    open_pair(&server, &client, 1000, NULL);
    TURN_UNTIL(server.secured == 1 && client.secured == 1);
    ck_assert_int_eq(conn_send_shared(&server.conn, s), 0);
    TURN_UNTIL(client.got_bytes == BIG_BYTES);
    close_both(&server, &client);
    shared_unref(s);
}
END_TEST

/* ---- ends ---- */

START_TEST(tls_close_sends_close_notify_8446_6_1)
{
    struct end server, client;

    secure_pair(&server, &client, NULL);
    conn_close(&client.conn);
    TURN_UNTIL(client.ends == 1 && server.ends == 1);
    ck_assert_int_eq(client.why, CONN_END_LOCAL);
    ck_assert_int_eq(server.why, CONN_END_EOF);
}
END_TEST

START_TEST(tls_tells_a_truncation_from_an_end_8446_6_1)
{
    struct end server, client;

    secure_pair(&server, &client, NULL);
    shutdown(conn_fd(&client.conn), SHUT_WR);
    TURN_UNTIL(server.ends == 1);
    ck_assert_int_eq(server.why, CONN_END_ERROR);
    ck_assert_int_eq(server.sys_errno, ECONNABORTED);
    ck_assert_str_eq(server.fault, "TLS: cut off without close_notify");
    close_both(&client, &client);
}
END_TEST

START_TEST(tls_survives_being_closed_inside_its_own_callback)
{
    struct end server, client;
    uint8_t byte = pattern_byte(0);

    secure_pair(&server, &client, NULL);
    server.close_on_data = true;
    ck_assert_int_eq(conn_send(&client.conn, &byte, 1), 0);
    TURN_UNTIL(server.ends == 1 && client.ends == 1);
    ck_assert_int_eq(server.why, CONN_END_LOCAL);
    ck_assert_int_eq(client.why, CONN_END_EOF);
    ck_assert_int_eq(conn_send(&server.conn, "x", 1), PL_EOF);
}
END_TEST

START_TEST(tls_ends_with_the_error_of_a_failed_send)
{
    struct end e, other;

    secure_pair(&e, &other, NULL);
    shutdown(conn_fd(&e.conn), SHUT_RDWR);
    ck_assert_int_eq(conn_send(&e.conn, "x", 1), PL_ESYS);
    TURN_UNTIL(e.ends == 1);
    ck_assert_int_eq(e.why, CONN_END_ERROR);
    ck_assert_int_eq(e.sys_errno, EPIPE);
    ck_assert_str_eq(e.fault, strerror(EPIPE));
    close_both(&other, &other);
}
END_TEST

START_TEST(tls_finish_ends_once_the_queue_is_flushed)
{
    struct shared *s = pattern(0, BIG_BYTES);
    struct end server, client;

    secure_pair(&server, &client, NULL);
    if (_i == 1)
        ck_assert_int_eq(conn_send_shared(&server.conn, s), 0);
    conn_finish(&server.conn, false);
    ck_assert_int_eq(conn_send(&server.conn, "x", 1), PL_EOF);
    TURN_UNTIL(server.ends == 1 && client.ends == 1);
    ck_assert_uint_eq(client.got_bytes, _i == 1 ? BIG_BYTES : 0);
    ck_assert_int_eq(server.why, CONN_END_LOCAL);
    ck_assert_int_eq(client.why, CONN_END_EOF); /* close_notify came behind the data */
    ck_assert_uint_eq(server.flushes, 0);
    shared_unref(s);
}
END_TEST

/* All is sent, and then there is no room in the socket for close_notify: it waits for some. */
START_TEST(tls_goodbye_waits_for_room_in_the_socket)
{
    struct shared *s = pattern(0, 60000);
    struct end server, client;
    int small = 1;

    secure_pair(&server, &client, NULL);
    client_reads = false;
    ck_assert_int_eq(conn_send_shared(&server.conn, s), 0);
    ck_assert_uint_eq(conn_queued_bytes(&server.conn), 0);
    ck_assert_int_eq(setsockopt(conn_fd(&server.conn), SOL_SOCKET, SO_SNDBUF, &small, sizeof small),
                     0);
    conn_finish(&server.conn, _i == 1);
    for (int i = 0; i < 5; i++)
        turn(INT64_MAX);
    ck_assert_uint_eq(server.ends, 0);
    client_reads = true;
    TURN_UNTIL(server.ends == 1 && client.ends == 1);
    ck_assert_uint_eq(client.got_bytes, 60000);
    ck_assert_int_eq(client.why, CONN_END_EOF);
    ck_assert_int_eq(server.why, CONN_END_LOCAL);
    shared_unref(s);
}
END_TEST

/* The peer is still talking: it gets the answer and the goodbye, and its own ends it all. */
START_TEST(tls_finish_lingers_until_the_peer_s_end_9112_9_6)
{
    struct shared *s = pattern(0, 1000);
    struct end server, client;

    secure_pair(&server, &client, NULL);
    client.finish_on_data = true; /* its goodbye comes behind what it still says */
    ck_assert_int_eq(conn_send_shared(&server.conn, s), 0);
    ck_assert_int_eq(conn_send_shared(&client.conn, s), 0);
    conn_finish(&server.conn, true);
    ck_assert_uint_eq(server.ends, 0);
    TURN_UNTIL(server.ends == 1 && client.ends == 1);
    ck_assert_uint_eq(client.got_bytes, 1000);
    ck_assert_uint_eq(server.got_bytes, 0); /* discarded */
    ck_assert_int_eq(server.why, CONN_END_LOCAL);
    shared_unref(s);
}
END_TEST

START_TEST(tls_lingering_takes_a_cut_for_the_end)
{
    struct end server, client;

    secure_pair(&server, &client, NULL);
    client_reads = false;
    conn_finish(&server.conn, true);
    shutdown(conn_fd(&client.conn), SHUT_WR);
    TURN_UNTIL(server.ends == 1);
    ck_assert_int_eq(server.why, CONN_END_LOCAL);
    client_reads = true;
    close_both(&client, &client);
}
END_TEST

START_TEST(tls_gives_shared_bytes_back_when_it_ends)
{
    struct shared *s = pattern(0, BIG_BYTES);
    struct end server, client;

    secure_pair(&server, &client, NULL);
    ck_assert_int_eq(conn_send_shared(&server.conn, s), 0);
    ck_assert_int_eq(conn_send_shared(&server.conn, s), 0);
    ck_assert_uint_eq(s->refs, 3);
    close_both(&server, &client);
    ck_assert_uint_eq(s->refs, 1);
    shared_unref(s);
}
END_TEST

/* ---- handshakes ---- */

static void check_handshake(struct tls_memory *memory, enum conn_tls_handshake want)
{
    struct end server, client;
    uint8_t byte = pattern_byte(0);

    open_pair(&server, &client, BACKLOG_BYTES, memory);
    ck_assert_int_eq(conn_tls_handshake(&client.conn), CONN_TLS_PENDING);
    TURN_UNTIL(server.secured == 1 && client.secured == 1);
    ck_assert_int_eq(conn_tls_handshake(&server.conn), want);
    ck_assert_int_eq(conn_tls_handshake(&client.conn), want);
    ck_assert_int_eq(conn_send(&server.conn, &byte, 1), 0); /* behind the tickets */
    TURN_UNTIL(client.got_bytes == 1);
    close_both(&client, &server);
}

START_TEST(tls_resumes_with_a_memory_and_counts_the_same_on_both_ends)
{
    struct tls_memory memory = {NULL};

    tls_pair_free(&pair);
    pair = tls_pair_new(TLS_ANY, _i);
    check_handshake(&memory, CONN_TLS_FULL);
    for (int i = 0; i < 5; i++)
        check_handshake(&memory, CONN_TLS_RESUMED);
    check_handshake(NULL, CONN_TLS_FULL);
    tls_memory_forget(&memory);
    check_handshake(&memory, CONN_TLS_FULL);
    check_handshake(&memory, CONN_TLS_RESUMED);
    tls_memory_forget(&memory);
}
END_TEST

START_TEST(tls_forgets_nothing_when_a_connection_is_cut_5246_7_2_1)
{
    struct tls_memory memory = {NULL};
    struct end server, client;

    tls_pair_free(&pair);
    pair = tls_pair_new(TLS_ANY, _i);
    check_handshake(&memory, CONN_TLS_FULL);
    secure_pair(&server, &client, &memory);
    shutdown(conn_fd(&server.conn), SHUT_RDWR);
    TURN_UNTIL(client.ends == 1);
    ck_assert_int_eq(client.why, CONN_END_ERROR);
    close_both(&server, &server);
    check_handshake(&memory, CONN_TLS_RESUMED);
    tls_memory_forget(&memory);
}
END_TEST

START_TEST(tls_another_server_does_a_full_handshake)
{
    struct tls_memory memory = {NULL};
    struct tls_pair first = pair;

    check_handshake(&memory, CONN_TLS_FULL);
    pair = tls_pair_new(TLS_ANY, TLS_ANY);
    check_handshake(&memory, CONN_TLS_FULL);
    tls_pair_free(&first);
    tls_memory_forget(&memory);
}
END_TEST

START_TEST(tls_versions_must_overlap)
{
    static const struct {
        int server, client;
        bool works;
    } cases[] = {
        {TLS_1_2, TLS_1_2, true},  {TLS_1_3, TLS_1_3, true}, {TLS_ANY, TLS_1_2, true},
        {TLS_1_2, TLS_ANY, true},  {TLS_ANY, TLS_ANY, true}, {TLS_1_2, TLS_1_3, false},
        {TLS_1_3, TLS_1_2, false},
    };
    struct end server, client;

    tls_pair_free(&pair);
    pair = tls_pair_new(cases[_i].server, cases[_i].client);
    open_pair(&server, &client, BACKLOG_BYTES, NULL);
    if (cases[_i].works) {
        TURN_UNTIL(server.secured == 1 && client.secured == 1);
        close_both(&server, &client);
        return;
    }
    TURN_UNTIL(server.ends == 1 && client.ends == 1);
    ck_assert_uint_eq(server.secured + client.secured, 0);
    ck_assert_int_eq(client.why, CONN_END_ERROR);
    ck_assert_int_eq(client.sys_errno, EPROTO);
    ck_assert_ptr_nonnull(strstr(client.fault, "TLS handshake: "));
    ck_assert_ptr_nonnull(strstr(client.fault, "version"));
    ck_assert_int_eq(server.handshake, CONN_TLS_PENDING);
}
END_TEST

static void check_distrust(const char *why)
{
    struct end server, client;

    open_pair(&server, &client, BACKLOG_BYTES, NULL);
    TURN_UNTIL(server.ends == 1 && client.ends == 1);
    ck_assert_uint_eq(client.secured + server.secured, 0);
    ck_assert_int_eq(client.sys_errno, EPROTO);
    ck_assert_str_eq(client.fault, why);
    ck_assert_int_eq(server.why, CONN_END_ERROR);
}

START_TEST(tls_client_refuses_a_certificate_that_it_does_not_trust)
{
    struct tls_pair other = tls_pair_new(TLS_ANY, TLS_ANY);
    struct tls *trusting = pair.client;

    pair.client = other.client;
    check_distrust("TLS: the server's certificate is not trusted: self-signed certificate");
    pair.client = trusting;
    tls_pair_free(&other);
}
END_TEST

START_TEST(tls_client_refuses_a_certificate_for_another_host)
{
    tls_free(pair.client);
    pair.client = tls_trusting(pair.server, TLS_ANY, "lab.example");
    check_distrust("TLS: the server's certificate is not trusted: hostname mismatch");
    tls_free(pair.client);
    pair.client = tls_trusting(pair.server, TLS_ANY, "10.0.0.1");
    check_distrust("TLS: the server's certificate is not trusted: IP address mismatch");
    tls_free(pair.client);
    pair.client = tls_trusting(pair.server, TLS_ANY, "localhost");
    check_handshake(NULL, CONN_TLS_FULL);
}
END_TEST

/* ---- peers that break TLS ---- */

static void check_server_refuses(const char *said, const char *fault)
{
    struct end server;
    int peer = open_one(&server, pair.server);

    ck_assert_int_eq(send(peer, said, strlen(said), 0), (ssize_t)strlen(said));
    TURN_UNTIL(server.ends == 1);
    ck_assert_int_eq(server.why, CONN_END_ERROR);
    ck_assert_int_eq(server.sys_errno, EPROTO);
    ck_assert_str_eq(server.fault, fault);
    close(peer);
}

START_TEST(tls_server_refuses_what_is_no_tls)
{
    check_server_refuses("SSH-2.0-OpenSSH_9.2\r\n", "TLS handshake: wrong version number");
    check_server_refuses("CONNECT a:1 HTTP/1.1\r\n\r\n", "TLS handshake: https proxy request");
}
END_TEST

START_TEST(tls_server_answers_plain_http_in_the_clear)
{
    struct end server;
    char got[100] = "";
    int peer = open_one(&server, pair.server);

    ck_assert_int_eq(send(peer, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27, 0), 27);
    TURN_UNTIL(server.ends == 1);
    ck_assert_str_eq(server.fault, "TLS handshake: http request");
    ck_assert_int_gt(recv(peer, got, sizeof got - 1, 0), 0);
    ck_assert_str_eq(got, "no TLS?\n");
    ck_assert_int_eq(recv(peer, got, 1, 0), 0); /* an end, no reset */
    close(peer);
}
END_TEST

START_TEST(tls_client_refuses_a_server_without_tls)
{
    struct end client;
    int peer = open_one(&client, pair.client);

    ck_assert_int_eq(send(peer, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0), 28);
    TURN_UNTIL(client.ends == 1);
    ck_assert_int_eq(client.sys_errno, EPROTO);
    ck_assert_str_eq(client.fault, "TLS handshake: wrong version number");
    close(peer);
}
END_TEST

START_TEST(tls_handshake_that_is_cut_off_is_told_apart)
{
    struct end e;
    int peer = open_one(&e, _i == 0 ? pair.server : pair.client);

    turn(INT64_MAX);
    shutdown(peer, SHUT_WR);
    TURN_UNTIL(e.ends == 1);
    ck_assert_int_eq(e.why, CONN_END_ERROR);
    ck_assert_int_eq(e.sys_errno, ECONNABORTED);
    ck_assert_str_eq(e.fault, "TLS handshake: cut off");
    close(peer);
}
END_TEST

START_TEST(tls_may_be_closed_or_finished_in_the_middle_of_a_handshake)
{
    struct end server, client;

    for (int turns = 0; turns < 6; turns++) {
        open_pair(&server, &client, BACKLOG_BYTES, NULL);
        for (int i = 0; i < turns; i++)
            turn(INT64_MAX);
        if (_i == 0)
            conn_close(&client.conn);
        else
            conn_finish(&client.conn, _i == 2);
        TURN_UNTIL(server.ends == 1);
        conn_close(&client.conn);
        TURN_UNTIL(client.ends == 1);
    }
}
END_TEST

/* A bit flipped on the way: the record's tag tells (RFC 8446 §5.2). What failed is not resumed. */
START_TEST(tls_a_damaged_record_ends_the_connection_8446_6_2)
{
    static const uint8_t record[] = {23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8,
                                     9,  0, 1, 2, 3,  4, 5, 6, 7, 8, 9, 0};
    struct tls_memory memory = {NULL};
    struct end server, client;

    check_handshake(&memory, CONN_TLS_FULL);
    secure_pair(&server, &client, &memory);
    TURN_UNTIL(recv(conn_fd(&client.conn), &(uint8_t){0}, 1, MSG_PEEK) < 0); /* tickets are read */
    ck_assert_int_eq(send(conn_fd(&server.conn), record, sizeof record, 0), sizeof record);
    TURN_UNTIL(client.ends == 1);
    ck_assert_int_eq(client.sys_errno, EPROTO);
    ck_assert_str_eq(client.fault, "TLS: decryption failed or bad record mac");
    ck_assert_uint_eq(client.got_bytes, 0);
    ck_assert_ptr_null(memory.session);
    close_both(&server, &server);
}
END_TEST

START_TEST(tls_loop_free_reaps_what_is_marked)
{
    struct conn_loop own;
    int fds[2];
    struct end e = {0};

    ck_assert_int_eq(conn_loop_init(&own, base, 1024), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    ck_assert_int_eq(conn_attach_tls(&e.conn, &own, &ops, fds[0], 1024, pair.client, NULL), 0);
    conn_close(&e.conn);
    conn_close(&e.conn); /* twice is once */
    conn_loop_free(&own);
    ck_assert_uint_eq(e.ends, 1);
    close(fds[1]);
}
END_TEST

static void add_data_tests(TCase *tc)
{
    tcase_add_test(tc, tls_carries_bytes_both_ways_in_odd_splits);
    tcase_add_test(tc, tls_sends_directly_while_nothing_is_queued);
    tcase_add_test(tc, tls_queues_what_is_sent_before_the_handshake);
    tcase_add_loop_test(tc, tls_queues_what_the_socket_does_not_take_and_keeps_the_order, 0, 2);
    tcase_add_test(tc, tls_goes_on_with_a_blocked_record_when_more_was_queued_behind_it);
    tcase_add_test(tc, tls_drops_a_slow_reader_at_the_backlog_limit);
    tcase_add_test(tc, tls_one_message_on_an_empty_queue_always_fits);
}

static void add_end_tests(TCase *tc)
{
    tcase_add_test(tc, tls_close_sends_close_notify_8446_6_1);
    tcase_add_test(tc, tls_tells_a_truncation_from_an_end_8446_6_1);
    tcase_add_test(tc, tls_survives_being_closed_inside_its_own_callback);
    tcase_add_test(tc, tls_ends_with_the_error_of_a_failed_send);
    tcase_add_loop_test(tc, tls_finish_ends_once_the_queue_is_flushed, 0, 2);
    tcase_add_loop_test(tc, tls_goodbye_waits_for_room_in_the_socket, 0, 2);
    tcase_add_test(tc, tls_finish_lingers_until_the_peer_s_end_9112_9_6);
    tcase_add_test(tc, tls_lingering_takes_a_cut_for_the_end);
    tcase_add_test(tc, tls_gives_shared_bytes_back_when_it_ends);
    tcase_add_test(tc, tls_loop_free_reaps_what_is_marked);
}

static void add_handshake_tests(TCase *tc)
{
    tcase_add_loop_test(tc, tls_resumes_with_a_memory_and_counts_the_same_on_both_ends, TLS_1_2,
                        TLS_1_3 + 1);
    tcase_add_loop_test(tc, tls_forgets_nothing_when_a_connection_is_cut_5246_7_2_1, TLS_1_2,
                        TLS_1_3 + 1);
    tcase_add_test(tc, tls_another_server_does_a_full_handshake);
    tcase_add_loop_test(tc, tls_versions_must_overlap, 0, 7);
    tcase_add_test(tc, tls_client_refuses_a_certificate_that_it_does_not_trust);
    tcase_add_test(tc, tls_client_refuses_a_certificate_for_another_host);
    tcase_add_test(tc, tls_server_refuses_what_is_no_tls);
    tcase_add_test(tc, tls_server_answers_plain_http_in_the_clear);
    tcase_add_test(tc, tls_client_refuses_a_server_without_tls);
    tcase_add_loop_test(tc, tls_handshake_that_is_cut_off_is_told_apart, 0, 2);
    tcase_add_loop_test(tc, tls_may_be_closed_or_finished_in_the_middle_of_a_handshake, 0, 3);
    tcase_add_test(tc, tls_a_damaged_record_ends_the_connection_8446_6_2);
}

int main(void)
{
    Suite *suite = suite_create("conn_tls");
    TCase *tc = tcase_create("conn_tls");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 2 * DEADLINE_S);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    add_data_tests(tc);
    add_end_tests(tc);
    add_handshake_tests(tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
