#include "bench/chart/chart.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/chart/chart_data.h"
#include "bench/chart/chart_title.h"
#include "bench/base/file.h"
#include "bench/base/gnuplot.h"
#include "bench/base/data_find.h"
#include "bench/base/json.h"
#include "bench/base/writer.h"
#include "bench/ladder/ladder_draw.h"
#include "bench/model/predicted.h"
#include "bench/page/template.h"
#include "bench/result/run_file.h"
#include "lib/proto/transport_info.h"

const char *const chart_names[] = {
    "overview",            /* which transport? */
    "in-between",          /* what does it cost to have something there? (with balancers) */
    "fault-recovery",      /* how soon is a client back? (with faults) */
    "fault-timeline",      /* what happens around a fault? (with faults) */
    "latency-percentiles", /* what does the tail look like? (of updates enough for one) */
    "latency-cdf",         /* what share arrives within a time? */
    "latency-timeline",    /* what does one client experience? */
    "on-time",             /* what share meets its deadline? (with a deadline) */
    "upstream-latency",    /* how late do all get what one sends? (where clients send) */
    "requests-per-update", /* the cost on the wire, ... */
    "handshakes-per-update",
    "bytes-per-update",
    "wire-bytes-per-update", /* (on an emulated link) */
    "packets-per-update",    /* (the same) */
    "cpu-per-update",        /* ... and on the machines */
    NULL,
};

/* More lines than this cannot be told from each other. */
enum { SVG_BYTES_MAX = 64 << 20, LINES_MAX = 16 };

/* Where nothing was counted, on loopback no packets: no picture, rather than an empty one. */
static bool is_drawn(const char *name, const struct chart_data *data)
{
    const struct {
        const char *name;
        bool drawn;
    } rules[] = {
        {"wire-bytes-per-update", data->has_wire},
        {"packets-per-update", data->has_wire},
        {"on-time", data->has_deadline},
        {"in-between", data->has_balancers},
        {"upstream-latency", data->has_upstream},
        {"fault-recovery", data->faults.lines > 0},
        {"fault-timeline", data->faults.lines > 0},
        {"latency-percentiles", data->tail->percent < 100 && data->rows <= LINES_MAX},
    };

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(name, rules[i].name) == 0)
            return rules[i].drawn;
    return strncmp(name, "latency-", 8) != 0 || data->rows <= LINES_MAX; /* a line per row */
}

/* The folder of the gnuplot scripts. 0, or PL_EINVAL with the line in e. */
static int find_scripts(char *dir, size_t cap, struct err_text *e)
{
    const char *named = getenv("PUSHLAB_CHARTS");

    if (data_find(dir, cap, DATA_CHARTS, "style.gp")) {
        *strrchr(dir, '/') = '\0';
        return PL_OK;
    }
    if (named != NULL && named[0] != '\0')
        return err_set(e, PL_EINVAL, "PUSHLAB_CHARTS: no gnuplot scripts in %.200s", named);
    return err_set(e, PL_EINVAL,
                   "no gnuplot scripts beside this program nor in %s/charts; set PUSHLAB_CHARTS",
                   PUSHLAB_DATADIR);
}

/* ---- drawing ---- */

struct drawing {
    const char *run_dir;
    const char *variables; /* more of them, as gnuplot reads them; NULL: those of a run */
    char scripts_dir[PATH_MAX], charts_dir[PATH_MAX], data_dir[PATH_MAX];
    struct chart_data data;
    const cJSON *run; /* NULL: the pictures are of no single run, and have no titles */
    struct supervisor supervisor;
};

/* gnuplot names one font and writes bold as part of its name: a browser without that font
 * then still shows a sans-serif of its width, and bold. head: the title, which is what a screen
 * reader says, and the style. */
static void svg_rewrite(struct writer *w, const char *text, const char *head)
{
    const struct {
        const char *old_text, *new_text;
    } replacements[] = {
        {"font-family=\"DejaVu Sans\"", "font-family=\"DejaVu Sans, Verdana, sans-serif\""},
        {"font-family=\"DejaVu Sans:Bold\"",
         "font-family=\"DejaVu Sans, Verdana, sans-serif\" font-weight=\"bold\""},
        {"<title>Gnuplot</title>", head},
    };

    while (w->rc == PL_OK && *text != '\0') {
        size_t kept = strcspn(text + 1, "<f") + 1; /* up to where one may begin */

        for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++) {
            size_t len = strlen(replacements[i].old_text);

            if (strncmp(text, replacements[i].old_text, len) != 0)
                continue;
            writer_puts(w, replacements[i].new_text);
            text += len;
            kept = 0;
            break;
        }
        writer_add(w, text, kept);
        text += kept;
    }
}

