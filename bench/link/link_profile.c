#include "bench/link/link_profile.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".link"
enum { MAX_PROFILE_BYTES = 16384, FOLDERS = 5 };

#ifndef PUSHLAB_DATADIR
#define PUSHLAB_DATADIR "/usr/local/share/pushlab"
#endif

/* The folder above the one that holds this program by levels; "" when unknown. */
static void program_folder(char out[PATH_MAX], int levels)
{
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);

    out[n > 0 ? n : 0] = '\0';
    for (int i = 0; i <= levels; i++) {
        char *slash = strrchr(out, '/');

        if (slash != NULL)
            *slash = '\0';
    }
}

/* The n-th place to look; false when it does not apply here. */
static bool folder_at(int n, char *out, size_t cap)
{
    char program[PATH_MAX];
    const char *env = getenv("PUSHLAB_LINKS");
    int len = -1;

    switch (n) {
    case 0:
        if (env != NULL)
            len = snprintf(out, cap, "%s", env);
        break;
    case 1: /* build/release/pushlab-link */
    case 2: /* build/release/tests/test_link_spec */
        program_folder(program, n + 1);
        if (program[0] != '\0')
            len = snprintf(out, cap, "%s/bench/link/profiles", program);
        break;
    case 3:
        len = snprintf(out, cap, "%s/links", PUSHLAB_DATADIR);
        break;
    default:
        len = snprintf(out, cap, "bench/link/profiles");
        break;
    }
    return len > 0 && (size_t)len < cap && access(out, R_OK | X_OK) == 0;
}

static bool find_folder(char *out, size_t cap)
{
    for (int i = 0; i < FOLDERS; i++) {
        if (folder_at(i, out, cap))
            return true;
    }
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "4g.link" to "4g" in place; false for any other file. */
static bool strip_suffix(char *name)
{
    size_t len = strlen(name), suffix = strlen(SUFFIX);

    if (len <= suffix || strcmp(name + len - suffix, SUFFIX) != 0)
        return false;
    name[len - suffix] = '\0';
    return true;
}

int link_profile_list(void (*visit)(void *arg, const char *name), void *arg, struct err_text *e)
{
    char folder[PATH_MAX], *names[256];
    struct dirent *entry;
    size_t n = 0;
    DIR *dir;

    if (!find_folder(folder, sizeof folder) || (dir = opendir(folder)) == NULL)
        return err_set(e, PL_EINVAL, "no folder of link profiles; PUSHLAB_LINKS can name one");
    while (n < sizeof names / sizeof names[0] && (entry = readdir(dir)) != NULL) {
        if (strip_suffix(entry->d_name) && (names[n] = strdup(entry->d_name)) != NULL)
            n++;
    }
    closedir(dir);
    qsort(names, n, sizeof names[0], by_name);
    for (size_t i = 0; i < n; i++) {
        visit(arg, names[i]);
        free(names[i]);
    }
    return PL_OK;
}

static void append_name(void *arg, const char *name)
{
    struct err_text *list = arg;
    size_t len = strlen(list->text);

    snprintf(list->text + len, sizeof list->text - len, "%s%s", len > 0 ? ", " : "", name);
}

static int no_such_profile(const char *name, struct err_text *e)
{
    struct err_text list = {""};

    if (link_profile_list(append_name, &list, e) < 0)
        return PL_EINVAL;
    return err_set(e, PL_EINVAL, "no profile '%.40s'; there are: %.200s; or NAME=VALUE,...", name,
                   list.text);
}

static int read_file(const char *path, char **text, struct err_text *e)
{
    FILE *f = fopen(path, "re");
    size_t n;

    if (f == NULL)
        return err_set(e, PL_ESYS, "%s: %s", path, strerror(errno));
    *text = malloc(MAX_PROFILE_BYTES + 1);
    if (*text == NULL) {
        fclose(f);
        return err_set(e, PL_ENOMEM, "%s: out of memory", path);
    }
    n = fread(*text, 1, MAX_PROFILE_BYTES, f);
    (*text)[n] = '\0';
    fclose(f);
    return PL_OK;
}

int link_profile_load(const char *name, char **text, struct err_text *e)
{
    char folder[PATH_MAX], path[PATH_MAX + 256];

    if (strchr(name, '/') != NULL)
        return read_file(name, text, e);
    if (!find_folder(folder, sizeof folder))
        return no_such_profile(name, e);
    snprintf(path, sizeof path, "%s/%.200s" SUFFIX, folder, name);
    if (name[0] == '\0' || access(path, R_OK) < 0)
        return no_such_profile(name, e);
    return read_file(path, text, e);
}
