/* Words for the end of a report: how the run was measured, on which machine, how to do it again.
 *
 *   {each all-notes}              note, and of: the row's id, or "" for the run's
 *   {each facts}                  name and value of the texts and numbers in the innermost item
 *   {each environment-groups}     heading and group: the objects in the run's environment
 *   {command}                     the command that made the run, with its seed, quoted for a shell
 *   {supplied}                    the scenario file as it was */
#ifndef PUSHLAB_REPORT_METHOD_H
#define PUSHLAB_REPORT_METHOD_H

#include "bench/page/template.h"

extern const struct template_word report_method_words[];

#endif