/* title: "": none, so it is called by its name. */
static int svg_finish(const char *path, const char *name, const char *title, struct err_text *e)
{
    struct buf in = {0}, out = {0}, head = {0};
    struct writer w = {.out = &out};
    struct template_fill t = {.w = {.out = &head}, .output = OUTPUT_HTML};
    int rc = file_read(&in, path, SVG_BYTES_MAX, e);

    writer_puts(&t.w, "<title>");
    output_printf(&t.w, OUTPUT_HTML, "%s%s", title[0] == '\0' ? "pushlab: " : "",
                  title[0] == '\0' ? name : title);
    writer_puts(&t.w, "</title>\n");
    template_put(&t, "style of charts");
    rc = rc < 0 ? rc : template_end(&t, "charts", e);
    if (rc == PL_OK) {
        svg_rewrite(&w, (const char *)in.data, writer_text(&t.w));
        rc = w.rc < 0 ? err_set(e, w.rc, "%s: %s", path, pl_strerror(w.rc))
                      : file_write(path, out.data, out.len, e);
    }
    buf_free(&in);
    buf_free(&out);
    buf_free(&head);
    return rc;
}

/* name = 'text'; in gnuplot's words, where a quote is written twice and nothing else is special. */
static void put_variable(struct writer *w, const char *name, const char *text)
{
    writer_printf(w, "%s = '", name);
    for (; *text != '\0'; text++)
        writer_printf(w, *text == '\'' ? "''" : "%c", *text);
    writer_puts(w, "'; ");
}

/* A path, told so that gnuplot takes none for a command: those begin with '<' or '|'. */
static void put_path(struct writer *w, const char *name, const char *path)
{
    char told[PATH_MAX + 2];

    snprintf(told, sizeof told, "%s%s", path[0] == '/' ? "" : "./", path);
    put_variable(w, name, told);
}

/* colour_of(t) and symbol_of(t): functions of a transport's name. */
static void put_transports(struct writer *w)
{
    writer_puts(w, "colour_of(t) = ");
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        writer_printf(w, "t eq '%s' ? 0x%06X : ", transport_names[i],
                      (unsigned)transport_infos[i].rgb);
    writer_puts(w, "0x555555; symbol_of(t) = ");
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        writer_printf(w, "t eq '%s' ? %u : ", transport_names[i], transport_infos[i].symbol);
    writer_puts(w, "15; ");
}

/* middle_column (of rows.csv, without its beginning), middle_name; tail_column, tail_name,
 * tail_nth. */
static void put_latency(struct writer *w, const char *of, const char *middle,
                        const struct percentile *tail)
{
    writer_printf(w, "%smiddle_column = '%s_us'; %smiddle_name = '%s'; ", of, middle, of,
                  middle[0] == 'p' ? "median" : middle);
    writer_printf(w, "%stail_column = '%s_us'; %stail_name = '%s'; %stail_nth = '%s'; ", of,
                  tail->name, of, tail->words, of, tail->nth);
}

static void put_run(struct writer *w, const struct chart_data *data)
{
    writer_printf(w, "on_the_wire = %d; ", data->has_wire);
    put_latency(w, "", data->middle, data->tail);
    put_latency(w, "upstream_", data->upstream_middle, data->upstream_tail);
}

/* Run a script, with the variables that style.gp explains. */
static int run_script(struct drawing *d, char *script, const char *title, const char *output,
                      const char *format, struct err_text *e)
{
    char gnuplot[] = "gnuplot", no_user_settings[] = "-d", execute[] = "-e";
    struct buf variables = {0};
    struct writer w = {.out = &variables};
    int rc;

    put_path(&w, "scripts_dir", d->scripts_dir);
    put_path(&w, "data_dir", d->data_dir);
    put_path(&w, "output_path", output);
    put_variable(&w, "output_format", format);
    put_variable(&w, "title", title);
    put_variable(&w, "conditions", d->data.conditions);
    put_variable(&w, "interval_words", d->data.interval_words);
    put_transports(&w);
    if (d->variables != NULL)
        writer_puts(&w, d->variables);
    else
        put_run(&w, &d->data);
    writer_add(&w, "", 1);
    char *argv[] = {gnuplot, no_user_settings, execute, (char *)variables.data, script, NULL};
    rc =
        w.rc < 0 ? err_set(e, w.rc, "%s", pl_strerror(w.rc)) : gnuplot_run(&d->supervisor, argv, e);
    buf_free(&variables);
    return rc;
}

/* Draw to a temporary file beside it and rename that, so no picture is ever incomplete. of: the
 * script's name; suffix: ".svg", ".png". */
static int draw_file(struct drawing *d, const char *of, const char *name, const char *title,
                     const char *suffix, struct err_text *e)
{
    char script[PATH_MAX], path[PATH_MAX], half[PATH_MAX];
    struct err_text why;
    int rc = run_file_path(script, d->scripts_dir, "", of, ".gp", e);

    rc = rc < 0 ? rc : run_file_path(path, d->charts_dir, "", name, suffix, e);
    rc = rc < 0 ? rc : run_file_path(half, d->charts_dir, ".", name, suffix, e);
    if (rc < 0)
        return rc;
    rc = run_script(d, script, title, half, suffix + 1, &why);
    if (rc < 0)
        err_set(e, rc, "chart %s%s: %.250s", name, suffix, why.text);
    if (rc == PL_OK && strcmp(suffix, ".svg") == 0)
        rc = svg_finish(half, name, title, e);
    if (rc == PL_OK && rename(half, path) < 0)
        rc = err_set(e, PL_ESYS, "rename %s: %s", path, strerror(errno));
    if (rc < 0)
        unlink(half);
    return rc;
}

