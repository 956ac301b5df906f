#include "bench/base/data_find.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/programs.h"
#include "lib/base/err.h"
#include "lib/base/spelling.h"

static const struct {
    const char *variable; /* names the folder; NULL: none does */
    const char *tree;     /* in the source tree */
    const char *share;    /* below share/pushlab */
    const char *suffix;
} kinds[] = {
    [DATA_CHARTS] = {"PUSHLAB_CHARTS", "bench/chart", "charts", ".gp"},
    [DATA_LINKS] = {"PUSHLAB_LINKS", "bench/link/profiles", "links", ".link"},
    [DATA_SCENARIOS] = {NULL, "bench/scenarios", "scenarios", ".json"},
    [DATA_STUDIES] = {NULL, "bench/studies", "studies", ".json"},
};

/* Is there an i-th folder to look in? Then its path; "": it would be too long. */
static bool place(char path[PATH_MAX], enum data_kind kind, int i)
{
    const char *named = kinds[kind].variable != NULL ? getenv(kinds[kind].variable) : NULL;
    const char *tree = kinds[kind].tree, *share = kinds[kind].share;
    char beside[PATH_MAX];
    int len;

    if (named != NULL && named[0] != '\0') {
        len = snprintf(path, PATH_MAX, "%s", named);
        path[len < PATH_MAX ? len : 0] = '\0';
        return i == 0;
    }
    program_folder(beside);
    if (i == 0)
        len = snprintf(path, PATH_MAX, "%s", tree);
    else if (i == 1) /* programs are built into build/VARIANT, */
        len = snprintf(path, PATH_MAX, "%s/../../%s", beside, tree);
    else if (i == 2) /* tests into build/VARIANT/tests */
        len = snprintf(path, PATH_MAX, "%s/../../../%s", beside, tree);
    else if (i == 3)
        len = snprintf(path, PATH_MAX, "%s/../share/pushlab/%s", beside, share);
    else
        len = snprintf(path, PATH_MAX, PUSHLAB_DATADIR "/%s", share);
    path[len < PATH_MAX ? len : 0] = '\0';
    return i <= 4;
}

bool data_find(char *path, size_t cap, enum data_kind kind, const char *file)
{
    char folder[PATH_MAX];

    path[0] = '\0';
    for (int i = 0; place(folder, kind, i); i++) {
        int len = snprintf(path, cap, "%s%s%s", folder, file[0] != '\0' ? "/" : "", file);

        if (len > 0 && (size_t)len < cap && access(path, R_OK) == 0)
            return true;
    }
    return false;
}

static bool ends_with(const char *text, const char *suffix)
{
    size_t len = strlen(text), suffix_len = strlen(suffix);

    return len > suffix_len && strcmp(text + len - suffix_len, suffix) == 0;
}

void data_find_word(char *path, size_t cap, enum data_kind kind, const char *word)
{
    const char *suffix = kinds[kind].suffix;
    char file[PATH_MAX];

    snprintf(file, sizeof file, "%s%s", word, ends_with(word, suffix) ? "" : suffix);
    if (word[0] == '/' || access(word, F_OK) == 0 || !data_find(path, cap, kind, file))
        snprintf(path, cap, "%s", word);
}

/* ---- all of them ---- */

static int add(struct data_list *list, const char *folder, const char *below, const char *entry,
               const char *suffix)
{
    size_t len = strlen(entry) - strlen(suffix);
    struct data_file *more, *file;
    char name[512];

    if (snprintf(name, sizeof name, "%s%.*s", below, (int)len, entry) >= (int)sizeof name)
        return PL_OK;
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i].name, name) == 0)
            return PL_OK; /* an earlier place has it */
    more = realloc(list->at, (list->n + 1) * sizeof *more);
    if (more == NULL)
        return PL_ENOMEM;
    list->at = more;
    file = &more[list->n++];
    file->name = strdup(name);
    if (asprintf(&file->path, "%s/%s%s", folder, name, suffix) < 0)
        file->path = NULL;
    return file->name != NULL && file->path != NULL ? PL_OK : PL_ENOMEM;
}

/* What is in a folder, and in those in it; below: "", or the name of one of these and a slash. */
static int add_folder(struct data_list *list, const char *folder, const char *below,
                      const char *suffix)
{
    char path[2 * PATH_MAX];
    const struct dirent *d;
    DIR *dir;
    int rc = PL_OK;

    snprintf(path, sizeof path, "%s/%s", folder, below);
    dir = opendir(path);
    while (rc == PL_OK && dir != NULL && (d = readdir(dir)) != NULL) {
        if (d->d_name[0] == '.')
            continue;
        if (ends_with(d->d_name, suffix)) {
            rc = add(list, folder, below, d->d_name, suffix);
        } else if (below[0] == '\0') {
            char inner[NAME_MAX + 2];

            snprintf(inner, sizeof inner, "%.*s/", NAME_MAX, d->d_name);
            rc = add_folder(list, folder, inner, suffix);
        }
    }
    if (dir != NULL)
        closedir(dir);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    const struct data_file *x = a, *y = b;
    int folder = (strchr(x->name, '/') != NULL) - (strchr(y->name, '/') != NULL);

    return folder != 0 ? folder : strcmp(x->name, y->name);
}

int data_list_make(struct data_list *list, enum data_kind kind)
{
    char folder[PATH_MAX];
    int rc = PL_OK;

    *list = (struct data_list){.at = NULL};
    for (int i = 0; rc == PL_OK && place(folder, kind, i); i++)
        if (folder[0] != '\0')
            rc = add_folder(list, folder, "", kinds[kind].suffix);
    if (rc == PL_OK && list->n > 0)
        qsort(list->at, list->n, sizeof *list->at, by_name);
    return rc;
}

void data_list_free(struct data_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->at[i].name);
        free(list->at[i].path);
    }
    free(list->at);
    *list = (struct data_list){.at = NULL};
}

/* A path's last word, without the suffix, is compared with the last words of names. */
const char *data_list_nearest(const struct data_list *list, const char *word)
{
    const char *slash = strrchr(word, '/'), *base = slash != NULL ? slash + 1 : word;
    struct spelling_guess g;
    const char *found = NULL;

    spelling_guess_begin(&g, base, strcspn(base, "."));
    for (size_t i = 0; i < list->n; i++) {
        const char *name = strrchr(list->at[i].name, '/'), *before = g.nearest;

        spelling_guess_try(&g, name != NULL ? name + 1 : list->at[i].name);
        if (g.nearest != before)
            found = list->at[i].name;
    }
    return found;
}

const char *data_hint(char out[DATA_HINT_BYTES], enum data_kind kind, const char *word)
{
    struct data_list list;
    const char *near = data_list_make(&list, kind) < 0 ? NULL : data_list_nearest(&list, word);

    snprintf(out, DATA_HINT_BYTES, near != NULL ? "; did you mean %.70s? " : " ", near);
    data_list_free(&list);
    return out;
}
