/* The settings in which two runs differ: keys of their scenarios, as these were in effect. A figure
 * of two runs says something about a change only when nothing else was changed. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"
#include "lib/base/err.h"

enum { SETTING_KEY_BYTES = 96, SETTING_TEXT_BYTES = 64, SETTINGS_MAX = 64 };

struct setting {
    char key[SETTING_KEY_BYTES];  /* "server.test_delay_ms"; of a row "rows.interval_ms" */
    char row[SETTING_TEXT_BYTES]; /* its id; "": it is the scenario's */
    char a[SETTING_TEXT_BYTES], b[SETTING_TEXT_BYTES];
    bool varied; /* it was meant to differ */
};

struct settings {
    struct setting list[SETTINGS_MAX];
    size_t n;
};

/* Check --vary: keys of scenarios with commas between ("server.test_delay_ms", "rows.interval_ms");
 * NULL: none. 0, or PL_EINVAL with the line in e. */
int settings_check_vary(const char *vary, struct err_text *e);

/* Find what differs, of rows for those that are in both. A key that one run does not name has its
 * default there. Names, titles, requirements, seed, order, the number of repeats, and which rows
 * there are make no difference. Beyond SETTINGS_MAX the rest is left out. */
void settings_compare(struct settings *s, const cJSON *a, const cJSON *b, const char *vary);

/* How many were not meant to differ. */
size_t settings_unmeant(const struct settings *s);

/* Append their keys, as --vary takes them. */
void settings_put_unmeant_keys(struct writer *w, const struct settings *s);

/* Append "server.test_delay_ms (A: 0, B: 1), ..." of those that were meant to differ, or of those
 * that were not. */
void settings_put(struct writer *w, const struct settings *s, bool varied);

/* Append in what the machines differ, "cpu_model (A: ..., B: ...), ..."; nothing when they are
 * alike, or where a run does not say. */
void settings_put_machine(struct writer *w, const cJSON *a, const cJSON *b);
