/* The sentences around a ladder diagram: its title, how its transport works, the totals. */
#pragma once

#include "bench/ladder/ladder_page.h"

enum { LADDER_CLOSING_LINES = 2 };

struct ladder_words { /* UTF-8; row and link as they were given */
    char title[160];
    char what[160]; /* link and extent */
    char how[160];  /* one sentence about the transport */
    char closing[LADDER_CLOSING_LINES][200];
    char description[704]; /* alternative text */
};

void ladder_words_make(struct ladder_words *w, const struct ladder_page *p,
                       const struct ladder_about *about, const struct ladder_counts *counts);

/* What the legend says about a kind of step. */
const char *ladder_words_legend(enum ladder_kind kind, bool encrypted);
