/* What becomes of updates that are asked for: how long they wait at the server, how many share an
 * answer, and how many requests that takes. Seen from the server: half a round trip later than the
 * client asks, and earlier than it reads. Pure. */
#pragma once

#include "bench/model/question.h"
#include "bench/model/process.h"
#include "bench/model/spread.h"

/* Linux acknowledges what nothing is sent back for after so long (TCP_ATO_MIN), if nothing makes it
 * do so at once. */
#define DELAYED_ACK_US 40e3
/* No retransmission time-out is shorter than a round trip and so much (TCP_RTO_MIN). */
#define RTO_MIN_US 200e3

/* A mean that may be off by more than this share is not one. */
#define CHANCE 0.15
/* A poll is back later than the link alone has it, by once or twice so much (seen: 0.3 to 2 ms). */
#define AWAY_MORE    0.025
#define AWAY_MORE_US 250.0

struct polls {
    struct spread wait;            /* of an update, until an answer takes it */
    double age_us;                 /* mean age of what the client was last given */
    double requests;               /* per update */
    double empty;                  /* share of answers */
    double counts[PROCESS_COUNTS]; /* share of answers that have so many updates */
    /* For acknowledgements, shares of answers: */
    double held;        /* the request was held for longer than a delayed acknowledgement */
    double rested;      /* nothing was asked for so long after it */
    double fresh;       /* it came later than a retransmission time-out after the one before */
    const char *chance; /* the wait is chance: a clause, static; NULL: it is not */
    bool vague[SPREAD_PARTS]; /* this part of it is, or may be */
};

/* From an answer until the server has the next request, if the client asks at once. */
double polls_exchange_us(const struct predict_question *q);

/* The nth pause in a row without an update, from 0, of polls whose pause grows. */
double polls_backoff_us(const struct predict_question *q, int nth);

/* By the clock, a pause after each answer, or a pause that grows (predict.h). NAN where the pace
 * is not known. */
void polls_short(struct polls *p, const struct predict_question *q);
/* False: without the moments of the updates nothing is known. */
bool polls_long(struct polls *p, const struct predict_question *q);

/* Updates at known moments (not Poisson): polls are followed one by one. */
void polls_follow(struct polls *p, const struct predict_question *q);
