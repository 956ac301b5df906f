/* Who hears whom: the channels that senders send to, how each client is subscribed to them, and
 * for each listener and sender what has come. Pure.
 *
 * When --send-channel names rooms, a client hears its room's senders, else those of all rooms.
 */
#ifndef PUSHLAB_AUDIENCE_H
#define PUSHLAB_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/record/channel_name.h"
#include "clients/send/order.h"
#include "clients/send/workload.h"

struct audience {
    const struct workload_plan *plan; /* borrowed */
    const struct workload *workload;
    bool by_room;                      /* --send-channel names rooms */
    uint32_t senders_heard;            /* by each client */
    char (*names)[CHANNEL_NAME_BYTES]; /* owned: [room][channel] */
    uint8_t *kinds;                    /* owned, enum order_kind: [client][channel] */
    struct order_track *tracks;        /* owned: [client][channel][sender heard] */
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
enum order_kind audience_hears(const struct audience *a, uint32_t client, unsigned channel);

/* What of sender's messages in channel has come to client; NULL: it does not hear them. */
struct order_track *audience_track(const struct audience *a, uint32_t client, uint32_t sender,
                                   unsigned channel);

/* How much the client has not heard of what was said: said[n][channel] messages by sender number
 * n (workload_sender()). */
uint64_t audience_missing(const struct audience *a, uint32_t client,
                          uint64_t (*const said)[WORKLOAD_CHANNELS_MAX]);

#endif
