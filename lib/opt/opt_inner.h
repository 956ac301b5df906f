/* What the printers of an option table share: --help, the man page, completion. */
#ifndef PUSHLAB_OPT_INNER_H
#define PUSHLAB_OPT_INNER_H

#include "lib/base/buf.h"
#include "lib/opt/opt.h"

/* --help and --version: every program's, and rows like all others. */
extern const struct opt opt_built_in[];

/* Append "HZ", "fixed|poisson|bursts", or nothing for a flag. Without memory it stays short. */
void opt_put_value(struct buf *b, const struct opt *o);

/* Append "spacing of the updates (default fixed)". */
void opt_put_help(struct buf *b, const struct opt *o);

#endif
