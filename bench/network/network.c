#include "bench/network/network.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/base/json.h"

static void open_loopback(struct network *n, bool host_network)
{
    n->emulated = false;
    if (host_network)
        netns_stay(&n->netns);
    else
        netns_enter(&n->netns);
    n->kernel_is_ours = n->netns.own;
}

int network_open(struct network *n, const struct network_wish *wish, struct err_text *e)
{
    struct hosts_plan plan = {.shape = HOSTS_PAIR, .servers = 1, .seed = wish->seed};
    struct err_text why = {""};
    int rc;

    *n = (struct network){.ipv6 = wish->ipv6};
    if (strcmp(wish->link, NETWORK_LOOPBACK) == 0) {
        open_loopback(n, wish->host_network);
        return PL_OK;
    }
    rc = link_spec_parse(&plan.front, wish->link, e);
    if (rc < 0)
        return rc;
    rc = network_open_hosts(n, &plan, &why);
    n->ipv6 = wish->ipv6;
    if (rc == PL_OK && wish->ipv6)
        rc = link_need_ipv6(&n->hosts.links[0].link, e);
    if (rc < 0 && n->emulated) {
        network_close(n);
        return rc;
    }
    if (rc == PL_OK)
        return PL_OK;
    snprintf(n->why, sizeof n->why, "%.310s", why.text);
    snprintf(n->note, sizeof n->note, "loopback instead of the link '%.64s': %.300s", wish->link,
             why.text);
    open_loopback(n, wish->host_network);
    return PL_OK;
}

int network_open_hosts(struct network *n, const struct hosts_plan *plan, struct err_text *e)
{
    int rc;

    *n = (struct network){.spec = plan->front};
    rc = hosts_open(&n->hosts, plan, e);
    if (rc == PL_OK)
        n->emulated = n->kernel_is_ours = n->netns.own = true;
    return rc;
}

void network_close(struct network *n)
{
    if (n->emulated)
        hosts_close(&n->hosts);
    n->emulated = false;
}

const char *network_name(const struct network *n)
{
    return n->emulated ? n->spec.name : NETWORK_LOOPBACK;
}

const struct child_place *network_place(const struct network *n, enum link_side side)
{
    enum hosts_name host = side == LINK_CLIENT ? HOST_CLIENT : HOST_SERVER_1;

    return n->emulated ? hosts_place(&n->hosts, host) : NULL;
}

const char *network_listen(const struct network *n)
{
    if (n->ipv6)
        return n->emulated ? "[" LINK_SERVER_IPV6 "]:0" : "[::1]:0";
    return n->emulated ? LINK_SERVER_IPV4 ":0" : "127.0.0.1:0";
}

cJSON *network_describe(const struct network *n)
{
    return n->emulated ? link_spec_describe(&n->spec) : cJSON_CreateNull();
}

static int complain(int rc, struct err_text *e)
{
    return rc < 0 ? err_set(e, rc, "emulated link: %s", pl_strerror(rc)) : PL_OK;
}

int network_pin(const struct network *n, int core, struct err_text *e)
{
    int rc = PL_OK;

    for (size_t i = 0; core >= 0 && n->emulated && rc == PL_OK && i < n->hosts.nlinks; i++)
        rc = complain(link_pin(&n->hosts.links[i].link, core), e);
    return rc;
}

int network_row_begin(const struct network *n, uint64_t seed, struct err_text *e)
{
    int rc = PL_OK;

    for (size_t i = 0; n->emulated && rc == PL_OK && i < n->hosts.nlinks; i++)
        rc = complain(link_reset(&n->hosts.links[i].link, seed + i), e);
    return rc;
}

int network_capture(const struct network *n, const char *pcap_path, const char *label,
                    struct err_text *e)
{
    if (!n->emulated)
        return PL_OK;
    return link_capture(&n->hosts.links[0].link, pcap_path, LINK_CAPTURE_BOTH, label, e);
}

int network_window(const struct network *n, int64_t start_ns, int64_t end_ns, struct err_text *e)
{
    int rc = PL_OK;

    for (size_t i = 0; n->emulated && rc == PL_OK && i < n->hosts.nlinks; i++)
        rc = complain(link_window(&n->hosts.links[i].link, start_ns, end_ns), e);
    return rc;
}

int network_disturb(const struct network *n, enum link_disturbance what, int64_t until_ns,
                    struct err_text *e)
{
    int rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < n->hosts.nlinks; i++)
        if (hosts_part_of(&n->hosts, i) == HOSTS_FRONT)
            rc = complain(link_disturb(&n->hosts.links[i].link, what, until_ns), e);
    return rc;
}

/* Add link i's account to that of the links before; the first of the clients' links begins it. */
static int add_account(cJSON **wire, const struct hosts *h, size_t i, struct err_text *e)
{
    static const char *const names[] = {[HOSTS_BEHIND] = "behind", [HOSTS_BESIDE] = "beside"};
    enum hosts_part part = hosts_part_of(h, i);
    cJSON *more = link_account(&h->links[i].link, e), *list;

    if (more == NULL)
        return PL_EPROTO;
    if (*wire == NULL) {
        *wire = more;
        return PL_OK;
    }
    if (part == HOSTS_FRONT) {
        json_sum(cJSON_GetObjectItemCaseSensitive(*wire, "tcp"), json_at(more, "tcp"));
        json_sum(cJSON_GetObjectItemCaseSensitive(*wire, "lanes"), json_at(more, "lanes"));
        json_sum(cJSON_GetObjectItemCaseSensitive(*wire, "forwarder"), json_at(more, "forwarder"));
        cJSON_Delete(more);
        return PL_OK;
    }
    list = cJSON_GetObjectItemCaseSensitive(*wire, names[part]);
    if (list == NULL)
        list = cJSON_AddArrayToObject(*wire, names[part]);
    cJSON_AddItemToArray(list, more);
    return PL_OK;
}

cJSON *network_row_end(const struct network *n, struct err_text *e)
{
    cJSON *wire = NULL;
    int rc;

    if (!n->emulated)
        return cJSON_CreateNull();
    rc = link_capture_end(&n->hosts.links[0].link, e);
    for (size_t i = 0; rc == PL_OK && i < n->hosts.nlinks; i++)
        rc = add_account(&wire, &n->hosts, i, e);
    if (rc == PL_OK)
        return wire;
    cJSON_Delete(wire);
    return NULL;
}
