/* Words for what the rows that fit cost, and what the model makes of it with more clients. */
#ifndef PUSHLAB_ADVISE_PRICE_H
#define PUSHLAB_ADVISE_PRICE_H

#include "bench/advise/advise_say.h"

/* ADVISE_PART_COST and ADVISE_PART_SCALE. */
void advise_price_say(struct advise_say *s);

#endif
