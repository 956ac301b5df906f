/* What a shell needs to complete a command line, as lines of six columns with tabs between; "-"
 * stands in an empty one:
 *
 *     program      kind      name       offers           words             about
 *     pushlab run  option    --link     link             -                 the road: ...
 *     pushlab run  operand   -          scenario         -                 -
 *     pushlab      command   run        -                -                 measure a scenario: ...
 *     pushlab-cl.. option    --control  words            auto none         ...
 *     pushlab-cl.. option    --json     -                -                 ...
 *
 * offers, comma-separated: what the value or operand can be. words (the fifth column), file,
 * directory, scenario, run (the folder of one), link, command; "value" for what can't be
 * completed; "-": there is no value. The scripts in bench/completion read this. */
#ifndef PUSHLAB_OPT_COMPLETE_H
#define PUSHLAB_OPT_COMPLETE_H

#include <stdio.h>

#include "lib/opt/opt.h"

void opt_complete(const struct opt_program *p, FILE *out);

#endif
