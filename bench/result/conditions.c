#include "bench/result/conditions.h"

#include <math.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/base/json.h"

#define DOT " · "

static int put_generator(struct buf *out, const cJSON *source)
{
    double rate_hz = json_number(source, "rate_hz"), bytes = json_number(source, "payload_bytes");
    const char *pattern = json_text(source, "pattern");
    int rc;

    if (!(rate_hz > 0))
        return PL_OK;
    rc = buf_printf(out, "%.6g updates/s", rate_hz);
    if (rc == PL_OK && bytes >= 0)
        rc = buf_printf(out, " of %.0f bytes", bytes);
    if (rc == PL_OK && pattern[0] != '\0')
        rc = buf_printf(out, ", %.16s", pattern);
    return rc == PL_OK ? buf_printf(out, DOT) : rc;
}

static int put_trace(struct buf *out, const cJSON *source)
{
    return buf_printf(out, "trace %.60s" DOT, json_text(source, "trace_file"));
}

static int put_game(struct buf *out, const cJSON *source)
{
    return buf_printf(out, "game, %g ticks/s in %g room%s" DOT, json_number(source, "tick_hz"),
                      json_number(source, "rooms"), json_number(source, "rooms") == 1 ? "" : "s");
}

static int put_speeded(struct buf *out, const cJSON *source)
{
    double speed = json_number(source, "speed");

    if (!(speed > 0) || speed == 1)
        return buf_printf(out, "%.16s" DOT, json_text(source, "kind"));
    return buf_printf(out, "%.16s, %g times as fast" DOT, json_text(source, "kind"), speed);
}

static int put_notifications(struct buf *out, const cJSON *source)
{
    double rate_hz = json_number(source, "rate_hz");

    if (rate_hz < 1)
        return buf_printf(out, "a notification every %.3g s" DOT, 1 / rate_hz);
    return buf_printf(out, "%.6g notifications/s" DOT, rate_hz);
}

static int put_nothing(struct buf *out, const cJSON *source)
{
    (void)out;
    (void)source;
    return PL_OK;
}

static int put_workload(struct buf *out, const cJSON *send)
{
    const char *workload = json_text(send, "workload");

    if (workload[0] == '\0' || strcmp(workload, "none") == 0)
        return PL_OK;
    if (json_number(send, "senders") > 0)
        return buf_printf(out, "%g %.16s/s up from each of %g" DOT, json_number(send, "rate_hz"),
                          workload, json_number(send, "senders"));
    return buf_printf(out, "%g %.16s/s up from each" DOT, json_number(send, "rate_hz"), workload);
}

int conditions_put_source(struct buf *out, const cJSON *scenario)
{
    static const struct {
        const char *kind;
        int (*put)(struct buf *out, const cJSON *source);
    } kinds[] = {
        {"trace", put_trace},         {"game", put_game},    {"sports", put_speeded},
        {"dashboard", put_speeded},   {"none", put_nothing}, {"notifications", put_notifications},
        {"generator", put_generator},
    };
    const size_t last = sizeof kinds / sizeof *kinds - 1; /* the live page names no kind */
    const cJSON *source = json_at(scenario, "source");
    size_t i = 0;
    int rc;

    while (i < last && strcmp(json_text(source, "kind"), kinds[i].kind) != 0)
        i++;
    rc = kinds[i].put(out, source);
    return rc == PL_OK ? put_workload(out, json_at(scenario, "send")) : rc;
}
