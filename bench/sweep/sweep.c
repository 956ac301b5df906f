#include "bench/sweep/sweep.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/result.h"
#include "bench/run/run.h"
#include "bench/run/turns.h"
#include "bench/sweep/sweep_merge.h"

struct work {
    struct sweep *sweep;
    const struct sweep_options *options;
    struct sweep_outcome *out;
    struct block *order;
    double *block_s; /* of each cell: how long a block of it should take */
    int blocks, done;
};

/* ---- Ctrl-C ---- */

/* While a row is measured its supervisor (child.h) takes the signals that end a sweep; all others
 * wait, so that the sweep ends in order. nohup's SIGHUP stays ignored. */
static void list_signals(sigset_t *set)
{
    struct sigaction now;

    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    if (sigaction(SIGHUP, NULL, &now) < 0 || now.sa_handler != SIG_IGN)
        sigaddset(set, SIGHUP);
}

static bool signal_waits(void)
{
    sigset_t waiting, set;

    list_signals(&set);
    sigpending(&waiting);
    return sigandset(&set, &set, &waiting) == 0 && sigisemptyset(&set) == 0;
}

/* What has come is dealt with: it must not end the process later. */
static void drop_signals(const sigset_t *before)
{
    struct timespec now = {0};
    sigset_t set;

    list_signals(&set);
    while (sigtimedwait(&set, NULL, &now) > 0)
        continue;
    sigprocmask(SIG_SETMASK, before, NULL);
}

/* ---- how far it is ---- */

/* What is not there yet, as planned. */
static double planned_left_s(const struct work *w)
{
    const struct sweep *s = w->sweep;
    double left = 0;

    for (int cell = 0; cell < s->plan.cells; cell++)
        for (int r = 0; r < s->plan.repeat; r++)
            if (!sweep_has_block(s, (struct block){cell, r}))
                left += w->block_s[cell];
    return left;
}

/* "clients=50 link.rtt_ms=5, repeat 2 of 3" */
static void name_block(char *out, size_t cap, const struct work *w, struct block b)
{
    cJSON *values = plan_values(&w->sweep->plan, b.cell);
    char name[160], repeat[40] = "";

    if (w->sweep->plan.repeat > 1)
        snprintf(repeat, sizeof repeat, ", repeat %d of %d", b.repeat + 1, w->sweep->plan.repeat);
    snprintf(out, cap, "%s%s", plan_name(name, sizeof name, values), repeat);
    cJSON_Delete(values);
}

static void print_problem(void *arg, const char *line)
{
    (void)arg;
    fprintf(stderr, "pushlab: error: %s\n", line);
}

/* ---- a block ---- */

static int move(const struct sweep *s, const char *from, struct block b, struct err_text *e)
{
    char to[PATH_MAX];
    int rc;

    snprintf(to, sizeof to, "%s/blocks", s->dir);
    rc = file_make_folders(to, e);
    sweep_block_path(s, b, to);
    if (rc == PL_OK && rename(from, to) < 0)
        rc = err_set(e, PL_ESYS, "rename %.250s: %s", from, strerror(errno));
    return rc;
}

/* Rows that were measured are kept, with what is wrong in them; a row that was not ends all. */
static int take(struct work *w, struct block b, const struct run_outcome *run, int rc,
                struct err_text *e)
{
    int rows = cJSON_GetArraySize(json_at(run->run, "rows"));
    int planned = cJSON_GetArraySize(json_at(run->run, "rows_planned"));

    w->out->interrupted = run->stop;
    if (run->skipped[0] != '\0')
        return err_set(e, PL_ESYS, "%.300s", run->skipped);
    if (run->run != NULL)
        w->out->problems += result_each_problem(run->run, print_problem, NULL);
    if (rc < 0 || run->interrupted)
        return rc;
    if (rows < planned || !run->saved)
        return err_set(e, PL_ESYS,
                       "%d of %d rows of cell %d measured; sweep --resume %.180s tries "
                       "again",
                       rows, planned, b.cell + 1, w->sweep->dir);
    return move(w->sweep, run->folder.path, b, e);
}

/* Of the rows in a block: another order in each. */
static uint64_t order_seed(const struct sweep *s, struct block b)
{
    return (uint64_t)turns_seed((int64_t)s->plan.seed,
                                (unsigned)(b.repeat * s->plan.cells + b.cell + 2));
}

