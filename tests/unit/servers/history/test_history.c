/* The history file: lines that are torn or flipped are known as such, and a hub that is restored
 * from its file is the hub that was. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/proto/cursor.h"
#include "servers/history/history_file.h"
#include "servers/history/history_line.h"
#include "servers/hub/hub.h"
#include "servers/hub/selection.h"

static char path[64];

static void make_path(void)
{
    int fd;

    snprintf(path, sizeof path, "/tmp/test-history-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_path(void)
{
    unlink(path);
}

START_TEST(a_line_is_read_as_it_was_written)
{
    struct history_line l;
    struct buf b = {0};

    ck_assert_int_eq(history_line_put(&b, 'u', "{\"x\":1}", 7), 0);
    ck_assert_int_eq(history_line_put(&b, 'e', "", 0), 0);
    ck_assert_int_eq(history_line_read(&l, (char *)b.data, b.len), (ssize_t)(b.len - 14));
    ck_assert_int_eq(l.type, 'u');
    ck_assert_mem_eq(l.content, "{\"x\":1}", l.len);
    ck_assert_int_eq(history_line_read(&l, (char *)b.data + b.len - 14, 14), 14);
    ck_assert_int_eq(l.type, 'e');
    buf_free(&b);
}
END_TEST

START_TEST(a_line_that_is_cut_anywhere_is_not_whole)
{
    struct history_line l;
    struct buf b = {0};

    ck_assert_int_eq(history_line_put(&b, 'u', "12345", 5), 0);
    for (size_t len = 0; len < b.len; len++)
        ck_assert_int_eq(history_line_read(&l, (char *)b.data, len), PL_EPROTO);
    buf_free(&b);
}
END_TEST

START_TEST(a_bit_that_flips_anywhere_is_noticed)
{
    struct history_line l;
    struct buf b = {0};

    ck_assert_int_eq(history_line_put(&b, 'u', "12345", 5), 0);
    for (size_t i = 0; i < b.len * 8; i++) {
        b.data[i / 8] ^= (uint8_t)(1 << i % 8);
        ck_assert_int_eq(history_line_read(&l, (char *)b.data, b.len), PL_EPROTO);
        b.data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    buf_free(&b);
}
END_TEST

/* ---- files ---- */

struct life {
    struct hub hub;
    struct history_file *file;
};

static void start(struct life *life, uint64_t history)
{
    struct hub_limits limits = {.history = history, .channels = 8, .keys = 8, .senders = 8};
    struct err_text e = {""};

    ck_assert_int_eq(hub_init(&life->hub, &limits, 0), 0);
    memcpy(life->hub.epoch, "aaaaaa", EPOCH_CHARS + 1);
    ck_assert_msg(history_file_open(&life->file, path, HISTORY_SYNC_NEVER, &life->hub, &e) == 0,
                  "%s", e.text);
}

static void end(struct life *life)
{
    history_file_close(life->file);
    hub_free(&life->hub);
}

static uint64_t post(struct life *life, const char *channel, const char *key, const char *from,
                     uint64_t from_n)
{
    struct post p = {.channel = {channel, strlen(channel)},
                     .key = {key, strlen(key)},
                     .from = {from, strlen(from)},
                     .from_n = from_n,
                     .data = "1",
                     .data_len = 1};
    uint64_t seq = 0;

    ck_assert_int_ge(hub_publish_post(&life->hub, &p, 1000, &seq), 0);
    return seq;
}

/* All that a reader can get of these channels, as text; the caller's. */
static char *all_of(struct life *life, const char *every, const char *latest)
{
    struct subscription *to;
    struct selection s;
    struct buf b = {0};

    ck_assert_int_eq(subscription_get(&life->hub.subscriptions, every, latest, &to), 0);
    ck_assert_int_eq(hub_select_part(&life->hub, to, 0, 0, &s), 0);
    for (size_t i = 0; i < s.n; i++)
        ck_assert_int_eq(buf_add(&b, s.updates[i]->json->data, s.updates[i]->json->len), 0);
    ck_assert_int_eq(buf_printf(&b, " missed %llu newest %llu", (unsigned long long)s.missed,
                                (unsigned long long)hub_newest_seq(&life->hub)),
                     0);
    ck_assert_int_eq(buf_add(&b, "", 1), 0);
    subscription_unref(to);
    return (char *)b.data;
}

static void fill(struct life *life)
{
    for (int i = 0; i < 3; i++)
        post(life, "slow", "", "", 0);
    post(life, "values", "old", "", 0); /* will be older than its channel's ring */
    for (int i = 0; i < 20; i++) {
        post(life, "", "", "me", (uint64_t)i + 1);
        post(life, "values", "new", "", 0);
    }
}

static void is_the_same_after(void (*between)(struct life *life))
{
    static const char *const views[][2] = {
        {"", ""}, {"slow", ""}, {"", "values"}, {"slow,values", ""}};
    char *before[4], *after;
    struct life life;

    start(&life, 5);
    fill(&life);
    for (int i = 0; i < 4; i++)
        before[i] = all_of(&life, views[i][0], views[i][1]);
    between(&life);
    ck_assert_str_eq(life.hub.epoch, "aaaaaa");
    for (int i = 0; i < 4; i++) {
        after = all_of(&life, views[i][0], views[i][1]);
        ck_assert_str_eq(after, before[i]);
        free(after);
        free(before[i]);
    }
    ck_assert_uint_eq(post(&life, "", "", "me", 20), 43); /* it has been published: as such */
    ck_assert_uint_eq(post(&life, "", "", "me", 21), 45);
    end(&life);
}

