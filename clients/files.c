#include "clients/result.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/hdr/hdr_log.h"

/* 0, or PL_ESYS with errno. */
static int write_to(const char *path, const struct buf *content)
{
    FILE *file = fopen(path, "we");
    int write_errno;

    if (file == NULL)
        return PL_ESYS;
    write_errno = fwrite(content->data, 1, content->len, file) < content->len ? errno : 0;
    if (fclose(file) != 0)
        return PL_ESYS;
    errno = write_errno;
    return write_errno == 0 ? PL_OK : PL_ESYS;
}

/* A pipe or a device is written to; only a file may be replaced. */
static bool is_replaceable(const char *path)
{
    struct stat st;

    return lstat(path, &st) < 0 || S_ISREG(st.st_mode);
}

/* All or nothing under the final name: a crash leaves no half file that looks whole. */
static int write_and_rename(const char *path, const struct buf *content)
{
    char temporary[PATH_MAX];
    int saved_errno;

    if (snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid()) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return PL_ESYS;
    }
    if (write_to(temporary, content) == PL_OK && rename(temporary, path) == 0)
        return PL_OK;
    saved_errno = errno;
    unlink(temporary);
    errno = saved_errno;
    return PL_ESYS;
}

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

static int write_formatted(const struct fleet *f, const char *path,
                           int (*format)(const struct fleet *, struct buf *), struct err_text *e)
{
    struct buf text = {0};
    int err;

    if (path == NULL)
        return PL_OK;
    err = format(f, &text);
    if (err == PL_OK)
        err = is_replaceable(path) ? write_and_rename(path, &text) : write_to(path, &text);
    if (err < 0)
        err_set(e, err, "write %s: %s", path, pl_strerror(err));
    buf_free(&text);
    return err;
}

int result_files(const struct fleet *f, struct err_text *e)
{
    int hlog, timeline;

    if (f->window_end_ns == 0)
        return PL_OK; /* nothing was measured */
    hlog = write_formatted(f, f->env.opt->hlog_path, format_hlog, e);
    timeline = write_formatted(f, f->env.opt->timeline_path, format_timeline, e);
    return hlog < 0 ? hlog : timeline;
}
