/* Reading counters out of what the programs report, and putting figures into a row of run.json:
 * what all of result*.c need. Private to them. */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/err.h"

/* The number at a path made with printf, NAN where there is none; of an array the sum over what is
 * in it, 0 when it is empty. */
double counters_at(const cJSON *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, and 0 where there is none. */
double counters_or_zero(const cJSON *o, const char *path);

/* How much a counter of a server grew between two snapshots of its /stats, as "server_stats.start"
 * and "server_stats.end"; and its CPU time, user and system. */
double counters_growth(const cJSON *o, const char *from, const char *to, const char *counter);
double counters_cpu_us(const cJSON *o, const char *from, const char *to);

/* A counter of an emulated link, up and down together; scope: "tcp" for the whole run,
 * "tcp.window" for the window. */
double counters_both_ways(const cJSON *wire, const char *scope, const char *counter);

/* 0, or PL_EPROTO when the client's report lacks one of these numbers, which e names. paths: with
 * spaces between them. */
int counters_need(const cJSON *report, const char *paths, struct err_text *e);

/* 1 / n, to be multiplied with; NAN when n is 0. */
double counters_per(double n);

/* Add a copy of the item, or null where there is none; and of all of from's that names lists, with
 * spaces between them. */
void counters_copy(cJSON *to, const char *name, const cJSON *item);
void counters_copy_all(cJSON *to, const char *names, const cJSON *from);
/* Add a copy of a histogram's figures, without the encoded histogram that "raw" keeps. */
void counters_copy_histogram(cJSON *to, const char *name, const cJSON *histogram);
/* Put a number, or null for NAN, in the place of what is there. */
void counters_replace(cJSON *o, const char *name, double number);
