#include "bench/network/network.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/base/json.h"

static void open_loopback(struct network *r, bool host_network)
{
    r->emulated = false;
    if (host_network)
        netns_stay(&r->netns);
    else
        netns_enter(&r->netns);
    r->kernel_is_ours = r->netns.own;
}

int network_open(struct network *r, const char *wanted, uint64_t seed, bool host_network,
                 struct err_text *e)
{
    struct err_text why = {""};
    int rc;

    *r = (struct network){0};
    if (strcmp(wanted, NETWORK_LOOPBACK) == 0) {
        open_loopback(r, host_network);
        return PL_OK;
    }
    rc = link_spec_parse(&r->spec, wanted, e);
    if (rc < 0)
        return rc;
    rc = network_open_hosts(
        r, &(struct hosts_plan){.shape = HOSTS_PAIR, .servers = 1, .front = r->spec, .seed = seed},
        &why);
    if (rc == PL_OK)
        return PL_OK;
    snprintf(r->why, sizeof r->why, "%.310s", why.text);
    snprintf(r->note, sizeof r->note, "loopback instead of the link '%.64s': %.300s", wanted,
             why.text);
    open_loopback(r, host_network);
    return PL_OK;
}

int network_open_hosts(struct network *r, const struct hosts_plan *plan, struct err_text *e)
{
    int rc;

    *r = (struct network){.spec = plan->front};
    rc = hosts_open(&r->hosts, plan, e);
    if (rc == PL_OK)
        r->emulated = r->kernel_is_ours = r->netns.own = true;
    return rc;
}

void network_close(struct network *r)
{
    if (r->emulated)
        hosts_close(&r->hosts);
    r->emulated = false;
}

const char *network_name(const struct network *r)
{
    return r->emulated ? r->spec.name : NETWORK_LOOPBACK;
}

const struct child_place *network_place(const struct network *r, enum link_side side)
{
    enum hosts_name host = side == LINK_CLIENT ? HOST_CLIENT : HOST_SERVER_1;

    return r->emulated ? hosts_place(&r->hosts, host) : NULL;
}

const char *network_listen(const struct network *r)
{
    return r->emulated ? LINK_SERVER_IPV4 ":0" : "127.0.0.1:0";
}

cJSON *network_describe(const struct network *r)
{
    char spec[LINK_TEXT_CHARS];
    cJSON *o;

    if (!r->emulated)
        return cJSON_CreateNull();
    o = cJSON_CreateObject();
    link_spec_format(&r->spec, spec);
    json_add_text(o, "name", r->spec.name);
    json_add_text(o, "about", r->spec.about);
    json_add_text(o, "spec", spec);
    json_add_number(o, "rtt_ms", (double)link_spec_rtt_ns(&r->spec) / (double)NS_PER_MS);
    return o;
}

static int complain(int rc, struct err_text *e)
{
    return rc < 0 ? err_set(e, rc, "emulated link: %s", pl_strerror(rc)) : PL_OK;
}

int network_row_begin(const struct network *r, struct err_text *e)
{
    int rc = PL_OK;

    for (size_t i = 0; r->emulated && rc == PL_OK && i < r->hosts.nlinks; i++)
        rc = complain(link_reset(&r->hosts.links[i].link), e);
    return rc;
}

int network_capture(const struct network *r, const char *pcap_path, const char *label,
                    struct err_text *e)
{
    if (!r->emulated)
        return PL_OK;
    return link_capture(&r->hosts.links[0].link, pcap_path, LINK_CAPTURE_BOTH, label, e);
}

int network_window(const struct network *r, int64_t start_ns, int64_t end_ns, struct err_text *e)
{
    int rc = PL_OK;

    for (size_t i = 0; r->emulated && rc == PL_OK && i < r->hosts.nlinks; i++)
        rc = complain(link_window(&r->hosts.links[i].link, start_ns, end_ns), e);
    return rc;
}

static cJSON *account_of(const struct link *l, struct err_text *e)
{
    struct buf text = {0};
    cJSON *wire = NULL;
    int rc = complain(link_counters(l, &text, 0), e);

    if (rc == PL_OK) {
        wire = cJSON_ParseWithLength((const char *)text.data, text.len);
        if (wire == NULL)
            err_set(e, PL_EPROTO, "emulated link: its account is not JSON");
    }
    buf_free(&text);
    return wire;
}

/* The first of the clients' links gives the account its form. */
static int add_account(cJSON **wire, const struct hosts *h, size_t i, struct err_text *e)
{
    static const char *const names[] = {[HOSTS_BEHIND] = "behind", [HOSTS_BESIDE] = "beside"};
    enum hosts_part part = hosts_part_of(h, i);
    cJSON *more = account_of(&h->links[i].link, e), *list;

    if (more == NULL)
        return PL_EPROTO;
    if (*wire == NULL) {
        *wire = more;
        return PL_OK;
    }
    if (part == HOSTS_FRONT) {
        json_sum(cJSON_GetObjectItemCaseSensitive(*wire, "tcp"), json_at(more, "tcp"));
        json_sum(cJSON_GetObjectItemCaseSensitive(*wire, "lanes"), json_at(more, "lanes"));
        cJSON_Delete(more);
        return PL_OK;
    }
    list = cJSON_GetObjectItemCaseSensitive(*wire, names[part]);
    if (list == NULL)
        list = cJSON_AddArrayToObject(*wire, names[part]);
    cJSON_AddItemToArray(list, more);
    return PL_OK;
}

cJSON *network_row_end(const struct network *r, struct err_text *e)
{
    cJSON *wire = NULL;
    int rc;

    if (!r->emulated)
        return cJSON_CreateNull();
    rc = link_capture_end(&r->hosts.links[0].link, e);
    for (size_t i = 0; rc == PL_OK && i < r->hosts.nlinks; i++)
        rc = add_account(&wire, &r->hosts, i, e);
    if (rc == PL_OK)
        return wire;
    cJSON_Delete(wire);
    return NULL;
}
