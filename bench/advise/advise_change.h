/* Words for what would change the answer: another limit, another network, more clients. */
#ifndef PUSHLAB_ADVISE_CHANGE_H
#define PUSHLAB_ADVISE_CHANGE_H

#include "bench/advise/advise_say.h"

/* ADVISE_PART_CHANGE. */
void advise_change_say(struct advise_say *s);

#endif
