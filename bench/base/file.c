#include "bench/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/file.h>
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

/* ---- temporary folders ---- */

/* In each of them: whose lock is held is alive. */
#define OWNER_FILE ".pushlab-owner"

/* Whether nobody holds the folder that name is, and it is one of ours. */
static bool is_left(int base_fd, const char *name)
{
    char owner[NAME_MAX + sizeof OWNER_FILE + 2];
    struct stat st;
    bool left;
    int fd;

    if (strncmp(name, "pushlab-", 8) != 0)
        return false;
    snprintf(owner, sizeof owner, "%s/" OWNER_FILE, name);
    if (fstatat(base_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
        st.st_uid != geteuid())
        return false;
    fd = openat(base_fd, owner, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    left = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           flock(fd, LOCK_EX | LOCK_NB) == 0;
    file_close(&fd);
    return left;
}

static void remove_left(const char *base)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    DIR *d = opendir(base);

    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (is_left(dirfd(d), entry->d_name) &&
            snprintf(path, sizeof path, "%s/%s", base, entry->d_name) < (int)sizeof path)
            file_remove_folder(path);
    }
    if (d != NULL)
        closedir(d);
}

/* The lock ends with the process. Under another name until it is held: nobody sees it without. */
static int mark_owned(const char *folder)
{
    char fresh[PATH_MAX], owner[PATH_MAX];
    int fd;

    snprintf(fresh, sizeof fresh, "%.4000s/" OWNER_FILE ".new", folder);
    snprintf(owner, sizeof owner, "%.4000s/" OWNER_FILE, folder);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && rename(fresh, owner) == 0)
        return fd;
    unlink(fresh);
    file_close(&fd);
    return PL_ESYS;
}

int file_make_temporary(char *out, size_t cap, const char *name, struct err_text *e)
{
    const char *base = getenv("TMPDIR");
    int n;

    base = base != NULL && base[0] != '\0' ? base : "/tmp";
    n = snprintf(out, cap, "%s/pushlab-%s-XXXXXX", base, name);
    remove_left(base);
    errno = ENAMETOOLONG;
    if (n < (int)cap && mkdtemp(out) != NULL) {
        int lock_fd = mark_owned(out);

        if (lock_fd >= 0)
            return lock_fd;
        rmdir(out);
    }
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
