/* A capture file being written: which end of the link is listened at, what is said about
 * each packet, and a buffer, so that the disk is not touched for every packet. */
#ifndef PUSHLAB_LINK_CAPTURE_H
#define PUSHLAB_LINK_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "bench/link/path/frame.h"
#include "bench/link/link_spec.h"

enum link_capture_at { /* whose view: like tcpdump there */
                       LINK_CAPTURE_CLIENT = 1,
                       LINK_CAPTURE_SERVER = 2,
                       LINK_CAPTURE_BOTH = 3,
};

enum { LINK_LABEL_CHARS = 64 };

struct capture {
    int fd; /* -1: not capturing */
    enum link_capture_at at;
    char label[LINK_LABEL_CHARS]; /* the transport, for the connections' first packets */
    int64_t unix_offset_ns;       /* CLOCK_REALTIME - CLOCK_MONOTONIC when it began */
    struct buf pending;
    uint64_t packets, bytes; /* written or pending */
    int error;               /* errno of a failed write, 0: none; nothing is written after it */
};

/* Start with no file. */
void capture_init(struct capture *c);

/* Write to fd, which is the capture's from now on, after closing the last file. 0 or
 * PL_ENOMEM. */
int capture_begin(struct capture *c, int fd, enum link_capture_at at, const char *label);

/* f enters the link; lost_by names the stage that drops it, NULL: none. */
void capture_sent(struct capture *c, const struct frame *f, enum link_direction direction,
                  bool first, const char *lost_by);

/* f arrives. */
void capture_arrived(struct capture *c, const struct frame *f, enum link_direction direction,
                     int64_t now_ns);

/* Write out what is pending. */
void capture_flush(struct capture *c);

/* Flush and close. 0, or PL_ESYS with errno when any write of this file failed. */
int capture_end(struct capture *c);

#endif
