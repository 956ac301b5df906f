/* Words for what is asked of the rows. */
#ifndef PUSHLAB_ADVISE_ASKED_H
#define PUSHLAB_ADVISE_ASKED_H

#include "bench/advise/advise_say.h"

/* "99 of 100 updates within 200 ms, no more than 20 µs server CPU per update", each limit with who
 * asked for it; nothing where nothing is asked. */
void advise_asked_say(struct advise_say *s);

#endif
