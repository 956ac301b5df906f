#include "lib/base/file_put.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "lib/base/err.h"

int file_put_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t n = write(fd, at, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return PL_ESYS;
        at += n;
        len -= (size_t)n;
    }
    return PL_OK;
}

/* A full disk may show in write, in fsync or only in close (NFS, quotas): check all three. */
static int fill(int fd, const void *data, size_t len)
{
    int rc = file_put_all(fd, data, len);

    if (rc == PL_OK && fsync(fd) < 0 && errno != EINVAL && errno != EROFS) /* a pipe has no disk */
        rc = PL_ESYS;
    return rc;
}

static int fill_and_close(int fd, const void *data, size_t len)
{
    int rc = fill(fd, data, len), saved = errno;

    if (close(fd) < 0 && rc == PL_OK)
        return PL_ESYS;
    errno = saved;
    return rc;
}

/* 1: a file, or nothing yet; 0: something else that can be written to; or PL_ESYS. */
static int is_replaceable(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return errno == ENOENT ? 1 : PL_ESYS;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return PL_ESYS;
    }
    return S_ISREG(st.st_mode);
}

static int name_neighbour(char part[PATH_MAX], const char *path)
{
    uint32_t number;

    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return -1;
    if (snprintf(part, PATH_MAX, "%s.%08x.part", path, number) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}

static int open_neighbour(char part[PATH_MAX], const char *path)
{
    if (name_neighbour(part, path) < 0)
        return -1;
    return open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

/* A file without a name in path's folder: a process that is killed while it writes leaves nothing.
 * -1: this file system has none. */
static int open_nameless(const char *path)
{
    const char *slash = strrchr(path, '/');
    char folder[PATH_MAX];

    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path) + 1,
             slash == NULL ? "." : path);
    return open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
}

/* Name it as path's neighbour. */
static int name_it(int fd, char part[PATH_MAX], const char *path)
{
    char held[40];

    snprintf(held, sizeof held, "/proc/self/fd/%d", fd);
    if (name_neighbour(part, path) < 0)
        return -1;
    return linkat(AT_FDCWD, held, AT_FDCWD, part, AT_SYMLINK_FOLLOW);
}

static int give_up(const char *part)
{
    int saved = errno;

    unlink(part);
    errno = saved;
    return PL_ESYS;
}

/* True: part is all there. False: it must be tried in another way, from the beginning. */
static bool put_nameless(char part[PATH_MAX], const char *path, const void *data, size_t len)
{
    int fd = open_nameless(path);
    bool named;

    if (fd < 0)
        return false;
    named = fill(fd, data, len) == PL_OK && name_it(fd, part, path) == 0;
    if (close(fd) == 0 || !named)
        return named;
    unlink(part);
    return false;
}

int file_put(const char *path, const void *data, size_t len)
{
    char part[PATH_MAX];
    int replaceable = is_replaceable(path), fd;

    if (replaceable < 0)
        return PL_ESYS;
    if (replaceable && put_nameless(part, path, data, len))
        return rename(part, path) < 0 ? give_up(part) : PL_OK;
    fd = replaceable ? open_neighbour(part, path) : open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return PL_ESYS;
    if (!replaceable)
        return fill_and_close(fd, data, len);
    if (fill_and_close(fd, data, len) < 0 || rename(part, path) < 0)
        return give_up(part);
    return PL_OK;
}

int file_put_try(const char *path)
{
    char part[PATH_MAX];
    int replaceable = is_replaceable(path), fd;

    if (replaceable <= 0)
        return replaceable == 0 && access(path, W_OK) == 0 ? PL_OK : PL_ESYS;
    fd = open_neighbour(part, path);
    if (fd < 0)
        return PL_ESYS;
    close(fd);
    return unlink(part) < 0 ? PL_ESYS : PL_OK;
}
