#include "bench/chart/chart_faults.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/base/writer.h"
#include "bench/result/run_file.h"

enum { SERIES_BYTES_MAX = 64 << 20, EVENTS_MAX = 4096, COLUMNS_MAX = 12, LABEL_BYTES = 128 };

/* Events nearer than this share of the time shown have one label. */
static const double LABELS_APART = 0.055;

/* ---- the places of rows ---- */

/* Where name is in a list that grows by it; n_max when the list is full. */
static size_t place_in(char (*list)[RESULT_FAULTS_NAME_BYTES], size_t *n, size_t n_max,
                       const char *name)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(list[i], name) == 0)
            return i;
    if (*n == n_max)
        return n_max;
    snprintf(list[*n], RESULT_FAULTS_NAME_BYTES, "%s", name);
    return (*n)++;
}

static void put_place(struct writer *w, const cJSON *row, int number, size_t line, size_t column,
                      const char *name)
{
    const cJSON *fault;

    cJSON_ArrayForEach(fault, json_at(row, "faults"))
    {
        double at_s = json_number(fault, "at_s");
        double for_s = 1e-9 * (json_number(fault, "end_ns") - json_number(fault, "start_ns"));

        writer_printf(w, "%d,%zu,%zu,", number, line, column);
        writer_puts(w, name);
        if (isfinite(at_s))
            writer_printf(w, ",%.6f,%.6f\n", at_s, at_s + (for_s > 0 ? for_s : 0));
        else
            writer_puts(w, ",NaN,NaN\n");
    }
}

int chart_faults_places(struct buf *out, struct chart_faults *f, const cJSON *rows)
{
    char columns[COLUMNS_MAX][RESULT_FAULTS_NAME_BYTES], name[RESULT_FAULTS_NAME_BYTES];
    struct writer w = {.out = out};
    size_t ncolumns = 0, line, column;
    const cJSON *row;
    int number = 0;

    writer_puts(&w, "row,line,column,name,from_s,to_s\n");
    cJSON_ArrayForEach(row, rows)
    {
        number++;
        result_faults_name(name, row);
        if (name[0] == '\0')
            continue;
        line = place_in(f->line, &f->lines, CHART_FAULTS_LINES_MAX, name);
        snprintf(name, sizeof name, "%.30s %.20s", json_text(row, "transport"),
                 json_text(row, "connection"));
        column = place_in(columns, &ncolumns, COLUMNS_MAX, name);
        if (line == CHART_FAULTS_LINES_MAX || column == COLUMNS_MAX) {
            f->lines = 0;
            return w.rc;
        }
        put_place(&w, row, number, line, column, f->line[line]);
    }
    return w.rc;
}

/* ---- series ---- */

struct event {
    double after_s;
    char what[16], detail[32];
};

/* What one line says; client -1: connects in a bin. */
static bool read_event(struct event *event, long *client, const char *line, size_t len,
                       double start_ns)
{
    char copy[128], at[32] = "";

    snprintf(copy, sizeof copy, "%.*s", (int)(len < sizeof copy - 1 ? len : sizeof copy - 1), line);
    *event = (struct event){.after_s = NAN};
    if (sscanf(copy, "%ld,%31[0-9-],%15[a-z],%31[^,\r\n]", client, at, event->what, event->detail) <
        3)
        return false;
    event->after_s = 1e-9 * ((double)strtoll(at, NULL, 10) - start_ns);
    return true;
}

/* The client that is shown: the first that lost its connection, else the first. */
static long client_shown(const char *text, size_t len, double start_ns)
{
    const char *end = text + len, *line_end;
    long client, first = -1;
    struct event event;

    for (const char *line = text; line < end; line = line_end + 1) {
        line_end = memchr(line, '\n', (size_t)(end - line));
        line_end = line_end != NULL ? line_end : end;
        if (!read_event(&event, &client, line, (size_t)(line_end - line), start_ns) || client < 0)
            continue;
        if (strcmp(event.what, "lost") == 0 && event.after_s > -0.05)
            return client;
        first = first < 0 ? client : first;
    }
    return first;
}

/* How an event looks; "": it is not drawn. */
static const char *kind_of(const struct event *event)
{
    static const char *const drawn[][2] = {
        {"lost", "lost"},      {"refused", "refused"}, {"connected", "connected"},
        {"update", "update"},  {"connect", "other"},   {"asked", "other"},
        {"answered", "other"}, {"restarted", "other"},
    };

    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++)
        if (strcmp(event->what, drawn[i][0]) == 0)
            return drawn[i][1];
    return "";
}

/* The last event that is shown: the first update after the fault has ended and the connection, if
 * it was lost, is back. n when there is none. */
static size_t find_end(const struct event *events, size_t n, double for_s)
{
    bool away = false, lost = false;
    size_t last_connected = 0;

    for (size_t i = 0; i < n; i++) {
        if (events[i].after_s < 0)
            continue;
        away = strcmp(events[i].what, "lost") == 0        ? true
               : strcmp(events[i].what, "connected") == 0 ? false
                                                          : away;
        lost = lost || away;
        if (lost && !away && strcmp(events[i].what, "connected") == 0)
            last_connected = i;
        if (strcmp(events[i].what, "update") == 0 && !away && events[i].after_s >= for_s &&
            (!lost || i > last_connected))
            return i;
    }
    return n;
}

/* Append what happened to a label, "connected → asked"; a connect whose outcome follows is not
 * said. */
