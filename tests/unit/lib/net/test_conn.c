/* lib/net/conn.c and the shared bytes of lib/base/buf.c over a socket pair: the test is the peer.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/net/conn.h"
#include "lib/base/err.h"

enum {
    BACKLOG_BYTES = 4 << 20,
    BIG_BYTES = 1 << 20, /* more than a socket pair takes at once */
    DEADLINE_S = 10,
};

/* One connection, what its callbacks saw, and what they are to do. */
struct end {
    struct conn conn; /* first: the callbacks get this */
    int peer;
    size_t got_bytes, flushes, ends, shuts;
    enum conn_end why;
    int sys_errno;
    int64_t recv_ns;
    bool close_on_data;
    struct end *close_too;
    bool sends_on; /* after the peer's end */
};

static struct event_base *base;
static struct conn_loop loop;

static void on_data(struct conn *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct end *e = (struct end *)c;

    memset(data, 0, len); /* allowed */
    e->got_bytes += len;
    e->recv_ns = recv_ns;
    if (e->close_on_data)
        conn_close(c);
    if (e->close_too != NULL)
        conn_close(&e->close_too->conn);
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
}

static void on_shut(struct conn *c)
{
    ((struct end *)c)->shuts++;
}

static bool on_eof(struct conn *c)
{
    return ((struct end *)c)->sends_on;
}

static const struct conn_ops ops = {
    .on_data = on_data,
    .on_eof = on_eof,
    .on_flushed = on_flushed,
    .on_end = on_end,
    .on_shut = on_shut,
};

static void set_up(void)
{
    base = event_base_new();
    ck_assert_ptr_nonnull(base);
    ck_assert_int_eq(conn_loop_init(&loop, base, 65536), 0);
}

static void tear_down(void)
{
    conn_loop_free(&loop);
    event_base_free(base);
}

static void end_open(struct end *e, uint32_t backlog_limit_bytes)
{
    int pair[2];

    memset(e, 0, sizeof *e);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    e->peer = pair[1];
    ck_assert_int_eq(conn_attach(&e->conn, &loop, &ops, pair[0], backlog_limit_bytes), 0);
}

/* One turn of the loop without waiting; false once the deadline has passed. */
static bool turn(int64_t deadline_ns)
{
    event_base_loop(base, EVLOOP_NONBLOCK);
    return clock_now_ns() < deadline_ns;
}