static int draw(struct drawing *d, const char *of, const char *name, struct err_text *e)
{
    struct buf text = {0};
    struct writer w = {.out = &text};
    const char *title;
    int rc = d->run == NULL ? PL_OK : chart_title(&text, name, d->run, &d->data, e);

    title = writer_text(&w);
    rc = rc < 0 ? rc : draw_file(d, of, name, title, ".svg", e);
    rc = rc < 0 ? rc : draw_file(d, of, name, title, ".png", e);
    buf_free(&text);
    return rc;
}

/* The diagram of a row's packets, where they were captured. */
static int draw_ladder(const char *run_dir, const cJSON *run, const cJSON *row, struct err_text *e)
{
    const char *id = json_text(row, "id");
    struct ladder_about about = {.row = id, .link = json_text(run, "link"), .clients = 1};
    char from[PATH_MAX], to[PATH_MAX];
    int rc = run_file_path(from, run_dir, "ladder-", id, ".pcapng", e);

    rc = rc < 0 ? rc : run_file_path(to, run_dir, "charts/ladder-", id, ".svg", e);
    return rc < 0 || access(from, F_OK) < 0 ? rc : ladder_draw(from, to, &about, e);
}

/* What one client of each row went through: a picture for each line of the faults' chart. */
static int draw_recoveries(struct drawing *d, struct err_text *e)
{
    const struct chart_faults *f = &d->data.faults;
    char name[RESULT_FAULTS_NAME_BYTES + 32];
    struct buf variables = {0};
    int rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < f->lines; i++) {
        struct writer w = {.out = &variables};

        variables.len = 0;
        put_run(&w, &d->data);
        writer_printf(&w, "shown_line = %zu; ", i);
        d->variables = writer_text(&w);
        snprintf(name, sizeof name, "%s%s", CHART_RECOVERY_PREFIX, f->line[i]);
        rc = w.rc < 0 ? err_set(e, w.rc, "chart %s: %s", name, pl_strerror(w.rc))
                      : draw(d, "fault-ladder", name, e);
    }
    d->variables = NULL;
    buf_free(&variables);
    return rc;
}

static int draw_all(struct drawing *d, const cJSON *run, struct err_text *e)
{
    const cJSON *row;
    int rc = supervisor_open(&d->supervisor);

    if (rc < 0)
        return err_set(e, PL_ESYS, "charts: %s", strerror(errno));
    for (size_t i = 0; rc == PL_OK && chart_names[i] != NULL; i++) {
        if (!is_drawn(chart_names[i], &d->data))
            continue;
        rc = draw(d, chart_names[i], chart_names[i], e);
    }
    rc = rc < 0 ? rc : draw_recoveries(d, e);
    supervisor_close(&d->supervisor);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        rc = rc < 0 ? rc : draw_ladder(d->run_dir, run, row, e);
    }
    return rc;
}

static int open_drawing(struct drawing *d, const char *dir, struct err_text *e)
{
    int rc = find_scripts(d->scripts_dir, sizeof d->scripts_dir, e);

    d->run_dir = dir;
    rc = rc < 0 ? rc : run_file_path(d->charts_dir, dir, "charts", "", "", e);
    return rc < 0 ? rc : run_file_path(d->data_dir, dir, "charts/data", "", "", e);
}

int chart_draw_pictures(const char *dir, const struct chart_picture *pictures, size_t n,
                        struct err_text *e)
{
    struct drawing d = {.run_dir = NULL};
    int rc = open_drawing(&d, dir, e);

    if (rc < 0)
        return rc;
    if (supervisor_open(&d.supervisor) < 0)
        return err_set(e, PL_ESYS, "charts: %s", strerror(errno));
    for (size_t i = 0; rc == PL_OK && i < n; i++) {
        snprintf(d.data.conditions, sizeof d.data.conditions, "%s", pictures[i].conditions);
        d.variables = pictures[i].variables;
        rc = draw(&d, pictures[i].script, pictures[i].name, e);
    }
    supervisor_close(&d.supervisor);
    return rc;
}

int chart_draw(const char *run_dir, struct err_text *e)
{
    struct drawing d = {.run_dir = NULL};
    cJSON *run;
    int rc = open_drawing(&d, run_dir, e);

    rc = rc < 0 ? rc : run_file_read(&run, run_dir, e);
    if (rc < 0)
        return rc;
    predicted_add(run);
    d.run = run;
    rc = chart_data_write(run, run_dir, d.data_dir, &d.data, e);
    rc = rc < 0 ? rc : draw_all(&d, run, e);
    cJSON_Delete(run);
    return rc;
}
