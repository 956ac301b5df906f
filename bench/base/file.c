#include "bench/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *verb, const char *path, struct err_text *e)
{
    return err_set(e, PL_ESYS, "%s %s: %s", verb, path, strerror(errno));
}

static int read_all(struct buf *out, int fd, size_t max_bytes)
{
    const size_t piece = 16384;
    size_t start = out->len;

    for (;;) {
        ssize_t n;

        if (buf_reserve(out, piece + 1) < 0)
            return PL_ENOMEM;
        n = read(fd, out->data + out->len, piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return PL_ESYS;
        out->data[out->len + (size_t)n] = '\0';
        if (n == 0)
            return PL_OK;
        out->len += (size_t)n;
        if (out->len - start > max_bytes)
            return PL_ELIMIT;
    }
}

int file_read(struct buf *out, const char *path, size_t max_bytes, struct err_text *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc;

    if (fd < 0)
        return fail("open", path, e);
    rc = read_all(out, fd, max_bytes);
    if (rc == PL_ESYS)
        fail("read", path, e);
    if (rc == PL_ELIMIT)
        err_set(e, rc, "read %s: longer than %zu bytes", path, max_bytes);
    if (rc == PL_ENOMEM)
        err_set(e, rc, "read %s: %s", path, pl_strerror(rc));
    close(fd);
    return rc;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return PL_ESYS;
        data += n;
        len -= (size_t)n;
    }
    return PL_OK;
}

/* A full disk may show in write, in fsync or only in close (NFS, quotas): check all three. */
static int write_synced(const char *path, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int rc, saved;

    if (fd < 0)
        return PL_ESYS;
    rc = write_all(fd, data, len);
    if (rc == PL_OK && fsync(fd) < 0)
        rc = PL_ESYS;
    saved = errno;
    if (close(fd) < 0 && rc == PL_OK)
        return PL_ESYS;
    errno = saved;
    return rc;
}

/* Where a file is written before it gets its name. */
static int name_part(char part[PATH_MAX], const char *path, struct err_text *e)
{
    if (snprintf(part, PATH_MAX, "%s.part", path) < PATH_MAX)
        return PL_OK;
    errno = ENAMETOOLONG;
    return fail("write", path, e);
}

int file_write(const char *path, const void *data, size_t len, struct err_text *e)
{
    char part[PATH_MAX];

    if (name_part(part, path, e) < 0)
        return PL_ESYS;
    if (write_synced(part, data, len) < 0 || rename(part, path) < 0) {
        fail("write", path, e);
        unlink(part);
        return PL_ESYS;
    }
    return PL_OK;
}

int file_try(const char *path, struct err_text *e)
{
    char part[PATH_MAX];
    struct stat st;
    int fd;

    if (name_part(part, path, e) < 0)
        return PL_ESYS;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return fail("write", path, e);
    }
    fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return fail("write", path, e);
    close(fd);
    unlink(part);
    return PL_OK;
}

void file_close(int *fd)
{
    int error = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = error;
}

void file_stamp(char out[FILE_STAMP_BYTES])
{
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(out, FILE_STAMP_BYTES, "%Y%m%dT%H%M%SZ", &utc);
}

int file_make_folders(const char *path, struct err_text *e)
{
    char part[PATH_MAX];
    struct stat st;

    if ((size_t)snprintf(part, sizeof part, "%s", path) >= sizeof part) {
        errno = ENAMETOOLONG;
        return fail("mkdir", path, e);
    }
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0777) < 0 && errno != EEXIST)
            return fail("mkdir", part, e);
        *slash = '/';
    }
    if (mkdir(part, 0777) < 0 && errno != EEXIST)
        return fail("mkdir", path, e);
    if (stat(part, &st) == 0 && !S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return fail("mkdir", path, e);
    }
    return PL_OK;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

int file_remove_folder(const char *path)
{
    return nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 ? PL_OK : PL_ESYS;
}

void file_first_line(char *out, size_t cap, const char *path)
{
    FILE *f = fopen(path, "re");

    out[0] = '\0';
    if (f == NULL)
        return;
    if (fgets(out, (int)cap, f) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    fclose(f);
}

int64_t file_first_number(const char *path)
{
    char line[64];

    file_first_line(line, sizeof line, path);
    return line[0] == '\0' ? -1 : strtoll(line, NULL, 10);
}