/* Turn the loop until condition holds; fail the test if it does not in time. */
#define TURN_UNTIL(condition)                                                                      \
    do {                                                                                           \
        int64_t deadline_ns = clock_now_ns() + DEADLINE_S * NS_PER_S;                              \
        while (!(condition))                                                                       \
            if (!turn(deadline_ns))                                                                \
                ck_abort_msg("not in time: " #condition);                                          \
    } while (0)

static void end_close(struct end *e)
{
    conn_close(&e->conn);
    TURN_UNTIL(e->ends > 0);
    ck_assert_uint_eq(e->ends, 1);
    if (e->peer >= 0)
        close(e->peer);
}

/* Read what there is, comparing it with the pattern of pattern_byte(). Returns bytes read. */
/* What the peer has sent and the connection has not read yet. */
static int unread_bytes(const struct end *e)
{
    int bytes = -1;

    ck_assert_int_eq(ioctl(conn_fd(&e->conn), FIONREAD, &bytes), 0);
    return bytes;
}

static uint8_t pattern_byte(size_t i)
{
    return (uint8_t)(i % 251);
}

static size_t peer_read(struct end *e, size_t from)
{
    uint8_t data[65536];
    ssize_t n = recv(e->peer, data, sizeof data, 0);

    for (ssize_t i = 0; i < n; i++) {
        if (data[i] != pattern_byte(from + (size_t)i))
            ck_abort_msg("byte %zu is wrong", from + (size_t)i);
    }
    return n > 0 ? (size_t)n : 0;
}

/* Turn the loop and read until total bytes came. */
static void peer_read_all(struct end *e, size_t from, size_t total)
{
    TURN_UNTIL((from += peer_read(e, from)) >= total);
    ck_assert_uint_eq(from, total);
}

static struct shared *pattern(size_t from, size_t len)
{
    struct shared *s = shared_new(len);

    ck_assert_ptr_nonnull(s);
    for (size_t i = 0; i < len; i++)
        s->data[i] = pattern_byte(from + i);
    return s;
}

START_TEST(conn_sends_directly_while_nothing_is_queued)
{
    struct shared *s = pattern(0, 100);
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    ck_assert_int_eq(conn_send(&e.conn, s->data, s->len), 0);
    ck_assert_uint_eq(peer_read(&e, 0), 100); /* the loop has not turned */
    ck_assert_uint_eq(conn_queued_bytes(&e.conn), 0);
    ck_assert_ptr_null(e.conn.out);
    shared_unref(s);
    end_close(&e);
    ck_assert_uint_eq(e.flushes, 0);
}
END_TEST

START_TEST(conn_queues_what_the_socket_does_not_take_and_keeps_the_order)
{
    struct shared *first = pattern(0, BIG_BYTES), *second = pattern(BIG_BYTES, 1000);
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    ck_assert_int_eq(conn_send(&e.conn, first->data, first->len), 0);
    ck_assert_uint_gt(conn_queued_bytes(&e.conn), 0);
    ck_assert_int_eq(conn_send(&e.conn, second->data, second->len), 0);
    peer_read_all(&e, 0, BIG_BYTES + 1000);
    TURN_UNTIL(e.flushes == 1);
    ck_assert_ptr_null(e.conn.out); /* an idle connection owns no queue */
    shared_unref(first);
    shared_unref(second);
    end_close(&e);
}
END_TEST

START_TEST(conn_queues_shared_bytes_by_reference)
{
    struct shared *s = pattern(0, BIG_BYTES);
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    ck_assert_int_eq(conn_send_shared(&e.conn, s), 0);
    ck_assert_uint_eq(s->refs, 2);
    peer_read_all(&e, 0, BIG_BYTES);
    TURN_UNTIL(e.flushes == 1);
    ck_assert_uint_eq(s->refs, 1);
    shared_unref(s);
    end_close(&e);
}
END_TEST

/* Each reference would take more memory than the bytes, which the backlog limit does not see. */
START_TEST(conn_copies_small_shared_bytes)
{
    struct shared *big = pattern(0, BIG_BYTES), *small = pattern(BIG_BYTES, 100);
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    ck_assert_int_eq(conn_send_shared(&e.conn, big), 0);
    ck_assert_int_eq(conn_send_shared(&e.conn, small), 0);
    ck_assert_uint_eq(small->refs, 1);
    peer_read_all(&e, 0, BIG_BYTES + 100);
    shared_unref(big);
    shared_unref(small);
    end_close(&e);
}
END_TEST

/* What is queued then, and what is sent afterwards, still arrives (RFC 9112 §9.6). */
START_TEST(conn_sends_on_after_the_peer_has_ended_its_side)
{
    struct shared *s = pattern(0, BIG_BYTES), *more = pattern(BIG_BYTES, 1000);
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    e.sends_on = true;
    ck_assert_int_eq(conn_send_shared(&e.conn, s), 0);
    ck_assert_int_eq(shutdown(e.peer, SHUT_WR), 0);
    TURN_UNTIL(e.conn.peer_ended);
    ck_assert_int_eq(conn_send_shared(&e.conn, more), 0);
    conn_finish(&e.conn, true); /* nobody is left to linger for */
    peer_read_all(&e, 0, BIG_BYTES + 1000);
    TURN_UNTIL(e.ends == 1);
    ck_assert_int_eq(e.why, CONN_END_LOCAL);
    close(e.peer);
    shared_unref(s);
    shared_unref(more);
}
END_TEST

START_TEST(conn_gives_shared_bytes_back_when_it_ends)
{
    struct shared *s = pattern(0, BIG_BYTES);
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    ck_assert_int_eq(conn_send_shared(&e.conn, s), 0);
    ck_assert_int_eq(conn_send_shared(&e.conn, s), 0);
    ck_assert_uint_eq(s->refs, 3);
    end_close(&e);
    ck_assert_uint_eq(s->refs, 1);
    shared_unref(s);
}
END_TEST

START_TEST(conn_drops_a_slow_reader_at_the_backlog_limit)
{
    struct shared *s = pattern(0, 65536);
    struct end slow, other;
    int err = 0;

    end_open(&slow, 100000);
    end_open(&other, 100000);
    for (int i = 0; i < 1000 && err == 0; i++)
        err = conn_send_shared(&slow.conn, s);
    ck_assert_int_eq(err, PL_ELIMIT);
    ck_assert_uint_eq(slow.ends, 0); /* marked; told about later, from the loop */
    ck_assert_int_eq(conn_send_shared(&slow.conn, s), PL_EOF);
    ck_assert_int_eq(conn_send(&other.conn, s->data, 10), 0);
    TURN_UNTIL(slow.ends == 1);
    ck_assert_int_eq(slow.why, CONN_END_BACKLOG);
    ck_assert_uint_eq(s->refs, 1);
    ck_assert_uint_eq(other.ends, 0);
    close(slow.peer);
    end_close(&other);
    shared_unref(s);
}
END_TEST

START_TEST(conn_reads_and_tells_when)
{
    int64_t before_ns = clock_now_ns();
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    ck_assert_int_eq(send(e.peer, "hello", 5, 0), 5);
    TURN_UNTIL(e.got_bytes == 5);
    ck_assert_int_ge(e.recv_ns, before_ns);
    ck_assert_int_le(e.recv_ns, clock_now_ns());
    end_close(&e);
}
END_TEST

START_TEST(conn_survives_being_closed_inside_its_own_callback)
{
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    e.close_on_data = true;
    ck_assert_int_eq(send(e.peer, "x", 1, 0), 1);
    TURN_UNTIL(e.ends == 1);
    ck_assert_int_eq(e.why, CONN_END_LOCAL);
    ck_assert_int_eq(conn_send(&e.conn, "x", 1), PL_EOF);
    close(e.peer);
}
END_TEST

START_TEST(conn_calls_nothing_on_a_connection_that_another_s_callback_closed)
{
    struct end a, b;

    end_open(&a, BACKLOG_BYTES);
    end_open(&b, BACKLOG_BYTES);
    a.close_too = &b;
    b.close_too = &a;
    ck_assert_int_eq(send(a.peer, "x", 1, 0), 1); /* both are readable in the same turn */
    ck_assert_int_eq(send(b.peer, "x", 1, 0), 1);
    TURN_UNTIL(a.ends + b.ends > 0);
    ck_assert_uint_eq(a.got_bytes + b.got_bytes, 1);
    ck_assert_uint_eq(a.ends + b.ends, 1);
    a.close_too = b.close_too = NULL;
    conn_close(&a.conn);
    conn_close(&b.conn);
    TURN_UNTIL(a.ends == 1 && b.ends == 1);
    close(a.peer);
    close(b.peer);
}
END_TEST

START_TEST(conn_tells_the_peer_s_end_from_its_own)
{
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    close(e.peer);
    TURN_UNTIL(e.ends == 1);
    ck_assert_int_eq(e.why, CONN_END_EOF);
}
END_TEST

START_TEST(conn_ends_with_the_error_of_a_failed_send)
{
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    close(e.peer);
    ck_assert_int_eq(conn_send(&e.conn, "x", 1), PL_ESYS);
    TURN_UNTIL(e.ends == 1);
    ck_assert_int_eq(e.why, CONN_END_ERROR);
    ck_assert_int_eq(e.sys_errno, EPIPE);
}
END_TEST

START_TEST(conn_finish_ends_once_the_queue_is_flushed)
{
    struct shared *s = pattern(0, BIG_BYTES);
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    ck_assert_int_eq(conn_send_shared(&e.conn, s), 0);
    conn_finish(&e.conn, false);
    ck_assert_int_eq(conn_send(&e.conn, "x", 1), PL_EOF);
    peer_read_all(&e, 0, BIG_BYTES);
    TURN_UNTIL(e.ends == 1);
    ck_assert_int_eq(e.why, CONN_END_LOCAL);
    ck_assert_int_eq(recv(e.peer, s->data, 1, 0), 0);
    ck_assert_uint_eq(e.flushes, 0);
    close(e.peer);
    shared_unref(s);
}
END_TEST

/* The peer is still talking: it gets the answer and an EOF, and its own end ends it all. */
START_TEST(conn_finish_lingers_until_the_peer_s_eof_9112_9_6)
{
    struct shared *s = pattern(0, 10);
    uint8_t byte;
    struct end e;

    end_open(&e, BACKLOG_BYTES);
    ck_assert_int_eq(conn_send_shared(&e.conn, s), 0);
    conn_finish(&e.conn, true);
    ck_assert_uint_eq(peer_read(&e, 0), 10);
    ck_assert_int_eq(recv(e.peer, &byte, 1, 0), 0);
    ck_assert_uint_eq(e.shuts, 1);
    ck_assert(!e.conn.peer_ended);
    ck_assert_int_eq(send(e.peer, "the rest of the request", 23, MSG_NOSIGNAL), 23);
    TURN_UNTIL(unread_bytes(&e) == 0);
    ck_assert_uint_eq(e.got_bytes, 0); /* discarded */
    ck_assert_uint_eq(e.ends, 0);
    ck_assert_int_eq(shutdown(e.peer, SHUT_WR), 0);
    TURN_UNTIL(e.ends == 1);
    ck_assert_int_eq(e.why, CONN_END_LOCAL);
    ck_assert(e.conn.peer_ended);
    close(e.peer);
    shared_unref(s);
}
END_TEST

START_TEST(conn_loop_free_reaps_what_is_marked)
{
    struct conn_loop own;
    int pair[2];
    struct end e = {.peer = -1};

    ck_assert_int_eq(conn_loop_init(&own, base, 1024), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    ck_assert_int_eq(conn_attach(&e.conn, &own, &ops, pair[0], 1024), 0);
    conn_close(&e.conn);
    conn_close(&e.conn); /* twice is once */
    conn_loop_free(&own);
    ck_assert_uint_eq(e.ends, 1);
    ck_assert_int_eq(fcntl(pair[0], F_GETFD), -1); /* closed */
    close(pair[1]);
}
END_TEST

START_TEST(shared_lives_as_long_as_its_last_reference)
{
    struct shared *s = shared_new(3);

    memcpy(s->data, "abc", 3);
    ck_assert_ptr_eq(shared_ref(s), s);
    shared_unref(s);
    ck_assert_uint_eq(s->refs, 1);
    ck_assert_mem_eq(s->data, "abc", 3);
    shared_unref(s); /* the sanitizer would tell a leak */
    shared_unref(NULL);
    ck_assert_ptr_null(shared_new((size_t)UINT32_MAX + 1));
}
END_TEST

static void add_tests(TCase *tc)
{
    tcase_add_test(tc, conn_sends_directly_while_nothing_is_queued);
    tcase_add_test(tc, conn_queues_what_the_socket_does_not_take_and_keeps_the_order);
    tcase_add_test(tc, conn_queues_shared_bytes_by_reference);
    tcase_add_test(tc, conn_copies_small_shared_bytes);
    tcase_add_test(tc, conn_sends_on_after_the_peer_has_ended_its_side);
    tcase_add_test(tc, conn_gives_shared_bytes_back_when_it_ends);
    tcase_add_test(tc, conn_drops_a_slow_reader_at_the_backlog_limit);
    tcase_add_test(tc, conn_reads_and_tells_when);
    tcase_add_test(tc, conn_survives_being_closed_inside_its_own_callback);
    tcase_add_test(tc, conn_calls_nothing_on_a_connection_that_another_s_callback_closed);
    tcase_add_test(tc, conn_tells_the_peer_s_end_from_its_own);
    tcase_add_test(tc, conn_ends_with_the_error_of_a_failed_send);
    tcase_add_test(tc, conn_finish_ends_once_the_queue_is_flushed);
    tcase_add_test(tc, conn_finish_lingers_until_the_peer_s_eof_9112_9_6);
    tcase_add_test(tc, conn_loop_free_reaps_what_is_marked);
    tcase_add_test(tc, shared_lives_as_long_as_its_last_reference);
}

int main(void)
{
    Suite *suite = suite_create("conn");
    TCase *tc = tcase_create("conn");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 2 * DEADLINE_S);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    add_tests(tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
