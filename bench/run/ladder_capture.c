#include "bench/run/ladder_capture.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

/* Slow enough to see each exchange, fast enough to see several. */
#define LADDER_RATE_HZ     3.0
#define LADDER_INTERVAL_MS 200
#define LADDER_SPORTS      60.0 /* times the real speed: a ball each half second */
#define LADDER_LEAST_S     1.0
#define LADDER_RTTS        6

/* The row's transport with one client, for about a second. */
static void shrink(struct scenario *s, struct scenario_row *row, const struct row_setting *w)
{
    *s = *w->scenario;
    s->clients = 1;
    s->warmup_s = 0;
    s->duration_s = LADDER_LEAST_S +
                    LADDER_RTTS * (double)link_spec_rtt_ns(&w->network->spec) / (double)NS_PER_S;
    s->source.rate_hz = s->source.tick_hz = s->send.rate_hz = LADDER_RATE_HZ;
    if (s->source.kind == SOURCE_SPORTS)
        s->source.speed = LADDER_SPORTS;
    if (row->interval_ms != SCENARIO_UNSET)
        row->interval_ms = LADDER_INTERVAL_MS;
    if (row->poll == POLL_BACKOFF && row->interval_max_ms < row->interval_ms)
        row->interval_max_ms = row->interval_ms;
    snprintf(row->id, sizeof row->id, "ladder");
}

static int keep_capture(const struct row_setting *w, const char *from_id, const char *id,
                        struct err_text *e)
{
    char from[PATH_MAX], to[PATH_MAX];

    folder_row_file(w->folder, from, "wire-", from_id, ".pcapng");
    folder_row_file(w->folder, to, "ladder-", id, ".pcapng");
    if (rename(from, to) < 0)
        return err_set(e, PL_ESYS, "%s: %s", to, strerror(errno));
    return PL_OK;
}

static int capture_row(const struct row_setting *w, struct scenario *s, size_t i,
                       struct err_text *e)
{
    struct scenario_row row = w->scenario->rows[i];
    struct row_setting small = *w;
    cJSON *result;
    int rc;

    shrink(s, &row, w);
    small.scenario = s;
    small.pcap = true;
    small.files = row.id;
    progress_row(w->progress, row.id, i + 1, 0, 1);
    rc = row_measure(&small, &row, &result, e);
    cJSON_Delete(result);
    if (rc == PL_OK)
        rc = keep_capture(w, row.id, w->scenario->rows[i].id, e);
    folder_drop_row(w->folder, row.id);
    return rc;
}

int ladder_capture(const struct row_setting *w, struct err_text *e)
{
    struct scenario *s;
    int rc = PL_OK;

    if (!w->network->emulated)
        return PL_OK;
    s = malloc(sizeof *s);
    if (s == NULL)
        return err_set(e, PL_ENOMEM, "ladders: %s", pl_strerror(PL_ENOMEM));
    progress_plan(w->progress, w->scenario->nrows, 0, NAN);
    for (size_t i = 0; rc == PL_OK && i < w->scenario->nrows; i++)
        rc = capture_row(w, s, i, e);
    free(s);
    return rc == PL_EINTR ? PL_OK : rc;
}
