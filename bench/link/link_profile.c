#include "bench/link/link_profile.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/data_find.h"
#include "bench/base/file.h"

#define SUFFIX ".link"
enum { MAX_PROFILE_BYTES = 16384 };

int link_profile_list(void (*visit)(void *arg, const char *name), void *arg, struct err_text *e)
{
    struct data_list list;
    int rc = data_list_make(&list, DATA_LINKS);

    if (rc < 0)
        err_set(e, rc, "%s", pl_strerror(rc));
    else if (list.n == 0)
        rc = err_set(e, PL_EINVAL, "no folder of link profiles; PUSHLAB_LINKS can name one");
    for (size_t i = 0; rc == PL_OK && i < list.n; i++)
        visit(arg, list.at[i].name);
    data_list_free(&list);
    return rc;
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
    char path[PATH_MAX], file[256], hint[DATA_HINT_BYTES];

    if (strchr(name, '/') != NULL)
        return file_read(text, name, MAX_PROFILE_BYTES, e);
    snprintf(file, sizeof file, "%.200s" SUFFIX, name);
    if (name[0] != '\0' && data_find(path, sizeof path, DATA_LINKS, file))
        return file_read(text, path, MAX_PROFILE_BYTES, e);
    if (link_profile_list(append_name, &list, e) < 0)
        return PL_EINVAL;
    return err_set(e, PL_EINVAL, "no link profile '%.40s'%s(accepted: %.160s, or NAME=VALUE,...)",
                   name, data_hint(hint, DATA_LINKS, name), list.text);
}
