#include "road.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "json.h"

static int enter_side(const void *arg)
{
    const struct road_side *s = arg;

    return link_enter(&s->road->link, s->side);
}

static void place_sides(struct road *r)
{
    for (int i = 0; i < LINK_SIDES; i++) {
        r->sides[i].road = r;
        r->sides[i].side = (enum link_side)i;
        r->sides[i].place = (struct child_place){enter_side, &r->sides[i]};
    }
}

static void open_loopback(struct road *r, bool host_network)
{
    r->emulated = false;
    if (host_network)
        netns_stay(&r->netns);
    else
        netns_enter(&r->netns);
    r->kernel_is_ours = r->netns.own;
}

int road_open(struct road *r, const char *wanted, uint64_t seed, bool host_network,
              struct err_text *e)
{
    struct err_text why = {""};
    int rc;

    *r = (struct road){0};
    if (strcmp(wanted, ROAD_LOOPBACK) == 0) {
        open_loopback(r, host_network);
        return LAB_OK;
    }
    rc = link_spec_parse(&r->spec, wanted, e);
    if (rc < 0)
        return rc;
    rc = link_open(&r->link, &r->spec, seed, &why);
    if (rc == LAB_OK) {
        r->emulated = r->kernel_is_ours = r->netns.own = true;
        place_sides(r);
        return LAB_OK;
    }
    snprintf(r->note, sizeof r->note, "loopback instead of the link '%.64s': %.300s", wanted,
             why.text);
    open_loopback(r, host_network);
    return LAB_OK;
}

void road_close(struct road *r)
{
    if (r->emulated)
        link_close(&r->link);
    r->emulated = false;
}

const char *road_name(const struct road *r)
{
    return r->emulated ? r->spec.name : ROAD_LOOPBACK;
}

const struct child_place *road_place(const struct road *r, enum link_side side)
{
    return r->emulated ? &r->sides[side].place : NULL;
}

const char *road_listen(const struct road *r)
{
    return r->emulated ? LINK_SERVER_IPV4 ":0" : "127.0.0.1:0";
}

cJSON *road_describe(const struct road *r)
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
    return rc < 0 ? err_set(e, rc, "emulated link: %s", lab_strerror(rc)) : LAB_OK;
}

int road_row_begin(const struct road *r, struct err_text *e)
{
    return r->emulated ? complain(link_reset(&r->link), e) : LAB_OK;
}

int road_capture(const struct road *r, const char *pcap_path, const char *label, struct err_text *e)
{
    if (!r->emulated)
        return LAB_OK;
    return link_capture(&r->link, pcap_path, LINK_CAPTURE_BOTH, label, e);
}

int road_window(const struct road *r, int64_t start_ns, int64_t end_ns, struct err_text *e)
{
    return r->emulated ? complain(link_window(&r->link, start_ns, end_ns), e) : LAB_OK;
}

cJSON *road_row_end(const struct road *r, struct err_text *e)
{
    struct buf text = {0};
    cJSON *wire = NULL;
    int rc;

    if (!r->emulated)
        return cJSON_CreateNull();
    rc = link_capture_end(&r->link, e);
    if (rc == LAB_OK)
        rc = complain(link_counters(&r->link, &text, 0), e);
    if (rc == LAB_OK) {
        wire = cJSON_ParseWithLength((const char *)text.data, text.len);
        if (wire == NULL)
            err_set(e, LAB_EPROTO, "emulated link: its account is not JSON");
    }
    buf_free(&text);
    return wire;
}
