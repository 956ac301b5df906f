/* What a probe concludes from known times and answers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/probe/probe_judge.h"
#include "bench/probe/probe_write.h"
#include "lib/base/clock.h"

/* A clear path: 50 updates, 100 ms apart, each read a millisecond after it was published. */
static struct probe_seen seen[PROBE_ROLES];
static struct probe_facts facts;
static struct probe_finding findings[PROBE_FINDINGS_MAX];
static size_t count;

#define BEGIN_NS  (100 * NS_PER_S)
#define OFFSET_NS (7 * NS_PER_S)

static void publish(enum probe_role role, int n)
{
    struct probe_seen *s = &seen[role];

    s->status = role == PROBE_SOCKET ? 101 : 200;
    s->upgraded = role == PROBE_SOCKET;
    s->n = s->reads = (size_t)n;
    for (int i = 0; i < n; i++) {
        int64_t t_ns = BEGIN_NS + i * 100 * NS_PER_MS;

        s->arrivals[i] = (struct probe_arrival){t_ns + NS_PER_MS, t_ns + OFFSET_NS};
    }
}

static void clear_path(void)
{
    memset(seen, 0, sizeof seen);
    facts = (struct probe_facts){.pushlab = true,
                                 .offset_ns = OFFSET_NS,
                                 .offset_error_ns = NS_PER_MS,
                                 .begin_ns = BEGIN_NS,
                                 .end_ns = BEGIN_NS + 45 * NS_PER_S,
                                 .measure_ns = 6 * NS_PER_S,
                                 .idle_ns = 45 * NS_PER_S,
                                 .beat_ns = {5 * NS_PER_S, 10 * NS_PER_S, 30 * NS_PER_S}};
    for (int i = 0; i < PROBE_ROLES; i++) {
        seen[i] = (struct probe_seen){.status = 200, .asked_ns = BEGIN_NS, .last_ns = BEGIN_NS};
        facts.seen[i] = &seen[i];
    }
    seen[PROBE_FIRST].has_cursor = seen[PROBE_LAST].has_cursor = true;
    seen[PROBE_LAST].cursor = 50;
    seen[PROBE_HELD] = (struct probe_seen){.status = 204,
                                           .has_cursor = true,
                                           .asked_ns = BEGIN_NS,
                                           .head_ns = BEGIN_NS + 30 * NS_PER_S};
    seen[PROBE_SILENT_SOCKET].upgraded = true;
    publish(PROBE_STREAM, 50);
    publish(PROBE_EVENT_STREAM, 50);
    publish(PROBE_SOCKET, 50);
}

static const struct probe_finding *judged(const char *topic)
{
    count = probe_judge(findings, &facts);
    for (size_t i = 0; i < count; i++)
        if (strcmp(findings[i].topic, topic) == 0)
            return &findings[i];
    return NULL;
}

static void expect(const char *topic, enum probe_state state, const char *part)
{
    const struct probe_finding *f = judged(topic);

    ck_assert_ptr_nonnull(f);
    ck_assert_msg(f->state == state && strstr(f->found, part) != NULL, "%s: %s: %s", topic,
                  probe_state_words[f->state], f->found);
}

START_TEST(nothing_is_found_on_a_clear_path)
{
    expect("HTTP stream", PROBE_CLEAR, "50 in 50 reads, half of them within 1.00 ms");
    ck_assert_uint_eq(probe_obstacles(findings, count), 0);
}
END_TEST

/* Read every 500 ms: five at once, the first of them 400 ms late. */
START_TEST(updates_that_are_put_together_are_held_back)
{
    for (int i = 0; i < 50; i++)
        seen[PROBE_STREAM].arrivals[i].at_ns = BEGIN_NS + (i / 5 * 5 + 4) * 100 * NS_PER_MS;
    seen[PROBE_STREAM].reads = 10;
    expect("HTTP stream", PROBE_WAY, "held back: 50 updates in 10 reads, half of them 200 ms");
    ck_assert_uint_eq(probe_obstacles(findings, count), 1);
}
END_TEST

START_TEST(updates_that_come_a_second_late_are_held_back)
{
    for (int i = 0; i < 50; i++)
        seen[PROBE_EVENT_STREAM].arrivals[i].at_ns += NS_PER_S;
    expect("event stream", PROBE_WAY, "half of them 1.00 s or more");
}
END_TEST

/* What the clocks' difference could explain is not held against the path. */
START_TEST(lateness_within_the_clocks_error_is_not_judged)
{
    for (int i = 0; i < 50; i++)
        seen[PROBE_STREAM].arrivals[i].at_ns += 400 * NS_PER_MS;
    facts.offset_error_ns = 200 * NS_PER_MS;
    expect("HTTP stream", PROBE_CLEAR, "passed on at once");
}
END_TEST

START_TEST(a_silent_stream_counts_only_where_something_was_published)
{
    seen[PROBE_STREAM].n = 0;
    expect("HTTP stream", PROBE_WAY, "nothing came in 6.0 s, though 50 updates");
    seen[PROBE_LAST].cursor = 0;
    expect("HTTP stream", PROBE_UNKNOWN, "nothing was published");
}
END_TEST

