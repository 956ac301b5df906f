/* The link profiles: small text files named NAME.link, found as data_find.h says. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Read the profile called name, or the file itself when name holds a '/'. 0 with text
 * NUL-terminated; PL_EINVAL (no such profile: e lists those there are), or as file_read(), with
 * the line in e. */
int link_profile_load(struct buf *text, const char *name, struct err_text *e);

/* Call visit for each profile there is, by name. 0, or PL_EINVAL when no folder of
 * profiles can be found. */
int link_profile_list(void (*visit)(void *arg, const char *name), void *arg, struct err_text *e);
