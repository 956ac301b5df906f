#include "clients/result.h"

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

static int write_formatted(const struct fleet *f, const char *path,
                           int (*format)(const struct fleet *, struct buf *), struct err_text *e)
{
    struct buf text = {0};
    int err;

    if (path == NULL)
        return PL_OK;
    err = format(f, &text);
    if (err == PL_OK)
        err = file_put(path, text.data, text.len);
    if (err < 0)
        err_set(e, err, "write %s: %s", path, pl_strerror(err));
    buf_free(&text);
    return err;
}

int result_files(const struct fleet *f, struct err_text *e)
{
    int hlog, timeline, recovery;

    if (f->window_end_ns == 0)
        return PL_OK; /* nothing was measured */
    hlog = write_formatted(f, f->env.opt->hlog_path, format_hlog, e);
    timeline = write_formatted(f, f->env.opt->timeline_path, format_timeline, e);
    recovery = write_formatted(f, f->env.opt->recovery_path, format_recovery, e);
    return hlog < 0 ? hlog : timeline < 0 ? timeline : recovery;
}
