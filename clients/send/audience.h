/* Who receives whose messages: the channels that senders send to, how each client is subscribed to
 * them, and whether each message of a sender reaches each of its receivers once, and in order.
 * Pure.
 *
 * When --send-channel names rooms, a client receives its room's senders, else those of all rooms.
 */
#pragma once

#include "clients/record/channels.h"
#include "clients/send/workload.h"

/* ---- order: one track per receiver, sender and channel, by the sender's own numbers (1, 2, 3,
 * ...), independent of the server's own counts. Where every message is due, each
 * number has to come once, each after the one before. Where only the latest value counts, numbers
 * may be skipped but must grow, and the last must come. ---- */

enum order_kind {
    ORDER_NOT_SUBSCRIBED,
    ORDER_EVERY,
    ORDER_LATEST,
};

enum order_receipt {
    ORDER_NEW,
    ORDER_DOUBLED,   /* it had come before */
    ORDER_REORDERED, /* it comes for the first time, after a later one */
    ORDER_REPEATED,  /* latest: the held value again, after a reconnection: allowed */
};

/* Up to this far back, late and repeated numbers are told apart with certainty. Further back, a
 * number counts as one of those missing there, if any are. */
enum { ORDER_MEMORY = 64 };

/* Zero-initialise. */
struct order_track {
    uint64_t newest;   /* largest number that came; 0: none yet */
    uint64_t recent;   /* bit i: newest - i has come */
    uint64_t received; /* different numbers that came */
};

/* Number n (>= 1) has come. */
enum order_receipt order_take(struct order_track *t, enum order_kind kind, uint64_t n);

/* How many of sent messages 1..sent are missing: in latest channels 1 when the last is. */
uint64_t order_missing(const struct order_track *t, enum order_kind kind, uint64_t sent);

/* ---- audience ---- */

struct audience {
    const struct workload_plan *plan; /* borrowed */
    const struct workload *workload;
    bool by_room;                      /* --send-channel names rooms */
    uint32_t nsources;                 /* senders whose messages each client receives */
    char (*names)[CHANNEL_NAME_BYTES]; /* owned: [room][channel] */
    uint8_t *kinds;                    /* owned, enum order_kind: [client][channel] */
    struct order_track *tracks;        /* owned: [client][channel][source] */
};

/* send_channel NULL: the default channel. Nobody is subscribed yet. 0, PL_ENOMEM, or PL_EINVAL
 * when send_channel and the workload's suffix make no name. */
int audience_init(struct audience *a, const struct workload *workload,
                  const struct workload_plan *plan, const char *send_channel);
void audience_free(struct audience *a);

/* Where this client sends to; of length 0: the default channel. */
struct name audience_channel(const struct audience *a, uint32_t client, unsigned channel);
/* Which of the sender's channels that is; -1: none. */
int audience_find_channel(const struct audience *a, uint32_t sender, struct name name);

/* The client receives that channel of its own room (audience_channel()). */
void audience_subscribe(struct audience *a, uint32_t client, unsigned channel,
                        enum order_kind kind);
enum order_kind audience_subscription(const struct audience *a, uint32_t client, unsigned channel);

/* Which of sender's messages in channel have come to client; NULL: it does not receive them. */
struct order_track *audience_track(const struct audience *a, uint32_t client, uint32_t sender,
                                   unsigned channel);

/* How many messages the client is missing, of sent[n][channel] messages by sender number
 * n (workload_sender()). */
uint64_t audience_missing(const struct audience *a, uint32_t client,
                          uint64_t (*const sent)[WORKLOAD_CHANNELS_MAX]);
