/* A capture file being written: which end of the link is captured, the comments of
 * each packet, and a buffer, so that not every packet is a write. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "bench/link/path/frame.h"
#include "bench/link/link_spec.h"

enum link_capture_at { /* where: as tcpdump would see it there */
                       LINK_CAPTURE_CLIENT = 1,
                       LINK_CAPTURE_SERVER = 2,
                       LINK_CAPTURE_BOTH = 3, /* the server's hidden from other programs */
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

/* Take over fd and write to it, after closing the file before. label goes into comments. 0 or
 * PL_ENOMEM. */
int capture_begin(struct capture *c, int fd, enum link_capture_at at, const char *label);

/* f enters the link; lost_by names the stage that drops it, NULL: none. */
void capture_sent(struct capture *c, const struct frame *f, enum link_direction direction,
                  bool first, const char *lost_by);

/* f arrives. */
void capture_arrived(struct capture *c, const struct frame *f, enum link_direction direction,
                     int64_t now_ns);

/* Flush and close. 0, or PL_ESYS with errno when any write of this file failed. */
int capture_end(struct capture *c);
