#include "bench/result/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/metric_text.h"
#include "bench/result/result.h"
#include "bench/result/run_file.h"
#include "lib/hdr/hdr_log.h"

enum { LOG_MAX_BYTES = 64 << 20 };

#define HALF_PREFIX ".tmp-"

/* A folder, opened and locked; -1: not there, or somebody holds it. block: wait for that. */
static int lock_folder(const char *path, bool block)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 && flock(fd, block ? LOCK_EX : LOCK_EX | LOCK_NB) < 0)
        file_close(&fd);
    return fd;
}

static int make_half(struct folder *f, struct err_text *e)
{
    if (mkdir(f->path, 0777) < 0)
        return err_set(e, PL_ESYS, "mkdir %s: %s", f->path, strerror(errno));
    f->lock_fd = lock_folder(f->path, false);
    return PL_OK;
}

static void clear_halves(const char *results);

int folder_open(struct folder *f, const char *results, const char *scenario_name,
                struct err_text *e)
{
    char stamp[FILE_STAMP_BYTES];
    int rc, results_fd;

    if (results[0] == '\0' || strlen(results) >= sizeof f->results)
        return err_set(e, PL_EINVAL, "--out: '%.40s' is not a path; accepted: a folder", results);
    strcpy(f->results, results);
    f->lock_fd = -1;
    file_stamp(stamp);
    snprintf(f->name, sizeof f->name, "%s-%.100s", stamp, scenario_name);
    snprintf(f->path, sizeof f->path, "%s/" HALF_PREFIX "%s-%ld", f->results, f->name,
             (long)getpid());
    rc = file_make_folders(f->results, e);
    if (rc < 0)
        return rc;
    /* Two that start at once: neither sees the other's folder before its lock. */
    results_fd = lock_folder(f->results, true);
    if (results_fd >= 0)
        clear_halves(f->results);
    rc = make_half(f, e);
    file_close(&results_fd);
    return rc;
}

void folder_row_file(const struct folder *f, char out[PATH_MAX], const char *prefix, const char *id,
                     const char *suffix)
{
    /* Can't be cut: open() left 300 bytes for the folder's name, an id has at most 47. */
    if (snprintf(out, PATH_MAX, "%s/%s%s%s", f->path, prefix, id, suffix) >= PATH_MAX)
        out[0] = '\0';
}

/* What a row may write. */
static const struct {
    const char *prefix, *suffix;
} row_files[] = {
    {"latency-", ".hlog"}, {"timeline-", ".csv"}, {"recovery-", ".csv"}, {"wire-", ".pcapng"}};
enum { ROW_FILES = sizeof row_files / sizeof *row_files };

void folder_drop_row(const struct folder *f, const char *id)
{
    char path[PATH_MAX];

    for (int i = 0; i < ROW_FILES; i++) {
        folder_row_file(f, path, row_files[i].prefix, id, row_files[i].suffix);
        unlink(path);
    }
}

int folder_move_row(const struct folder *f, const char *from, const char *to, struct err_text *e)
{
    char old[PATH_MAX], new[PATH_MAX];

    folder_drop_row(f, to);
    for (int i = 0; i < ROW_FILES; i++) {
        folder_row_file(f, old, row_files[i].prefix, from, row_files[i].suffix);
        folder_row_file(f, new, row_files[i].prefix, to, row_files[i].suffix);
        if (rename(old, new) < 0 && errno != ENOENT)
            return err_set(e, PL_ESYS, "rename %.250s: %s", old, strerror(errno));
    }
    return PL_OK;
}

void folder_repeat_id(char out[FOLDER_ID_BYTES], const char *id, unsigned repeat)
{
    snprintf(out, FOLDER_ID_BYTES, "%s~%u", id, repeat);
}

/* The lines of one log behind those of another. */
static int join_logs(const char *from, const char *to, struct err_text *e)
{
    struct buf log = {0}, more = {0};
    int rc = file_read(&log, to, LOG_MAX_BYTES, e);

    if (rc == PL_OK)
        rc = file_read(&more, from, LOG_MAX_BYTES, e);
    if (rc == PL_OK && hdr_log_join(&log, (const char *)more.data, more.len) < 0)
        rc = err_set(e, PL_ENOMEM, "join %.250s: %s", to, pl_strerror(PL_ENOMEM));
    if (rc == PL_OK)
        rc = file_write(to, log.data, log.len, e);
    buf_free(&more);
    buf_free(&log);
    return rc;
}

int folder_join_row(const struct folder *f, const char *repeat_id, const char *id,
                    struct err_text *e)
{
    char from[PATH_MAX], to[PATH_MAX];
    int rc = PL_OK;

