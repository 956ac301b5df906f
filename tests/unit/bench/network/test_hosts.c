/* bench/network/hosts.c: which hosts each shape joins, and (where permitted) that packets go over
 * the links between them, each with an account of its own. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"
#include "bench/network/hosts.h"
#include "bench/base/json.h"

enum { PORT = 7000 };

static struct hosts_plan plan_of(enum hosts_shape shape, size_t servers, bool store)
{
    struct hosts_plan p = {.shape = shape, .servers = servers, .store = store, .seed = 1};
    struct err_text e;

    ck_assert_int_eq(link_spec_parse(&p.front, "rtt=20ms", &e), PL_OK);
    ck_assert_int_eq(link_spec_parse(&p.behind, "rtt=2ms", &e), PL_OK);
    return p;
}

static void check_links(enum hosts_shape shape, size_t servers, bool store, const char *wanted)
{
    static const char letters[] = "CB12S";
    struct hosts_plan p = plan_of(shape, servers, store);
    enum hosts_name ends[LINK_SIDES];
    char text[64] = "";

    for (size_t i = 0; hosts_plan_link(&p, i, ends); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%c-%c ",
                 letters[ends[LINK_CLIENT]], letters[ends[LINK_SERVER]]);
    ck_assert_str_eq(text, wanted);
}

START_TEST(each_shape_joins_its_hosts)
{
    check_links(HOSTS_PAIR, 1, false, "C-1 ");
    check_links(HOSTS_BALANCED, 1, false, "C-B B-1 ");
    check_links(HOSTS_BALANCED, 2, false, "C-B B-1 B-2 ");
    check_links(HOSTS_FANNED, 1, false, "C-1 ");
    check_links(HOSTS_FANNED, 2, false, "C-1 C-2 ");
}
END_TEST

START_TEST(each_server_has_a_link_to_the_store)
{
    check_links(HOSTS_PAIR, 1, true, "C-1 1-S ");
    check_links(HOSTS_BALANCED, 2, true, "C-B B-1 B-2 1-S 2-S ");
    check_links(HOSTS_FANNED, 2, true, "C-1 C-2 1-S 2-S ");
}
END_TEST

START_TEST(a_link_s_number_is_in_its_addresses_and_its_device)
{
    char text[LINK_ADDRESS_CHARS], device[LINK_INTERFACE_CHARS];

    link_net_ipv4(text, 0, LINK_CLIENT);
    ck_assert_str_eq(text, LINK_CLIENT_IPV4);
    link_net_ipv4(text, 2, LINK_SERVER);
    ck_assert_str_eq(text, "10.77.2.2");
    link_net_ipv6(text, 0, LINK_SERVER);
    ck_assert_str_eq(text, LINK_SERVER_IPV6);
    link_net_ipv6(text, 17, LINK_CLIENT);
    ck_assert_str_eq(text, "fd77:11::1");
    link_net_interface(device, 0);
    ck_assert_str_eq(device, LINK_INTERFACE);
    link_net_interface(device, 255);
    ck_assert_str_eq(device, LINK_INTERFACE "255");
}
END_TEST

static bool open_or_skip(struct hosts *h, enum hosts_shape shape, bool store)
{
    struct hosts_plan p = plan_of(shape, shape == HOSTS_PAIR ? 1 : 2, store);
    struct err_text e = {""};

    if (hosts_open(h, &p, &e) == PL_OK)
        return true;
    ck_assert_msg(errno == EPERM || errno == EACCES || errno == ENOENT || errno == ENOSPC, "%s",
                  e.text);
    fprintf(stderr, "not run: %s\n", e.text);
    return false;
}

static struct sockaddr_in to_port(const char *address)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PORT)};

    ck_assert_int_eq(inet_pton(AF_INET, address, &a.sin_addr), 1);
    return a;
}

/* Connect from one host to another and hang up. Returns how long connecting took. */
static int64_t visit(const struct hosts *h, enum hosts_name from, enum hosts_name to)
{
    int listener = hosts_socket(h, to), caller = hosts_socket(h, from), on = 1;
    char address[LINK_ADDRESS_CHARS];
    struct sockaddr_in a;
    int64_t began_ns;

    ck_assert(hosts_address(h, from, to, address));
    a = to_port(address);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    began_ns = clock_now_ns();
    ck_assert_int_eq(connect(caller, (struct sockaddr *)&a, sizeof a), 0);
    began_ns = clock_now_ns() - began_ns;
    close(caller);
    close(listener);
    return began_ns;
}

static double connections(const struct link *l)
{
    struct buf json = {.data = NULL};
    cJSON *root;
    double n;

    ck_assert_int_eq(link_counters(l, &json, 0), PL_OK);
    root = cJSON_ParseWithLength((const char *)json.data, json.len);
    n = json_number(root, "tcp.connections");
    cJSON_Delete(root);
    buf_free(&json);
    return n;
}