static void restart(struct life *life)
{
    end(life);
    start(life, 5);
}

static void restart_twice(struct life *life)
{
    restart(life);
    restart(life); /* from the file as it was rewritten */
}

START_TEST(a_restored_hub_is_the_hub_that_was)
{
    is_the_same_after(restart);
}
END_TEST

START_TEST(a_rewritten_file_is_worth_the_same)
{
    is_the_same_after(restart_twice);
}
END_TEST

static void cut(size_t bytes)
{
    FILE *f = fopen(path, "r+");

    ck_assert_ptr_nonnull(f);
    fseek(f, 0, SEEK_END);
    ck_assert_int_eq(ftruncate(fileno(f), ftell(f) - (long)bytes), 0);
    fclose(f);
}

static void flip_at(long at)
{
    FILE *f = fopen(path, "r+");
    int c;

    ck_assert_ptr_nonnull(f);
    fseek(f, at, SEEK_SET);
    c = fgetc(f);
    fseek(f, at, SEEK_SET);
    fputc(c ^ 1, f);
    fclose(f);
}

START_TEST(a_torn_tail_is_cut_off_and_the_epoch_stays)
{
    struct life life;

    start(&life, 5);
    for (int i = 0; i < 3; i++)
        post(&life, "", "", "", 0);
    end(&life);
    cut(14 + 3); /* the line of the end, and a part of the one before */
    start(&life, 5);
    ck_assert_uint_eq(hub_newest_seq(&life.hub), 2);
    ck_assert_str_eq(life.hub.epoch, "aaaaaa");
    ck_assert_uint_eq(post(&life, "", "", "", 0), 3);
    end(&life);
}
END_TEST

/* What came after was visible: its numbers must not be used again for something else. */
START_TEST(after_damage_in_the_middle_it_is_another_epoch)
{
    struct life life;

    start(&life, 5);
    for (int i = 0; i < 3; i++)
        post(&life, "", "", "", 0);
    end(&life);
    flip_at(130); /* the second line */
    start(&life, 5);
    ck_assert_str_ne(life.hub.epoch, "aaaaaa");
    end(&life);
}
END_TEST

START_TEST(what_is_no_history_is_refused_and_left_alone)
{
    static const char *const texts[] = {"hello\n", "{\"seq\":1}\n", "00000000 1 h x\n"};
    struct hub_limits limits = {.history = 5, .channels = 8, .keys = 8, .senders = 8};

    for (size_t i = 0; i < 3; i++) {
        FILE *f = fopen(path, "w");
        struct history_file *file;
        struct err_text e = {""};
        char left[64] = "";
        struct hub h;

        fputs(texts[i], f);
        fclose(f);
        ck_assert_int_eq(hub_init(&h, &limits, 0), 0);
        ck_assert_int_eq(history_file_open(&file, path, HISTORY_SYNC_NEVER, &h, &e), PL_EINVAL);
        ck_assert_ptr_nonnull(strstr(e.text, "this is no history file"));
        history_file_close(file);
        hub_free(&h);
        f = fopen(path, "r");
        ck_assert_ptr_nonnull(fgets(left, sizeof left, f));
        fclose(f);
        ck_assert_str_eq(left, texts[i]);
    }
}
END_TEST

START_TEST(two_servers_do_not_share_a_file)
{
    struct hub_limits limits = {.history = 5, .channels = 8, .keys = 8, .senders = 8};
    struct history_file *file;
    struct err_text e = {""};
    struct life life;
    struct hub h;

    start(&life, 5);
    ck_assert_int_eq(hub_init(&h, &limits, 0), 0);
    ck_assert_int_eq(history_file_open(&file, path, HISTORY_SYNC_NEVER, &h, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "another server uses it"));
    history_file_close(file);
    hub_free(&h);
    end(&life);
}
END_TEST

START_TEST(the_file_is_bounded)
{
    struct life life;

    start(&life, 5);
    for (int i = 0; i < 60000; i++)
        post(&life, "", "", "", 0);
    ck_assert_uint_lt(life.file != NULL ? life.hub.journal->bytes : 0, (1 << 20) + 200);
    end(&life);
    start(&life, 5);
    ck_assert_uint_eq(hub_newest_seq(&life.hub), 60000);
    ck_assert_uint_eq(hub_oldest_seq(&life.hub), 59996);
    end(&life);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("history");
    TCase *lines = tcase_create("lines"), *files = tcase_create("files");
    SRunner *sr = srunner_create(s);
    int failed;

    tcase_add_test(lines, a_line_is_read_as_it_was_written);
    tcase_add_test(lines, a_line_that_is_cut_anywhere_is_not_whole);
    tcase_add_test(lines, a_bit_that_flips_anywhere_is_noticed);
    tcase_add_checked_fixture(files, make_path, remove_path);
    tcase_set_timeout(files, 60);
    tcase_add_test(files, a_restored_hub_is_the_hub_that_was);
    tcase_add_test(files, a_rewritten_file_is_worth_the_same);
    tcase_add_test(files, a_torn_tail_is_cut_off_and_the_epoch_stays);
    tcase_add_test(files, after_damage_in_the_middle_it_is_another_epoch);
    tcase_add_test(files, what_is_no_history_is_refused_and_left_alone);
    tcase_add_test(files, two_servers_do_not_share_a_file);
    tcase_add_test(files, the_file_is_bounded);
    suite_add_tcase(s, lines);
    suite_add_tcase(s, files);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
