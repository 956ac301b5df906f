#include "bench/run/ladder_capture.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    s->duration_s = LADDER_LEAST_S + LADDER_RTTS * scenario_rtt_s(w->scenario);
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
    char step[160];
    int rc;

    shrink(s, &row, w);
    small.scenario = s;
    small.pcap = true;
    small.files = row.id;
    snprintf(step, sizeof step, "capturing packets for sequence diagrams: %s (%zu of %zu)",
             w->scenario->rows[i].id, i + 1, w->scenario->nrows);
    progress_step(w->progress, step, s->duration_s + SCENARIO_ROW_REST_S);
    rc = row_measure(&small, &row, &result, e);
    cJSON_Delete(result);
    if (rc == PL_OK)
        rc = keep_capture(w, row.id, w->scenario->rows[i].id, e);
    folder_drop_row(w->folder, row.id);
    return rc;
}

/* Rows with faults have ladders of their own, of what a client goes through. */
static bool is_captured(const struct scenario *s, size_t i)
{
    return scenario_faults_of(s, &s->rows[i])->n == 0;
}

double ladder_capture_expected_s(const struct scenario *s)
{
    double each_s = LADDER_LEAST_S + LADDER_RTTS * scenario_rtt_s(s) + SCENARIO_ROW_REST_S;
    bool emulated = strcmp(s->links.text[s->link], NETWORK_LOOPBACK) != 0;
    size_t rows = 0;

    for (size_t i = 0; i < s->nrows; i++)
        rows += is_captured(s, i);
    return emulated && !scenario_has_balancers(s) ? each_s * (double)rows : 0;
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
    for (size_t i = 0; rc == PL_OK && i < w->scenario->nrows; i++)
        if (is_captured(w->scenario, i))
            rc = capture_row(w, s, i, e);
    free(s);
    return rc == PL_EINTR ? PL_OK : rc;
}
