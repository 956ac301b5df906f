/* Memory per client out of the server's statistics at several numbers of clients. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/result/result_memory.h"

enum { POINTS = 7 };
static const char *const names[POINTS] = {"start",  "ramp_1",       "ramp_2",    "ramp_3",
                                          "ramp_4", "window_start", "window_end"};

struct world {
    double clients, connections;  /* of them at the window */
    double each, once, held_each; /* bytes: per connection, with the first, per update held */
    double noise;                 /* bytes, added and taken by turns */
};

static double share_at(int point)
{
    return point < 4 ? point / 4.0 : 1;
}

static void add_number(cJSON *stats, const char *group, const char *name, double value)
{
    cJSON *o = cJSON_GetObjectItem(stats, group);

    json_add_number(o != NULL ? o : cJSON_AddObjectToObject(stats, group), name, value);
}

static cJSON *stats_of(const struct world *w, int point)
{
    double open = w->connections * share_at(point), held = point > 4 ? 20 * (point - 4) : 0;
    double bytes = 1e6 + w->each * open + (point > 0 ? w->once : 0) + w->held_each * held +
                   (point % 2 == 0 ? w->noise : -w->noise);
    cJSON *stats = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(stats, "channels"), *ch;

    add_number(stats, "connections", "open", open + 1);
    add_number(stats, "process", "heap_bytes", bytes);
    add_number(stats, "process", "rss_bytes", 2 * bytes);
    add_number(stats, "kernel", "slab_bytes", 9 * bytes);
    add_number(stats, "kernel", "tcp_bytes", bytes);
    ch = cJSON_CreateObject();
    json_add_number(ch, "published", 5 + held);
    json_add_number(ch, "oldest_n", 6);
    cJSON_AddItemToArray(list, ch);
    return stats;
}

static cJSON *measure(struct world w)
{
    cJSON *row = cJSON_CreateObject(), *report = cJSON_CreateObject();
    cJSON *stats = cJSON_AddObjectToObject(report, "server_stats");

    json_add_number(report, "clients", w.clients);
    for (int i = 0; i < POINTS; i++)
        cJSON_AddItemToObject(stats, names[i], stats_of(&w, i));
    result_memory(row, report);
    cJSON_Delete(report);
    return row;
}

static void check(struct world w, double heap, double rss, double kernel)
{
    const struct {
        const char *path;
        double want;
    } figures[] = {{"server_heap_bytes_per_client", heap},
                   {"server_rss_bytes_per_client", rss},
                   {"kernel_bytes_per_connection", kernel}};
    cJSON *row = measure(w);

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        double found = json_number(row, figures[i].path), want = figures[i].want;

        ck_assert_msg(isnan(want) ? isnan(found) : fabs(found - want) <= 0.001 * want,
                      "%s is %g, not %g", figures[i].path, found, want);
    }
    cJSON_Delete(row);
}

/* 47 kB per WebSocket at 50 clients was a start of 2.2 MB, divided by them. */
START_TEST(what_is_taken_once_is_in_no_clients_memory)
{
    check((struct world){.clients = 50, .connections = 50, .each = 450, .once = 2.2e6}, 450, NAN,
          NAN);
    check((struct world){.clients = 5000, .connections = 5000, .each = 450, .once = 2.2e6}, 450,
          900, 4500);
}
END_TEST

START_TEST(what_the_history_holds_is_in_no_clients_memory)
{
    check((struct world){.clients = 50, .connections = 50, .each = 450, .held_each = 800}, 450, NAN,
          NAN);
}
END_TEST

START_TEST(a_client_with_two_connections_takes_twice_as_much)
{
    check((struct world){.clients = 1000, .connections = 2000, .each = 450}, 900, 1800, 4500);
}
END_TEST

START_TEST(what_the_noise_hides_is_not_shown)
{
    check((struct world){.clients = 50, .connections = 50, .each = 450, .noise = 20}, 450, NAN,
          NAN);
    check((struct world){.clients = 50, .connections = 50, .each = 450, .noise = 40000}, NAN, NAN,
          NAN);
    check((struct world){.clients = 4, .connections = 4, .each = 450}, NAN, NAN, NAN);
    check((struct world){.clients = 50, .connections = 0, .each = 450}, NAN, NAN, NAN);
}
END_TEST

START_TEST(a_server_that_says_nothing_has_no_memory)
{
    cJSON *row = cJSON_CreateObject(), *report = cJSON_Parse("{\"clients\":50}");

    result_memory(row, report);
    ck_assert(isnan(json_number(row, "server_heap_bytes_per_client")));
    ck_assert(isnan(json_number(row, "server_memory.connections")));
    cJSON_Delete(row);
    cJSON_Delete(report);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("result_memory");
    TCase *t = tcase_create("result_memory");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_test(t, what_is_taken_once_is_in_no_clients_memory);
    tcase_add_test(t, what_the_history_holds_is_in_no_clients_memory);
    tcase_add_test(t, a_client_with_two_connections_takes_twice_as_much);
    tcase_add_test(t, what_the_noise_hides_is_not_shown);
    tcase_add_test(t, a_server_that_says_nothing_has_no_memory);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
