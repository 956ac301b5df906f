/* What the sentences of a report (sentences.txt) ask of a run that is more than a range of numbers:
 * facts, which are computed once and found as {facts.NAME}, and a few words. */
#ifndef PUSHLAB_REPORT_FACTS_H
#define PUSHLAB_REPORT_FACTS_H

#include <stdbool.h>

#include "bench/page/template.h"

/* The facts about the rows of run, the caller's; rows in it are borrowed from run.
 *
 *   transports, balanced       how many; does something stand in between?
 *   rtt_ms, link_effects[]     of the link; what it does beyond delaying, "jitters"
 *   close                      are the medians too close to call one row faster?
 *   expected, delivered        updates that were to be delivered; were all, once and in order?
 *   agreed                     did client, server, kernel (in a namespace of the run's own) and
 * wire count the same TCP handshakes in each row? ordered, documents, same_documents   of clients
 * that send: were no messages lost, doubled or reordered; how many rows have documents, and did
 * those end the same? trusted                    is there nothing to doubt in all these? best,
 * panels               the row that is lowest, or level with the lowest, in most panels of the
 * overview, and in how many fewest, in_tail            updates of the row that delivered the
 * fewest; those beyond its p99 laggard, arrived           the row with the highest median, if it is
 * not the first to be complete, and how much of it has arrived then: "at least half" poll the first
 * row of short polling that delivered anything farthest, off              where the model names a
 * latency: the row whose mean was off most, and by what share; machine, machine_high: where it says
 * 0, the means chance                     percent by which a Poisson count of the updates varies */
cJSON *report_facts_of(const cJSON *run);

/*   {keeping-up}   the rows within twice the fastest, if those are some and not all others
 *   {meeting}      the rows on time as often as the use case needs
 *   {chart-heading} {chart-reading} {chart-name}   of the chart that the item names */
extern const struct template_word report_words[];

#endif
