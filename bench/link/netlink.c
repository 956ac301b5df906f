#include "bench/link/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "lib/base/err.h"

struct request {
    struct nlmsghdr head;
    union {
        struct ifinfomsg link;
        struct ifaddrmsg address;
    } body;
    uint8_t attributes[256];
};

int netlink_open(void)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    return fd < 0 ? PL_ESYS : fd;
}

static struct request request_begin(uint16_t type, uint16_t flags, size_t body_bytes)
{
    struct request r = {
        .head.nlmsg_type = type,
        .head.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
        .head.nlmsg_len = (uint32_t)NLMSG_LENGTH(body_bytes),
    };

    return r;
}

/* Requests here are a few dozen bytes: attributes[] always has room. */
static struct rtattr *add_attribute(struct request *r, uint16_t type, const void *data, size_t len)
{
    struct rtattr *a = (struct rtattr *)((char *)r + NLMSG_ALIGN(r->head.nlmsg_len));

    a->rta_type = type;
    a->rta_len = (uint16_t)RTA_LENGTH(len);
    if (len > 0)
        memcpy(RTA_DATA(a), data, len);
    r->head.nlmsg_len = (uint32_t)(NLMSG_ALIGN(r->head.nlmsg_len) + RTA_ALIGN(a->rta_len));
    return a;
}

static void end_nested(struct request *r, struct rtattr *outer)
{
    outer->rta_len = (uint16_t)((char *)r + r->head.nlmsg_len - (char *)outer);
}

/* Send r and read the one answer to it into buf. Returns its length or PL_ESYS. */
static ssize_t transact(int fd, const struct request *r, void *buf, size_t cap)
{
    const struct nlmsghdr *answer = buf;
    ssize_t n;

    if (send(fd, r, r->head.nlmsg_len, 0) < 0)
        return PL_ESYS;
    n = recv(fd, buf, cap, 0);
    if (n < (ssize_t)sizeof *answer)
        return PL_ESYS;
    if (answer->nlmsg_type == NLMSG_ERROR) {
        const struct nlmsgerr *error = NLMSG_DATA(answer);

        errno = -error->error;
        return error->error == 0 ? n : PL_ESYS;
    }
    return n;
}

static int request_ack(int fd, const struct request *r)
{
    uint32_t answer[1024];

    return transact(fd, r, answer, sizeof answer) < 0 ? PL_ESYS : PL_OK;
}

static void add_no_link_local(struct request *r)
{
    uint8_t none = IN6_ADDR_GEN_MODE_NONE;
    struct rtattr *spec = add_attribute(r, IFLA_AF_SPEC, NULL, 0);
    struct rtattr *inet6 = add_attribute(r, AF_INET6, NULL, 0);

    add_attribute(r, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
    end_nested(r, inet6);
    end_nested(r, spec);
}

int netlink_set_up(int fd, unsigned interface, uint32_t mtu_bytes, uint32_t queue_packets)
{
    struct request mode = request_begin(RTM_NEWLINK, NLM_F_ACK, sizeof mode.body.link);
    struct request up = request_begin(RTM_NEWLINK, NLM_F_ACK, sizeof up.body.link);

    mode.body.link.ifi_index = up.body.link.ifi_index = (int)interface;
    add_no_link_local(&mode);
    (void)request_ack(fd, &mode); /* fails where the kernel has no IPv6: then there are none */
    up.body.link.ifi_flags = up.body.link.ifi_change = IFF_UP;
    if (mtu_bytes > 0)
        add_attribute(&up, IFLA_MTU, &mtu_bytes, sizeof mtu_bytes);
    if (queue_packets > 0)
        add_attribute(&up, IFLA_TXQLEN, &queue_packets, sizeof queue_packets);
    return request_ack(fd, &up);
}

int netlink_add_address(int fd, unsigned interface, int family, const void *own, const void *peer)
{
    struct request r =
        request_begin(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof r.body.address);
    size_t len = family == AF_INET ? 4 : 16;

    r.body.address = (struct ifaddrmsg){
        .ifa_family = (uint8_t)family,
        .ifa_prefixlen = (uint8_t)(8 * len),
        .ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0, /* usable at once */
        .ifa_index = interface,
    };
    add_attribute(&r, IFA_LOCAL, own, len);
    add_attribute(&r, IFA_ADDRESS, peer, len);
    return request_ack(fd, &r);
}

int64_t netlink_tx_dropped(int fd, unsigned interface)
{
    struct request r = request_begin(RTM_GETLINK, 0, sizeof r.body.link);
    uint32_t answer[4096];
    struct rtattr *a;
    ssize_t n;
    int left;

    r.body.link.ifi_index = (int)interface;
    n = transact(fd, &r, answer, sizeof answer);
    if (n < 0)
        return PL_ESYS;
    a = IFLA_RTA((struct ifinfomsg *)NLMSG_DATA((struct nlmsghdr *)answer));
    left = (int)n - (int)NLMSG_LENGTH(sizeof(struct ifinfomsg));
    for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
        struct rtnl_link_stats64 stats = {0};

        if (a->rta_type != IFLA_STATS64)
            continue;
        memcpy(&stats, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof stats ? RTA_PAYLOAD(a) : sizeof stats);
        return (int64_t)stats.tx_dropped;
    }
    return 0;
}
