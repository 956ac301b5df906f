#include "bench/result/conditions.h"

#include <math.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/result_source.h"

static void put_generator(struct writer *w, const cJSON *source)
{
    double rate_hz = json_number(source, "rate_hz"), bytes = json_number(source, "payload_bytes");
    const char *pattern = json_text(source, "pattern");

    if (!(rate_hz > 0))
        return;
    if (rate_hz > 0 && rate_hz < 0.1) /* as notifications are told */
        writer_printf(w, "an update every %.3g s", 1 / rate_hz);
    else
        writer_printf(w, "%.6g updates/s", rate_hz);
    if (bytes >= 0)
        writer_printf(w, " of %.0f bytes", bytes);
    if (pattern[0] != '\0')
        writer_printf(w, ", %.16s", pattern);
    writer_puts(w, " · ");
}

static void put_trace(struct writer *w, const cJSON *source)
{
    writer_printf(w, "trace %.60s · ", json_text(source, "trace_file"));
}

static void put_game(struct writer *w, const cJSON *source)
{
    double rooms = json_number(source, "rooms");

    writer_printf(w, "game, %g ticks/s in %g room%s · ", json_number(source, "tick_hz"), rooms,
                  rooms == 1 ? "" : "s");
}

static void put_with_speed(struct writer *w, const cJSON *source)
{
    double speed = json_number(source, "speed");

    writer_printf(w, "%.16s", json_text(source, "kind"));
    if (speed > 0 && speed != 1)
        writer_printf(w, ", %g times as fast", speed);
    writer_puts(w, " · ");
}

static void put_notifications(struct writer *w, const cJSON *source)
{
    double rate_hz = json_number(source, "rate_hz");

    if (rate_hz < 1)
        writer_printf(w, "a notification every %.3g s · ", 1 / rate_hz);
    else
        writer_printf(w, "%.6g notifications/s · ", rate_hz);
}

static void put_workload(struct writer *w, const cJSON *send)
{
    const char *workload = json_text(send, "workload");
    double senders = json_number(send, "senders");

    if (workload[0] == '\0' || strcmp(workload, "none") == 0)
        return;
    writer_printf(w, "%g %.16s/s up from each", json_number(send, "rate_hz"), workload);
    if (senders > 0)
        writer_printf(w, " of %g", senders);
    writer_puts(w, " · ");
}

static void put_source(struct writer *w, const cJSON *scenario)
{
    static const struct {
        const char *kind;
        void (*put)(struct writer *w, const cJSON *source); /* NULL: nothing */
    } kinds[] = {
        {"trace", put_trace},          {"game", put_game}, {"sports", put_with_speed},
        {"dashboard", put_with_speed}, {"none", NULL},     {"notifications", put_notifications},
        {"generator", put_generator}, /* the last: the live page names no kind */
    };
    const size_t last = sizeof kinds / sizeof *kinds - 1;
    const cJSON *source = json_at(scenario, "source");
    size_t i = 0;

    while (i < last && strcmp(json_text(source, "kind"), kinds[i].kind) != 0)
        i++;
    if (kinds[i].put != NULL)
        kinds[i].put(w, source);
    put_workload(w, json_at(scenario, "send"));
}

static void put_clients(struct writer *w, const cJSON *run)
{
    double least = NAN, most = NAN;
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        least = fmin(least, json_number(row, "clients"));
        most = fmax(most, json_number(row, "clients"));
    }
    if (isnan(most)) /* no row yet */
        least = most = json_number(run, "scenario.clients");
    if (least < most)
        writer_printf(w, "%.0f–%.0f clients · ", least, most);
    else if (!isnan(most))
        writer_printf(w, "%.0f %s · ", most, most == 1 ? "client" : "clients");
}

void conditions_put(struct writer *w, const cJSON *run, int link_max_bytes)
{
    double duration_s = json_number(run, "scenario.duration_s");
    double repeat = json_number(run, "scenario.repeat");
    const char *link = json_text(run, "link"), *heads = json_text(run, "scenario.heads");
    char achieved[RESULT_SOURCE_RATES_BYTES];

    result_source_achieved(achieved, run);
    put_clients(w, run);
    put_source(w, json_at(run, "scenario"));
    if (achieved[0] != '\0')
        writer_printf(w, "achieved: %s updates/s · ", achieved);
    if (repeat > 1)
        writer_printf(w, "%.0f × ", repeat);
    if (duration_s > 0)
        writer_printf(w, "%.4g s window · ", duration_s);
    if (heads[0] != '\0' && strcmp(heads, "minimal") != 0)
        writer_printf(w, "heads: %.16s · ", heads);
    writer_printf(w, "link: %.*s%s%s", link_max_bytes, link[0] != '\0' ? link : "unknown",
                  json_number(run, "scenario.ip") == 6 ? " · IPv6" : "",
                  json_true(run, "scenario.tls") ? " · TLS" : "");
}
