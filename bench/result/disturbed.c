#include "bench/result/disturbed.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/result/result_faults.h"

bool disturbed_is(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "disturbed")) > 0;
}

void disturbed_put(struct writer *w, const cJSON *row)
{
    const cJSON *reason;

    cJSON_ArrayForEach(reason, json_at(row, "disturbed"))
    {
        writer_printf(w, "%s%s", reason->prev->next != NULL ? "; " : "",
                      cJSON_IsString(reason) ? reason->valuestring : "");
    }
}

void disturbed_add(cJSON *row, const char *fmt, ...)
{
    cJSON *reasons = cJSON_GetObjectItemCaseSensitive(row, "disturbed");
    char reason[300];
    va_list ap;

    if (reasons == NULL)
        reasons = cJSON_AddArrayToObject(row, "disturbed");
    va_start(ap, fmt);
    vsnprintf(reason, sizeof reason, fmt, ap);
    va_end(ap);
    json_append_text(reasons, reason);
}

/* ---- limits ---- */

enum scope { EACH_PROCESS, THE_ROW };

/* A number that may not be more than most. docs/metrics.md, "Disturbed rows", says why so much. */
struct limit {
    enum scope scope;
    const char *path;
    bool of_window;   /* it is compared, and told, as a share of the time that was watched */
    double most;      /* in the number's unit, or a share */
    double of_median; /* or as much as this share of the row's median latency, if that is more */
    void (*format)(char out[UNITS_TEXT_BYTES], double value);
    const char *who, *before, *after; /* who: NULL for the process's name */
    bool of_source; /* a fault that happens to a server or to the store explains it */
};

#define SHARE     true, .format = units_format_percent
#define MS        false, .format = units_format_ms
#define US        false, .format = units_format_us
#define OF_WINDOW " of the window"
#define DRIVER    "the driver (pushlab-client)"

/* Tables are read as tables. */
/* clang-format off */
static const struct limit limits[] = {
    {EACH_PROCESS, "stopped_ms", MS, .most = 1, .before = "was stopped for"},
    {EACH_PROCESS, "run_delay_by_others_ms", SHARE, .most = 0.02, .before = "waited for a core for", .after = OF_WINDOW},
    {EACH_PROCESS, "run_delay_us_per_turn", US, .most = 100, .of_median = 0.1,
     .before = "waited for a core for", .after = " each time, on average"},
    {THE_ROW, "raw.timer_late_us.max", US, .most = 20000, .of_median = 0.5,
     .who = DRIVER, .before = "was late by up to"},
    {THE_ROW, "wire.late_us.p99", US, .most = 1000,
     .who = "the link's forwarder", .before = "passed packets on late, by", .after = " (p99)"},
    {THE_ROW, "publish_late_us.max", US, .most = 20000, .of_median = 0.5,
     .who = "the server", .before = "published late, by up to", .of_source = true},
    {THE_ROW, "machine.throttled_ms", MS, .most = 0,
     .who = "a CPU quota", .before = "held the processes back for"},
    {THE_ROW, "machine.pressure_ms", SHARE, .most = 0.2,
     .who = "something on this machine", .before = "waited for a core for", .after = OF_WINDOW},
    {THE_ROW, "machine.steal_ms", SHARE, .most = 0.05,
     .who = "the hypervisor", .before = "ran others on our cores for", .after = OF_WINDOW},
    {THE_ROW, "machine.suspended_ms", MS, .most = 10,
     .who = "the machine", .before = "was suspended for"},
    {THE_ROW, "machine.wall_clock_step_ms", MS, .most = 100,
     .who = "the wall clock", .before = "was set by"},
};
/* clang-format on */

static void judge(cJSON *row, const struct limit *l, const cJSON *root, const char *who)
{
    double window_ms = json_number(row, "machine.watched_ms");
    double median_us = json_number(row, "raw.latency_us.p50");
    double value = fabs(json_number(root, l->path)) / (l->of_window ? window_ms : 1);
    char text[UNITS_TEXT_BYTES];

    /* fmax() ignores a median that is not known; what is not known itself is not greater. */
    if (!(value > fmax(l->most, l->of_median * median_us)))
        return;
    l->format(text, value);
    disturbed_add(row, "%s %s %s%s", who, l->before, text, l->after != NULL ? l->after : "");
}

/* "server2" is "server 2"; the only one is "the server". */
static void name_process(char *out, size_t cap, const char *key)
{
    size_t len = strcspn(key, "0123456789");

    if (strcmp(key, "driver") == 0)
        snprintf(out, cap, DRIVER);
    else if (key[len] != '\0')
        snprintf(out, cap, "%.*s %s", (int)len, key, key + len);
    else
        snprintf(out, cap, "the %s", key);
}

static void judge_processes(cJSON *row, const struct limit *l)
{
    const cJSON *processes = json_at(row, "machine.processes"), *p;
    char who[64];

    cJSON_ArrayForEach(p, processes)
    {
        name_process(who, sizeof who, p->string);
        judge(row, l, p, who);
    }
}

void disturbed_judge(cJSON *row)
{
    bool explained;

    if (json_at(row, "disturbed") == NULL)
        return;
    explained = result_faults_hit(row, FAULT_ON_SERVER) || result_faults_hit(row, FAULT_ON_STORE);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        if (limits[i].of_source && explained)
            continue;
        if (limits[i].scope == EACH_PROCESS)
            judge_processes(row, &limits[i]);
        else
            judge(row, &limits[i], row, limits[i].who);
    }
}