    folder_row_file(f, from, "latency-", repeat_id, ".hlog");
    folder_row_file(f, to, "latency-", id, ".hlog");
    /* A row that breaks as expected may have written none, at any of its repeats. */
    if (access(from, F_OK) == 0 && access(to, F_OK) < 0)
        rc = rename(from, to) < 0 ? err_set(e, PL_ESYS, "rename %.250s", from) : PL_OK;
    else if (access(from, F_OK) == 0)
        rc = join_logs(from, to, e);
    if (rc < 0)
        return rc;
    unlink(from);
    folder_row_file(f, from, "timeline-", repeat_id, ".csv");
    unlink(from);
    folder_row_file(f, from, "recovery-", repeat_id, ".csv");
    unlink(from);
    return PL_OK;
}

int folder_leave_out(const struct folder *f, const char *id, const bool *out, size_t n,
                     struct err_text *e)
{
    struct buf log = {0};
    char path[PATH_MAX];
    int rc;

    folder_row_file(f, path, "latency-", id, ".hlog");
    if (access(path, F_OK) < 0)
        return PL_OK;
    rc = file_read(&log, path, LOG_MAX_BYTES, e);
    if (rc == PL_OK)
        rc = hdr_log_leave_out(&log, out, n);
    if (rc == PL_OK)
        rc = file_write(path, log.data, log.len, e);
    buf_free(&log);
    /* A row that breaks as expected may have written fewer logs than it was measured. */
    return rc == PL_EINVAL ? PL_OK : rc;
}

static int save_json(const struct folder *f, const cJSON *run, struct err_text *e)
{
    char *text = cJSON_Print(run);
    struct buf file = {0};
    int rc = text == NULL ? PL_ENOMEM : buf_printf(&file, "%s\n", text);

    cJSON_free(text);
    return run_file_write(f->path, "run", "", ".json", &file, rc, e);
}

/* ",TEXT"; RFC 4180 quotes what a comma is in, as in "rtt=50ms,loss=1%". */
static void put_text(struct writer *w, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;

    writer_puts(w, quoted ? ",\"" : ",");
    for (; *text != '\0'; text++)
        writer_printf(w, *text == '"' ? "\"%c" : "%c", *text);
    writer_puts(w, quoted ? "\"" : "");
}

static void put_number(struct writer *w, double value)
{
    if (isfinite(value))
        writer_printf(w, ",%.16g", value);
    else
        writer_puts(w, ",");
}

/* What all rows of a run have in common, so that the files of several can be put together. */
static void put_run(struct writer *w, const cJSON *run)
{
    double rate_hz = json_number(run, "scenario.source.rate_hz");
    char version[160];

    snprintf(version, sizeof version, "%.60s (%.90s)", json_text(run, "pushlab"),
             json_text(run, "environment.git"));
    put_text(w, json_text(run, "started"));
    put_text(w, version);
    put_text(w, json_text(run, "scenario.name"));
    put_text(w, json_text(run, "link"));
    put_number(w, isfinite(rate_hz) ? rate_hz : json_number(run, "scenario.source.tick_hz"));
    put_number(w, json_number(run, "scenario.source.payload_bytes"));
    put_number(w, json_number(run, "seed"));
}

int folder_summary(struct buf *out, const cJSON *run)
{
    struct writer w = {.out = out};
    const cJSON *row;

    writer_puts(&w, "row,transport,connection,repeats,"
                    "date,version,scenario,link,rate_hz,payload_bytes,seed");
    metric_put_csv(&w, NULL, false, true);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        double repeats = json_number(row, "repeats");

        /* Our own words and ids: neither commas nor quotes in them. */
        writer_printf(&w, "\n%s,%s,%s,%.0f", json_text(row, "id"), json_text(row, "transport"),
                      json_text(row, "connection"), isfinite(repeats) ? repeats : 1);
        put_run(&w, run);
        metric_put_csv(&w, row, false, true);
    }
    writer_puts(&w, "\n");
    return w.rc;
}

int folder_save(const struct folder *f, const cJSON *run, struct err_text *e)
{
    struct buf file = {0};
    int rc = save_json(f, run, e);

    if (rc < 0)
        return rc;
    rc = folder_summary(&file, run);
    return run_file_write(f->path, "summary", "", ".csv", &file, rc, e);
}

/* rename() refuses a folder that isn't empty, and a run's never is. */
static int rename_to_free_name(struct folder *f)
{
    char path[PATH_MAX], base[sizeof f->name];

    strcpy(base, f->name);
    for (int i = 1; i < 1000; i++) {
        if (i > 1)
            snprintf(f->name, sizeof f->name, "%.140s-%d", base, i);
        if (snprintf(path, sizeof path, "%s/%s", f->results, f->name) >= PATH_MAX)
            break;
        if (rename(f->path, path) == 0) {
            strcpy(f->path, path);
            return PL_OK;
        }
        if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOTDIR)
            return PL_ESYS;
    }
    return PL_ESYS;
}

