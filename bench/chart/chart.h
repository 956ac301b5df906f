/* The charts of a run: from the files in its folder to pictures that can be pasted as they are.
 *
 * C writes the numbers (chart_data.h) and knows no chart; each gnuplot script under
 * bench/chart answers one question and knows no number. A new chart is a new script and a
 * line in chart.c's list. */
#pragma once

#include <stddef.h>

#include "lib/base/err.h"

/* (Re)draw run_dir/charts/<name>.svg and .png from run.json, latency-<row>.hlog and
 * timeline-<row>.csv, keeping the numbers they show in run_dir/charts/data/. Each picture
 * replaces its predecessor only when it is complete. Runs gnuplot in a supervisor of its own
 * (child.h), so no other may be open.
 * 0, or a negative enum pl_err with one line in e: PL_ESYS when gnuplot is missing. */
int chart_draw(const char *run_dir, struct err_text *e);

/* A picture whose numbers somebody else has written into DIR/charts/data, rows.csv and link.csv
 * (chart_data.h) among them. */
struct chart_picture {
    const char *script, *name; /* bench/chart/SCRIPT.gp draws DIR/charts/NAME.svg and .png */
    const char *conditions;    /* the line below the title */
    const char *variables;     /* for the script: "name = 'text'; ..." */
};

/* Draw them like chart_draw(). 0, or negative with the line in e. */
int chart_draw_pictures(const char *dir, const struct chart_picture *pictures, size_t n,
                        struct err_text *e);

/* The names of the charts in the order in which a report shows them; NULL ends the list.
 * Some are drawn only for a run that has numbers for them: over an emulated link, with a deadline,
 * with clients that send. */
extern const char *const chart_names[];
/* Where rows have faults there is a picture for each kind, charts/recovery-KIND.svg and .png: what
 * one client of each row went through. */
#define CHART_RECOVERY_PREFIX "recovery-"
