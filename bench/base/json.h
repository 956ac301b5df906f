/* cJSON, the way the runner uses it: values by dotted path, numbers that read well, text
 * that is always UTF-8. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"

/* Parse one JSON document of len bytes (text[len] must be NUL). name goes into the message:
 * "name:LINE:COLUMN: not valid JSON: expected ',' or '}' before '...'". cJSON alone is lenient (it
 * takes 007 and raw control characters), so the strict check of lib/base/json_line comes first. 0,
 * PL_EINVAL or PL_ENOMEM. */
int json_parse(cJSON **out, const char *name, const char *text, size_t len, struct err_text *e);

/* Read and parse a file of at most max_bytes. The same, or PL_ESYS. */
int json_read_file(cJSON **out, const char *path, size_t max_bytes, struct err_text *e);
/* Make all texts and names of a document safe to show (lib/base/visible.h), whoever wrote it: none
 * acts on a terminal, nor breaks a line. NULL: nothing. */
void json_clean(cJSON *item);

/* The item at "server_stats.end.process.rss_bytes", or NULL. */
const cJSON *json_at(const cJSON *root, const char *path);
/* The same as a number, NAN when there is none; as text, "" when there is none. */
double json_number(const cJSON *root, const char *path);
const char *json_text(const cJSON *root, const char *path);
bool json_true(const cJSON *root, const char *path);

/* Counts are written whole, everything else with six significant digits; NAN and infinity
 * (a ratio over nothing) become null. */
void json_add_number(cJSON *object, const char *name, double value);
/* text may be anything, such as a command-line argument: bytes that are not UTF-8 become '?'. */
void json_add_text(cJSON *object, const char *name, const char *text);
void json_append_text(cJSON *array, const char *text);
/* An array of n such texts. */
void json_add_words(cJSON *object, const char *name, char *const *words, size_t n);
/* An object of these members: "title:s rows:d share:n known:b run:r" takes a text, an int, a
 * double, a bool and an item that is referred to and stays its owner's. */
cJSON *json_object(const char *members, ...);
/* Now, in UTC: "2026-11-23T06:14:00Z". */
cJSON *json_time_now(void);
/* printf into an array of strings. */
void json_append_printf(cJSON *array, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Is text a part of any of these strings? */
bool json_any_quotes(const cJSON *array, const char *text);
/* "1 reconnection" or "5 reconnections" for the count at path of o; nothing for none. */
void json_append_count(cJSON *array, const cJSON *o, const char *path, const char *one,
                       const char *many);

/* Add to every number in into, at any depth, the one at the same place in more. Points in time
 * (names that end in _ns) stay. */
void json_sum(cJSON *into, const cJSON *more);