static void add_to_label(char label[LABEL_BYTES], const struct event *e)
{
    static const char before[] = "connect";
    size_t len = strlen(label), cut = len - (sizeof before - 1);
    bool outcome = strcmp(e->what, "connected") == 0 || strcmp(e->what, "refused") == 0;

    if (outcome && len >= sizeof before - 1 && strcmp(label + cut, before) == 0)
        len = cut >= strlen(" → ") ? cut - strlen(" → ") : cut;

    snprintf(label + len, LABEL_BYTES - len, "%s%s", len > 0 ? " → " : "", e->what);
}

/* The events of one client, from shortly before the fault: updates have a label only at the end. */
static int put_recovery(struct buf *out, const struct event *events, size_t n, double for_s)
{
    size_t end = find_end(events, n, for_s);
    double span_s = end < n ? events[end].after_s : n > 0 ? events[n - 1].after_s : 0;
    double labelled_s = -INFINITY;
    int rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < n && i <= end; i++) {
        const struct event *e = &events[i];
        bool is_update = strcmp(e->what, "update") == 0;
        char label[LABEL_BYTES] = "";

        if (kind_of(e)[0] == '\0' || e->after_s < -0.1 * span_s)
            continue;
        if ((!is_update || i == end) && e->after_s >= labelled_s + LABELS_APART * span_s) {
            labelled_s = e->after_s;
            for (size_t k = i;
                 k < n && k <= end && events[k].after_s < labelled_s + LABELS_APART * span_s; k++)
                if (kind_of(&events[k])[0] != '\0' &&
                    (strcmp(events[k].what, "update") != 0 || k == end))
                    add_to_label(label, &events[k]);
        }
        rc = buf_printf(out, "%.6f,%s,%s\n", e->after_s, kind_of(e),
                        label[0] != '\0' ? label : "-") < 0
                 ? PL_ENOMEM
                 : PL_OK;
    }
    return rc;
}

int chart_faults_series(struct buf *connects, struct buf *recovery, const char *text, size_t len,
                        const struct chart_faults_when *when, struct err_text *e)
{
    struct event *events = calloc(EVENTS_MAX, sizeof *events), event;
    const char *end = text + len, *line_end;
    long client, shown = client_shown(text, len, when->start_ns);
    int line_number = 1;
    size_t n = 0;
    int rc = events == NULL ? PL_ENOMEM : buf_printf(connects, "at_s,connects\n");

    rc = rc < 0 ? rc : buf_printf(recovery, "after_s,kind,label\n");
    for (const char *line = text; rc >= 0 && line < end; line = line_end + 1, line_number++) {
        line_end = memchr(line, '\n', (size_t)(end - line));
        line_end = line_end != NULL ? line_end : end;
        if (line_number == 1 || line_end == line)
            continue;
        if (!read_event(&event, &client, line, (size_t)(line_end - line), when->start_ns))
            rc = err_set(e, PL_EPROTO, "line %d: not client,at_ns,event,detail", line_number);
        else if (client < 0)
            rc = buf_printf(connects, "%.3f,%ld\n", when->at_s + event.after_s,
                            strtol(event.detail, NULL, 10));
        else if (client == shown && n < EVENTS_MAX)
            events[n++] = event;
    }
    rc = rc < 0 ? rc : put_recovery(recovery, events, n, when->for_s);
    free(events);
    return rc < 0 ? rc : PL_OK;
}

/* ---- files ---- */

static int write_row(const cJSON *row, const char *run_dir, const char *data_dir,
                     struct err_text *e)
{
    const cJSON *first = cJSON_GetArrayItem(json_at(row, "faults"), 0);
    struct chart_faults_when when = {
        .start_ns = json_number(first, "start_ns"),
        .at_s = json_number(first, "at_s"),
        .for_s = 1e-9 * (json_number(first, "end_ns") - json_number(first, "start_ns"))};
    struct buf text = {0}, connects = {0}, recovery = {0};
    const char *id = json_text(row, "id");
    struct err_text why = {""};
    char path[PATH_MAX];
    int rc = run_file_path(path, run_dir, "recovery-", id, ".csv", e);

    if (rc == PL_OK && access(path, F_OK) == 0) {
        rc = file_read(&text, path, SERIES_BYTES_MAX, e);
        if (rc == PL_OK) {
            rc = chart_faults_series(&connects, &recovery, (const char *)text.data, text.len, &when,
                                     &why);
            if (rc < 0)
                err_set(e, rc, "%s: %s", path, why.text[0] != '\0' ? why.text : pl_strerror(rc));
        }
    } else if (rc == PL_OK) {
        rc = buf_printf(&connects, "at_s,connects\n");
        rc = rc < 0 ? rc : buf_printf(&recovery, "after_s,kind,label\n");
    }
    if (rc == PL_OK)
        rc = run_file_write(data_dir, "connects-", id, ".csv", &connects, rc, e);
    if (rc == PL_OK)
        rc = run_file_write(data_dir, "recovery-", id, ".csv", &recovery, rc, e);
    buf_free(&connects);
    buf_free(&recovery);
    buf_free(&text);
    return rc;
}

int chart_faults_write(struct chart_faults *f, const cJSON *run, const char *run_dir,
                       const char *data_dir, struct err_text *e)
{
    const cJSON *row, *rows = json_at(run, "rows");
    struct buf places = {0};
    int rc = chart_faults_places(&places, f, rows);

    rc = run_file_write(data_dir, "faults", "", ".csv", &places, rc, e);
    cJSON_ArrayForEach(row, rows)
    {
        if (rc == PL_OK && f->lines > 0 && cJSON_GetArraySize(json_at(row, "faults")) > 0)
            rc = write_row(row, run_dir, data_dir, e);
    }
    return rc;
}