/* A symbolic link can't be rewritten in place, but it can be renamed over. */
static int point_latest(const struct folder *f)
{
    char fresh[PATH_MAX], latest[PATH_MAX];

    if (snprintf(fresh, sizeof fresh, "%s/.latest-%ld", f->results, (long)getpid()) >= PATH_MAX ||
        snprintf(latest, sizeof latest, "%s/latest", f->results) >= PATH_MAX)
        return PL_ESYS;
    unlink(fresh);
    if (symlink(f->name, fresh) < 0)
        return PL_ESYS;
    if (rename(fresh, latest) == 0)
        return PL_OK;
    unlink(fresh);
    return PL_ESYS;
}

int folder_publish(struct folder *f, bool latest, struct err_text *e)
{
    if (rename_to_free_name(f) < 0)
        return err_set(e, PL_ESYS, "rename %.250s: %s", f->path, strerror(errno));
    file_close(&f->lock_fd);
    if (latest && point_latest(f) < 0)
        return err_set(e, PL_ESYS, "link %.250s/latest: %s", f->results, strerror(errno));
    return PL_OK;
}

bool folder_before(const struct folder *f, char out[PATH_MAX])
{
    const size_t stamp = strcspn(f->name, "-");
    char newest[sizeof f->name] = "", path[PATH_MAX];
    const struct dirent *entry;
    DIR *d = opendir(f->results);

    while (d != NULL && (entry = readdir(d)) != NULL) {
        const char *name = entry->d_name;

        if (strcspn(name, "-") == stamp && strcmp(name + stamp, f->name + stamp) == 0 &&
            strcmp(name, f->name) < 0 && strcmp(name, newest) > 0 &&
            snprintf(path, sizeof path, "%s/%s/run.json", f->results, name) < PATH_MAX &&
            access(path, R_OK) == 0)
            strcpy(newest, name); /* not longer than f->name */
    }
    if (d != NULL)
        closedir(d);
    return newest[0] != '\0' && snprintf(out, PATH_MAX, "%s/%s", f->results, newest) < PATH_MAX;
}

void folder_discard(struct folder *f)
{
    file_remove_folder(f->path);
    file_close(&f->lock_fd);
}

/* ---- what killed runs have left ---- */

/* Files of the folder that were being written. */
static void remove_parts(const char *folder)
{
    const struct dirent *entry;
    DIR *d = opendir(folder);

    while (d != NULL && (entry = readdir(d)) != NULL) {
        const char *end = strrchr(entry->d_name, '.');

        if (end != NULL && strcmp(end, ".part") == 0)
            unlinkat(dirfd(d), entry->d_name, 0);
    }
    if (d != NULL)
        closedir(d);
}

/* Publish what a killed run had finished; false: nothing that could be. */
static bool rescue(struct folder *f)
{
    struct err_text e;
    cJSON *run;
    bool ok = run_file_read(&run, f->path, &e) == PL_OK && result_measured(run) > 0;

    if (ok) {
        remove_parts(f->path);
        result_finish(run, true);
        ok = folder_save(f, run, &e) == PL_OK && folder_publish(f, false, &e) == PL_OK;
    }
    cJSON_Delete(run);
    return ok;
}

/* ".tmp-NAME-PID" into NAME; false: no such name, so not ours. */
static bool half_name(struct folder *f, const char *entry)
{
    const char *pid = strrchr(entry, '-');
    size_t prefix = strlen(HALF_PREFIX), len;

    if (strncmp(entry, HALF_PREFIX, prefix) != 0 || pid == NULL || pid < entry + prefix)
        return false;
    len = (size_t)(pid - entry) - prefix;
    if (len == 0 || len >= sizeof f->name || pid[1] == '\0' ||
        pid[1 + strspn(pid + 1, "0123456789")] != '\0')
        return false;
    snprintf(f->name, sizeof f->name, "%.*s", (int)len, entry + prefix);
    return snprintf(f->path, sizeof f->path, "%s/%s", f->results, entry) < (int)sizeof f->path;
}

/* The results folder is locked: nobody else makes or clears one meanwhile. */
static void clear_halves(const char *results)
{
    struct folder f = {.lock_fd = -1};
    const struct dirent *entry;
    DIR *d = opendir(results);

    snprintf(f.results, sizeof f.results, "%s", results);
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (!half_name(&f, entry->d_name))
            continue;
        f.lock_fd = lock_folder(f.path, false);
        if (f.lock_fd >= 0 && !rescue(&f))
            file_remove_folder(f.path);
        file_close(&f.lock_fd);
    }
    if (d != NULL)
        closedir(d);
}