START_TEST(a_stream_without_even_a_head_is_held_back)
{
    seen[PROBE_STREAM] = (struct probe_seen){.asked_ns = BEGIN_NS};
    expect("HTTP stream", PROBE_WAY, "not even the header fields");
}
END_TEST

START_TEST(a_refused_upgrade_is_quoted)
{
    seen[PROBE_SOCKET] = (struct probe_seen){.status = 400, .server = "nginx/1.22.1"};
    expect("WebSocket", PROBE_WAY, "answered with 400 by nginx/1.22.1: no content");
}
END_TEST

START_TEST(a_wrong_accept_is_not_an_upgrade)
{
    seen[PROBE_SOCKET] = (struct probe_seen){.status = 101};
    expect("WebSocket", PROBE_WAY, "another Sec-WebSocket-Accept");
}
END_TEST

START_TEST(a_poll_answered_by_somebody_else_is_told_by_its_missing_cursor)
{
    seen[PROBE_HELD] = (struct probe_seen){
        .status = 504, .asked_ns = BEGIN_NS, .head_ns = BEGIN_NS + 20 * NS_PER_S};
    expect("held request", PROBE_WAY, "after 20.0 s with 504, not by the server");
    seen[PROBE_HELD] =
        (struct probe_seen){.asked_ns = BEGIN_NS, .ended_ns = BEGIN_NS + 9 * NS_PER_S};
    expect("held request", PROBE_WAY, "cut after 9.0 s");
}
END_TEST

START_TEST(the_longest_heartbeat_that_was_enough_is_named)
{
    seen[PROBE_SILENT_STREAM].ended_ns = BEGIN_NS + 20 * NS_PER_S;
    seen[PROBE_STREAM_BEATS + 2].ended_ns = BEGIN_NS + 20 * NS_PER_S;
    expect(
        "silent stream", PROBE_WAY,
        "cut after 20.0 s of silence; a heartbeat every 10 s kept it open, one every 30 s did not");
}
END_TEST

START_TEST(a_cut_that_no_heartbeat_prevents_is_told)
{
    seen[PROBE_SILENT_SOCKET].ended_ns = BEGIN_NS + 20 * NS_PER_S;
    for (int i = 0; i < 3; i++)
        seen[PROBE_SOCKET_BEATS + i].ended_ns = BEGIN_NS + 20 * NS_PER_S;
    expect("silent WebSocket", PROBE_WAY, "heartbeats did not help: one every 5 s did not");
}
END_TEST

START_TEST(compression_is_in_the_way_only_where_it_holds_back)
{
    seen[PROBE_COMPRESSED].reads = 49;
    snprintf(seen[PROBE_COMPRESSED].encoding, sizeof seen[0].encoding, "gzip");
    expect("compression", PROBE_NOTE, "passed on all the same");
    seen[PROBE_COMPRESSED].reads = 3;
    expect("compression", PROBE_WAY, "3 reads, where the plain one had 50");
}
END_TEST

START_TEST(of_another_server_what_cant_be_known_is_said)
{
    facts.pushlab = false;
    for (int i = PROBE_FIRST; i < PROBE_ROLES; i++)
        facts.seen[i] = NULL;
    expect("response", PROBE_UNKNOWN, "when the server wrote them can't be known");
    expect("far end", PROBE_NOTE, "not a pushlab server");
    ck_assert_ptr_null(judged("held request"));
}
END_TEST

START_TEST(text_of_strangers_reaches_no_terminal_raw)
{
    struct buf out = {0};

    seen[PROBE_SOCKET] =
        (struct probe_seen){.status = 500, .server = "\033]0;x\a", .text = "\xe2\x80\xae!"};
    judged("WebSocket");
    ck_assert_int_eq(probe_write_text(&out, "http://x", &facts, findings, count, 80, false), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    ck_assert_ptr_null(strpbrk((char *)out.data, "\033\a"));
    ck_assert_ptr_null(strstr((char *)out.data, "\xe2\x80\xae"));
    ck_assert_ptr_nonnull(strstr((char *)out.data, "1 thing stands in the way"));
    buf_free(&out);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("probe_judge");
    TCase *c = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, clear_path, NULL);
    tcase_add_test(c, nothing_is_found_on_a_clear_path);
    tcase_add_test(c, updates_that_are_put_together_are_held_back);
    tcase_add_test(c, updates_that_come_a_second_late_are_held_back);
    tcase_add_test(c, lateness_within_the_clocks_error_is_not_judged);
    tcase_add_test(c, a_silent_stream_counts_only_where_something_was_published);
    tcase_add_test(c, a_stream_without_even_a_head_is_held_back);
    tcase_add_test(c, a_refused_upgrade_is_quoted);
    tcase_add_test(c, a_wrong_accept_is_not_an_upgrade);
    tcase_add_test(c, a_poll_answered_by_somebody_else_is_told_by_its_missing_cursor);
    tcase_add_test(c, the_longest_heartbeat_that_was_enough_is_named);
    tcase_add_test(c, a_cut_that_no_heartbeat_prevents_is_told);
    tcase_add_test(c, compression_is_in_the_way_only_where_it_holds_back);
    tcase_add_test(c, of_another_server_what_cant_be_known_is_said);
    tcase_add_test(c, text_of_strangers_reaches_no_terminal_raw);
    suite_add_tcase(s, c);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
