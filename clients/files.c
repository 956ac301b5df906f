#include "clients/result.h"

#include <string.h>
#include <sys/stat.h>

#include "lib/base/clock.h"
#include "lib/base/file_put.h"
#include "lib/hdr/hdr_log.h"

/* One interval: the window's latencies in microseconds. */
static int format_hlog(const struct fleet *f, struct buf *out)
{
    double length_s = (double)(f->window_end_ns - f->window_start_ns) / (double)NS_PER_S;
    int err = hdr_log_header(out, "pushlab latency, microseconds", f->window_start_unix_ms);

    return err < 0 ? err
                   : hdr_log_interval(out, f->env.opt->hlog_tag, 0.0, length_s,
                                      &f->env.recorder.latency_us);
}

/* One row per update of the window and drawn client; published_s counts from the window's
 * start. */
static int format_timeline(const struct fleet *f, struct buf *out)
{
    const struct recorder *r = &f->env.recorder;
    int err = buf_printf(out, "published_s,latency_us,client\n");

    for (size_t i = 0; i < r->timeline_len && err == PL_OK; i++) {
        const struct timeline_point *p = &r->timeline[i];

        err = buf_printf(out, "%.6f,%.3f,%u\n",
                         (double)(p->published_ns - f->window_start_ns) / (double)NS_PER_S,
                         (double)(p->received_ns - p->published_ns) / (double)NS_PER_US, p->client);
    }
    return err;
}

static int format_recovery(const struct fleet *f, struct buf *out)
{
    return recovery_csv(&f->env.recovery, out);
}

/* A file that an option asks for; path is NULL without that option. */
struct output {
    const char *option, *path;
    int (*format)(const struct fleet *, struct buf *);
};

enum { OUTPUTS = 3 };

static void list_outputs(struct output out[OUTPUTS], const struct client_options *o)
{
    out[0] = (struct output){"--hlog", o->hlog_path, format_hlog};
    out[1] = (struct output){"--timeline", o->timeline_path, format_timeline};
    out[2] = (struct output){"--recovery", o->recovery_path, format_recovery};
}

static int write_output(const struct fleet *f, const struct output *o, struct err_text *e)
{
    struct buf text = {0};
    int err = o->format(f, &text);

    if (err == PL_OK)
        err = file_put(o->path, text.data, text.len);
    if (err < 0)
        err_set(e, err, "%s: write %.300s: %s", o->option, o->path, pl_strerror(err));
    buf_free(&text);
    return err;
}

/* Two outputs to one device, such as /dev/stdout, do no harm; of two files one would be lost. */
static const struct output *same_file(const struct output *all, const struct output *o)
{
    struct stat st;

    if (stat(o->path, &st) == 0 && !S_ISREG(st.st_mode))
        return NULL;
    for (const struct output *other = all; other < o; other++) {
        if (other->path != NULL && strcmp(other->path, o->path) == 0)
            return other;
    }
    return NULL;
}

int result_files_try(const struct client_options *opt, struct err_text *e)
{
    struct output outputs[OUTPUTS];

    list_outputs(outputs, opt);
    for (const struct output *o = outputs; o < outputs + OUTPUTS; o++) {
        const struct output *other = o->path != NULL ? same_file(outputs, o) : NULL;

        if (other != NULL)
            return err_set(e, PL_EINVAL, "%s: %.300s is already the file of %s", o->option, o->path,
                           other->option);
        if (o->path != NULL && file_put_try(o->path) < 0)
            return err_set(e, PL_ESYS, "%s: write %.300s: %s", o->option, o->path,
                           pl_strerror(PL_ESYS));
    }
    return PL_OK;
}

int result_files(const struct fleet *f, struct err_text *e)
{
    struct output outputs[OUTPUTS];
    int err = PL_OK;

    if (f->window_end_ns == 0)
        return PL_OK; /* nothing was measured */
    list_outputs(outputs, f->env.opt);
    for (const struct output *o = outputs; o < outputs + OUTPUTS; o++) {
        if (o->path != NULL && write_output(f, o, e) < 0)
            err = PL_ESYS;
    }
    return err;
}