static void work_path(const struct sweep *s, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/.work", s->dir);
}

static int measure_block(struct work *w, struct block b, struct err_text *e)
{
    char work_dir[PATH_MAX], name[240];
    const struct run_options options = {.results = work_dir,
                                        .host_network = w->options->host_network,
                                        .progress = w->options->progress,
                                        .order_seed = order_seed(w->sweep, b),
                                        .retries = (int)json_number(w->sweep->json, "retries"),
                                        .argc = w->options->argc,
                                        .argv = w->options->argv};
    struct scenario *s = calloc(1, sizeof *s);
    struct run_outcome run = {.run = NULL};
    int rc = s == NULL ? err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM))
                       : plan_scenario(s, &w->sweep->plan, b.cell, e);

    work_path(w->sweep, work_dir);
    if (rc == PL_OK) {
        s->repeat = 1;
        s->seed = turns_seed(s->seed, (unsigned)b.repeat + 1);
        name_block(name, sizeof name, w, b);
        progress_part(options.progress, name, (size_t)w->done * s->nrows,
                      (size_t)w->blocks * s->nrows, planned_left_s(w));
        rc = run_scenario(&run, s, &options, e);
        rc = take(w, b, &run, rc, e);
        scenario_free(s);
    }
    cJSON_Delete(run.run);
    file_remove_folder(work_dir);
    free(s);
    return rc;
}

/* ---- all of them ---- */

static bool is_last_of_cell(const struct sweep *s, int cell)
{
    for (int r = 0; r < s->plan.repeat; r++)
        if (!sweep_has_block(s, (struct block){cell, r}))
            return false;
    return true;
}

/* A cell whose blocks are all there, also when that was known only to a process that was killed. */
static int finish_cell(const struct sweep *s, int cell, struct err_text *e)
{
    return is_last_of_cell(s, cell) ? sweep_merge(s, cell, e) : PL_OK;
}

static int finish_cells(struct work *w, struct err_text *e)
{
    int rc = PL_OK;

    for (int cell = 0; rc == PL_OK && cell < w->sweep->plan.cells; cell++)
        rc = finish_cell(w->sweep, cell, e);
    return rc;
}

static int measure_next(struct work *w, struct block b, struct err_text *e)
{
    int rc = measure_block(w, b, e);

    if (rc < 0 || !sweep_has_block(w->sweep, b))
        return rc;
    w->done++;
    rc = finish_cell(w->sweep, b.cell, e);
    return rc < 0 ? rc : sweep_save(w->sweep, e);
}

static int measure_all(struct work *w, struct err_text *e)
{
    char left_over[PATH_MAX]; /* by a process that was killed */
    int rc = finish_cells(w, e);

    work_path(w->sweep, left_over);
    file_remove_folder(left_over);
    for (int i = 0; i < w->blocks; i++)
        w->done += sweep_has_block(w->sweep, w->order[i]);
    for (int i = 0; rc == PL_OK && i < w->blocks && !w->out->interrupted; i++) {
        if (sweep_has_block(w->sweep, w->order[i]))
            continue;
        w->out->interrupted = signal_waits();
        if (!w->out->interrupted)
            rc = measure_next(w, w->order[i], e);
    }
    return rc < 0 ? rc : sweep_save(w->sweep, e);
}

int sweep_measure(struct sweep *s, const struct sweep_options *o, struct sweep_outcome *out,
                  struct err_text *e)
{
    struct work w = {.sweep = s, .options = o, .out = out};
    sigset_t held, before;
    int rc;

    *out = (struct sweep_outcome){.interrupted = false};
    w.blocks = s->plan.cells * s->plan.repeat;
    w.order = calloc((size_t)w.blocks, sizeof *w.order);
    w.block_s = calloc((size_t)s->plan.cells, sizeof *w.block_s);
    if (w.order != NULL && w.block_s != NULL) {
        plan_order(&s->plan, w.order);
        for (int cell = 0; cell < s->plan.cells; cell++)
            w.block_s[cell] = plan_block_s(&s->plan, cell);
        list_signals(&held);
        sigprocmask(SIG_BLOCK, &held, &before);
        rc = measure_all(&w, e);
        drop_signals(&before);
    } else {
        rc = err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    }
    free(w.block_s);
    free(w.order);
    return rc;
}
