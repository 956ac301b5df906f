#include "bench/ladder/ladder_draw.h"

#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/ladder/ladder_read.h"
#include "bench/ladder/ladder_svg.h"

extern char **environ;

enum { CAPTURE_MAX_BYTES = 256 << 20 };

/* Twice as large, for slides. Failures are ignored: the SVG exists. */
static void convert_to_png(const char *svg_path)
{
    size_t len = strlen(svg_path);
    char svg[PATH_MAX], png[PATH_MAX];
    char *const argv[] = {"rsvg-convert", "--zoom=2", "--output", png, svg, NULL};
    posix_spawn_file_actions_t quiet;
    pid_t pid;

    if (len < 4 || len >= sizeof svg || strcmp(svg_path + len - 4, ".svg") != 0)
        return;
    memcpy(svg, svg_path, len + 1);
    snprintf(png, sizeof png, "%.*s.png", (int)(len - 4), svg_path);
    if (posix_spawn_file_actions_init(&quiet) != 0)
        return;
    posix_spawn_file_actions_addopen(&quiet, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&pid, argv[0], &quiet, NULL, argv, environ) == 0)
        waitpid(pid, NULL, 0);
    posix_spawn_file_actions_destroy(&quiet);
}

int ladder_draw(const char *pcapng_path, const char *svg_path, const struct ladder_about *about,
                struct err_text *e)
{
    struct buf pcapng = {0}, svg = {0};
    struct err_text why = {""};
    struct ladder ladder;
    int rc = file_read(&pcapng, pcapng_path, CAPTURE_MAX_BYTES, e);

    if (rc < 0)
        return rc;
    rc = ladder_read(&ladder, pcapng.data, pcapng.len, about, &why);
    if (rc == PL_OK) {
        rc = ladder_svg_write(&svg, &ladder, about);
        if (rc < 0)
            err_set(&why, rc, "%s", pl_strerror(rc));
        ladder_free(&ladder);
    }
    if (rc < 0)
        err_set(e, rc, "draw %.100s: %.200s", pcapng_path, why.text);
    else
        rc = file_write(svg_path, svg.data, svg.len, e);
    if (rc == PL_OK)
        convert_to_png(svg_path);
    buf_free(&pcapng);
    buf_free(&svg);
    return rc;
}