START_TEST(a_balancer_stands_between_links_that_count_apart)
{
    char address[LINK_ADDRESS_CHARS];
    struct hosts h;

    if (!open_or_skip(&h, HOSTS_BALANCED, false))
        return;
    ck_assert_int_ge(visit(&h, HOST_CLIENT, HOST_BALANCER), 20 * NS_PER_MS);
    ck_assert_int_lt(visit(&h, HOST_BALANCER, HOST_SERVER_1), 15 * NS_PER_MS);
    visit(&h, HOST_BALANCER, HOST_SERVER_2);
    visit(&h, HOST_BALANCER, HOST_SERVER_2);
    ck_assert(!hosts_address(&h, HOST_CLIENT, HOST_SERVER_1, address)); /* no way around it */
    ck_assert_double_eq(connections(&h.links[0].link), 1);
    ck_assert_double_eq(connections(&h.links[1].link), 1);
    ck_assert_double_eq(connections(&h.links[2].link), 2);
    ck_assert_int_eq(hosts_part_of(&h, 0), HOSTS_FRONT);
    ck_assert_int_eq(hosts_part_of(&h, 1), HOSTS_BEHIND);
    ck_assert_int_eq(hosts_part_of(&h, 2), HOSTS_BEHIND);
    hosts_close(&h);
}
END_TEST

START_TEST(servers_reach_a_store_that_nobody_else_does)
{
    char address[LINK_ADDRESS_CHARS];
    struct hosts h;

    if (!open_or_skip(&h, HOSTS_BALANCED, true))
        return;
    ck_assert_uint_eq(h.nlinks, HOSTS_LINKS_MAX);
    visit(&h, HOST_SERVER_1, HOST_STORE);
    visit(&h, HOST_SERVER_2, HOST_STORE);
    visit(&h, HOST_SERVER_2, HOST_STORE);
    visit(&h, HOST_BALANCER, HOST_SERVER_2);
    ck_assert(!hosts_address(&h, HOST_CLIENT, HOST_STORE, address));
    ck_assert(!hosts_address(&h, HOST_BALANCER, HOST_STORE, address));
    ck_assert_int_eq(hosts_part_of(&h, 3), HOSTS_BESIDE);
    ck_assert_int_eq(hosts_part_of(&h, 4), HOSTS_BESIDE);
    ck_assert_double_eq(connections(&h.links[2].link), 1);
    ck_assert_double_eq(connections(&h.links[3].link), 1);
    ck_assert_double_eq(connections(&h.links[4].link), 2);
    hosts_close(&h);
}
END_TEST

START_TEST(clients_that_choose_have_a_link_to_each_server)
{
    struct hosts h;

    if (!open_or_skip(&h, HOSTS_FANNED, false))
        return;
    ck_assert_ptr_null(hosts_place(&h, HOST_BALANCER));
    ck_assert_int_ge(visit(&h, HOST_CLIENT, HOST_SERVER_1), 20 * NS_PER_MS);
    ck_assert_int_ge(visit(&h, HOST_CLIENT, HOST_SERVER_2), 20 * NS_PER_MS);
    ck_assert_int_eq(hosts_part_of(&h, 0), HOSTS_FRONT);
    ck_assert_int_eq(hosts_part_of(&h, 1), HOSTS_FRONT);
    hosts_close(&h);
}
END_TEST

/* What a link has made ends with it; what it was built upon stays. */
START_TEST(closing_a_link_leaves_older_hosts_alone)
{
    struct hosts h;

    if (!open_or_skip(&h, HOSTS_BALANCED, false))
        return;
    link_close(&h.links[--h.nlinks].link);
    visit(&h, HOST_CLIENT, HOST_BALANCER);
    visit(&h, HOST_BALANCER, HOST_SERVER_1);
    ck_assert_double_eq(connections(&h.links[0].link), 1);
    hosts_close(&h);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hosts");
    TCase *shapes = tcase_create("shapes"), *live = tcase_create("live");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_test(shapes, each_shape_joins_its_hosts);
    tcase_add_test(shapes, each_server_has_a_link_to_the_store);
    tcase_add_test(shapes, a_link_s_number_is_in_its_addresses_and_its_device);
    tcase_set_timeout(live, 60);
    tcase_add_test(live, a_balancer_stands_between_links_that_count_apart);
    tcase_add_test(live, servers_reach_a_store_that_nobody_else_does);
    tcase_add_test(live, clients_that_choose_have_a_link_to_each_server);
    tcase_add_test(live, closing_a_link_leaves_older_hosts_alone);
    suite_add_tcase(s, shapes);
    suite_add_tcase(s, live);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
