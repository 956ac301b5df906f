/* The link's counters (docs/link.md) as a few lines for people. */
#ifndef PUSHLAB_LINK_SUMMARY_H
#define PUSHLAB_LINK_SUMMARY_H

#include <stddef.h>
#include <stdio.h>

/* Print what json says; a text that isn't the link's account prints nothing. */
void link_summary_print(FILE *out, const char *json, size_t len);

#endif
