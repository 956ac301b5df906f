/* What theory says a row must measure, before it is measured: closed forms from the scenario
 * and the link's round trip, to compare a surprising chart with. docs/model.md derives them, with
 * their assumptions and how each was checked.
 *
 * Computers take no time here: what a run measures beyond the model is the time they do take. It
 * names no latency, but a reason, where the link does something that is not modelled, where what is
 * sent at once is more than TCP's window and that is not known, and where the result is chance:
 * polls that return just when the next update is due, or a whole number of gaps later, wait long or
 * not at all by a millisecond's difference. Pure. */
#pragma once

#include <stdbool.h>

#include "bench/model/question.h"

struct predict_answer predict(const struct predict_question *q);

/* Does the link only delay, and is it known how many round trips what is sent at once takes? */
bool predict_knows_network(const struct predict_question *q);
