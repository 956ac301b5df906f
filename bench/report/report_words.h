/* What the texts of a report (sentences.txt, report.html, report.md) ask of a run, beside
 * run_words.h. Private to report*.c. */
#pragma once

#include "bench/page/template.h"

/* ---- report_facts.c: what is more than a range of numbers ---- */

/* The facts about the rows of run, found as {facts.NAME}; the caller's, rows in it are borrowed.
 *
 *   transports, balanced    how many; does something stand in between?
 *   rtt_ms                  of the link
 *   close                   are all medians within a quarter, or not above 0?
 *   expected, delivered     updates that were to be delivered; were all, once and in order?
 *   agreed                  did client, server, kernel (in a namespace of the run's own) and wire
 *                           count the same TCP handshakes in each row?
 *   ordered                 were no messages of clients lost, doubled or reordered?
 *   documents, same_documents   how many rows have documents; did all clients' end the same?
 *   trusted                 is there nothing to doubt in all these?
 *   on_the_wire             has the overview wire bytes, or payload and framing?
 *   best[], panels          the rows that are lowest, or can't be told apart from the lowest, in
 *                           the most panels of the overview, and in how many
 *   middle, mean            the path of what a row's latency is told by, its median or, of few
 *                           updates, its mean; is it that?
 *   tail, upstream, echo, converged   the highest percentile that the rows have of updates' latency
 *                           and of what clients send, or null: path, over (path/median), words
 *                           ("p90"), share ("9 of 10") and nth ("90th percentile")
 *   poll                    the first row of short polling that delivered anything
 *   farthest, off           where the model names a latency: the row whose mean was off most, and
 *                           by what share
 *   compared, differing     how many figures are held against the model, how many are off
 *                           (predicted_is_off())
 *   repeated                has any row intervals?
 *   machine, machine_high   where the model says 0: the lowest and the highest mean
 *   chance                  percent by which a Poisson count of the updates varies */
cJSON *report_facts_of(const cJSON *run);

/*   {meeting} {perhaps-meeting}   the rows on time as often as the use case needs; those of which
 * it can't be told {chart-heading} {chart-reading} {chart-name}   of the chart that the item names
 */
extern const struct template_word report_words[];

/* ---- report_table.c ---- */

/*   {shown}             has the run numbers for this column? It names a path, and in "shown" what
 *                       it takes: nothing, a "value" in any row, one "above 0", or to
 *                       be a figure that table_is_named() ("named")
 *   {each tables}       what each is about, and its columns: those of the list "columns of all
 *                       rows" that are shown, with cols: of the first of a group how many it has
 *   {cell} {share-bar}  the metric at the column's path of a row, with its interval; a bar as long
 *                       as its share of the largest
 *   {intervals}         what ± says, where a row has an interval: "95 % confidence interval over 3
 *                       repeats"
 *   {each between}      columns of the table of what stands in between: head and below
 *   {between-cell}      the value in a column of a row
 *   {each quantities}   what the model predicts: name, known (measured, too, of any row)
 *   {each pair}         of a quantity and a row: name, measured, model, deviation, known, off (as
 *                       predicted_is_off() has it)
 *   {each differences}  those pairs of a row that are off
 *   {no-prediction}     why the model names no latency for a row, if it does not */
extern const struct template_word report_table_words[];

/* ---- report_method.c: how the run was measured, on which machine, how to do it again ---- */

/*   {each facts-here}   name and value of the texts and numbers in the innermost item
 *   {command}           the command that made the run, with its seed, quoted for a shell
 *   {supplied}          the scenario file as it was */
extern const struct template_word report_method_words[];

/* Add all_notes[{of (a row's id, or ""), note}] and environment_groups[{heading, group (an object
 * in the run's environment)}], which borrow from run. */
void report_method_add(cJSON *page, const cJSON *run);
