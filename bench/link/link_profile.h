/* Finding and reading the link profiles: small text files named NAME.link. */
#ifndef PUSHLAB_LINK_PROFILE_H
#define PUSHLAB_LINK_PROFILE_H

#include "lib/base/err.h"

/* Read the profile called name, or the file itself when name holds a '/'. Looked for in
 * the folder $PUSHLAB_LINKS, next to a program built in this tree, in the installed
 * data folder, and in bench/link/profiles below the current folder.
 * 0 with *text malloc'd for the caller to free; PL_EINVAL (no such profile: e lists those
 * there are), PL_ESYS or PL_ENOMEM, with the line in e. */
int link_profile_load(const char *name, char **text, struct err_text *e);

/* Call visit for each profile there is, by name. 0, or PL_EINVAL when no folder of
 * profiles can be found. */
int link_profile_list(void (*visit)(void *arg, const char *name), void *arg, struct err_text *e);

#endif
