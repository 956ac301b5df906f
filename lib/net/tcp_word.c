#include "lib/net/tcp_word.h"

#include <stdio.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <linux/tcp.h>

#include "lib/base/err.h"

static int ask(struct tcp_info *info, int fd)
{
    socklen_t len = sizeof *info;

    *info = (struct tcp_info){0};
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len) < 0 ? PL_ESYS : PL_OK;
}

int tcp_word(char out[TCP_WORD_BYTES], int fd)
{
    struct tcp_info info;

    if (ask(&info, fd) < 0)
        return PL_ESYS;
    snprintf(out, TCP_WORD_BYTES, "rtt_us=%u mss=%u cwnd=%u again=%u segs_out=%u segs_in=%u",
             info.tcpi_rtt, info.tcpi_snd_mss, info.tcpi_snd_cwnd, info.tcpi_total_retrans,
             info.tcpi_segs_out, info.tcpi_segs_in);
    return PL_OK;
}

int tcp_word_counts(char out[TCP_WORD_BYTES], int fd)
{
    struct tcp_info info;

    if (ask(&info, fd) < 0)
        return PL_ESYS;
    snprintf(out, TCP_WORD_BYTES, "segs_out=%u segs_in=%u", info.tcpi_segs_out, info.tcpi_segs_in);
    return PL_OK;
}
