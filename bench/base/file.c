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

#include "lib/base/file_put.h"

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

int file_write(const char *path, const void *data, size_t len, struct err_text *e)
{
    return file_put(path, data, len) < 0 ? fail("write", path, e) : PL_OK;
}

int file_try(const char *path, struct err_text *e)
{
    return file_put_try(path) < 0 ? fail("write", path, e) : PL_OK;
}

int file_make_temporary(char *out, size_t cap, const char *name, struct err_text *e)
{
    const char *base = getenv("TMPDIR");
    int n = snprintf(out, cap, "%s/pushlab-%s-XXXXXX",
                     base != NULL && base[0] != '\0' ? base : "/tmp", name);

    errno = ENAMETOOLONG;
    if (n < (int)cap && mkdtemp(out) != NULL)
        return PL_OK;
    err_set(e, PL_ESYS, "make a folder %.200s: %s", out, strerror(errno));
    out[0] = '\0';
    return PL_ESYS;
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
