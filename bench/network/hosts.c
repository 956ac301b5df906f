#include "bench/network/hosts.h"

/* The links of each shape, in the order in which they are made: the client's side of each is a
 * host that is new or there already, the server's side is new. */
static const enum hosts_name shapes[][1 + HOSTS_SERVERS_MAX][LINK_SIDES] = {
    [HOSTS_PAIR] = {{HOST_CLIENT, HOST_SERVER_1}},
    [HOSTS_BALANCED] = {{HOST_CLIENT, HOST_BALANCER},
                        {HOST_BALANCER, HOST_SERVER_1},
                        {HOST_BALANCER, HOST_SERVER_2}},
    [HOSTS_FANNED] = {{HOST_CLIENT, HOST_SERVER_1}, {HOST_CLIENT, HOST_SERVER_2}},
};

/* Those of the shape; the store's come after them. */
static size_t count_links(const struct hosts_plan *p)
{
    switch (p->shape) {
    case HOSTS_PAIR:
        return 1;
    case HOSTS_BALANCED:
        return 1 + p->servers;
    case HOSTS_FANNED:
        return p->servers;
    }
    return 0;
}

bool hosts_plan_link(const struct hosts_plan *p, size_t i, enum hosts_name ends[LINK_SIDES])
{
    size_t n = count_links(p);

    if (i >= n + (p->store ? p->servers : 0))
        return false;
    ends[LINK_CLIENT] =
        i < n ? shapes[p->shape][i][LINK_CLIENT] : (enum hosts_name)(HOST_SERVER_1 + (i - n));
    ends[LINK_SERVER] = i < n ? shapes[p->shape][i][LINK_SERVER] : HOST_STORE;
    return true;
}

static int enter_end(const void *arg)
{
    const struct hosts_end *end = arg;

    return link_enter(end->link, end->side);
}

/* The host is there now, at this end of this link, unless an older link made it. */
static void add_host(struct hosts *h, enum hosts_name host, const struct link *l,
                     enum link_side side)
{
    struct hosts_end *end = &h->at[host];

    if (end->link != NULL)
        return;
    *end = (struct hosts_end){.link = l, .side = side};
    end->place = (struct child_place){enter_end, end};
}

static struct link_between between(const struct hosts *h, size_t i, const struct hosts_link *l)
{
    struct link_between b = LINK_BETWEEN_NEW_HOSTS;

    b.number = (unsigned)i;
    for (int side = 0; side < LINK_SIDES; side++) {
        const struct hosts_end *end = &h->at[l->ends[side]];

        if (end->link == NULL)
            continue;
        b.namespace_fd[side] = end->link->namespace_fd[end->side];
        b.user_fd = end->link->user_fd;
    }
    return b;
}

static int open_link(struct hosts *h, size_t i, struct err_text *e)
{
    struct hosts_link *l = &h->links[i];
    const struct hosts_plan *p = &h->plan;
    struct link_between b = between(h, i, l);
    bool front = hosts_part_of(h, i) == HOSTS_FRONT;
    int rc = link_open_between(&l->link, &b, front ? &p->front : &p->behind, p->seed + i, e);

    if (rc < 0)
        return rc;
    h->nlinks++;
    for (int side = 0; side < LINK_SIDES; side++)
        add_host(h, l->ends[side], &l->link, (enum link_side)side);
    return PL_OK;
}

int hosts_open(struct hosts *h, const struct hosts_plan *plan, struct err_text *e)
{
    int rc = PL_OK;

    *h = (struct hosts){.plan = *plan};
    for (size_t i = 0; rc == PL_OK && i < HOSTS_LINKS_MAX; i++) {
        if (!hosts_plan_link(plan, i, h->links[i].ends))
            break;
        rc = open_link(h, i, e);
    }
    if (rc < 0)
        hosts_close(h);
    return rc;
}

void hosts_close(struct hosts *h)
{
    while (h->nlinks > 0) /* the newest first: it uses namespaces that older ones made */
        link_close(&h->links[--h->nlinks].link);
    *h = (struct hosts){.nlinks = 0};
}

const struct child_place *hosts_place(const struct hosts *h, enum hosts_name host)
{
    return h->at[host].link != NULL ? &h->at[host].place : NULL;
}

bool hosts_address(const struct hosts *h, enum hosts_name from, enum hosts_name to,
                   char out[LINK_ADDRESS_CHARS])
{
    for (size_t i = 0; i < h->nlinks; i++) {
        const enum hosts_name *ends = h->links[i].ends;

        for (int side = 0; side < LINK_SIDES; side++) {
            if (ends[side] != to || ends[!side] != from)
                continue;
            link_net_ipv4(out, (unsigned)i, (enum link_side)side);
            return true;
        }
    }
    return false;
}

int hosts_socket(const struct hosts *h, enum hosts_name host)
{
    const struct hosts_end *end = &h->at[host];

    return end->link != NULL ? link_socket(end->link, end->side) : PL_ESYS;
}

enum hosts_part hosts_part_of(const struct hosts *h, size_t i)
{
    const enum hosts_name *ends = h->links[i].ends;

    if (ends[LINK_CLIENT] == HOST_CLIENT)
        return HOSTS_FRONT;
    return ends[LINK_SERVER] == HOST_STORE ? HOSTS_BESIDE : HOSTS_BEHIND;
}
