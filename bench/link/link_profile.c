#include "bench/link/link_profile.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/data_find.h"
#include "bench/base/file.h"

#define SUFFIX ".link"
enum { MAX_PROFILE_BYTES = 16384 };

static int is_profile(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = strlen(SUFFIX);

    return len > suffix && strcmp(entry->d_name + len - suffix, SUFFIX) == 0;
}

int link_profile_list(void (*visit)(void *arg, const char *name), void *arg, struct err_text *e)
{
    struct dirent **entries;
    char folder[PATH_MAX];
    int n = data_find(folder, sizeof folder, DATA_LINKS, "")
                ? scandir(folder, &entries, is_profile, alphasort)
                : -1;

    if (n < 0)
        return err_set(e, PL_EINVAL, "no folder of link profiles; PUSHLAB_LINKS can name one");
    for (int i = 0; i < n; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - strlen(SUFFIX)] = '\0';
        visit(arg, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return PL_OK;
}

static void append_name(void *arg, const char *name)
{
    struct err_text *list = arg;
    size_t len = strlen(list->text);

    snprintf(list->text + len, sizeof list->text - len, "%s%s", len > 0 ? ", " : "", name);
}

int link_profile_load(struct buf *text, const char *name, struct err_text *e)
{
    struct err_text list = {""};
    char path[PATH_MAX], file[256];

    if (strchr(name, '/') != NULL)
        return file_read(text, name, MAX_PROFILE_BYTES, e);
    snprintf(file, sizeof file, "%.200s" SUFFIX, name);
    if (name[0] != '\0' && data_find(path, sizeof path, DATA_LINKS, file))
        return file_read(text, path, MAX_PROFILE_BYTES, e);
    if (link_profile_list(append_name, &list, e) < 0)
        return PL_EINVAL;
    return err_set(e, PL_EINVAL, "no profile '%.40s'; there are: %.200s; or NAME=VALUE,...", name,
                   list.text);
}
