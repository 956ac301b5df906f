#include "bench/base/data_find.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/base/programs.h"

static const struct {
    const char *variable; /* names the folder; NULL: none does */
    const char *tree;     /* in the source tree */
    const char *share;    /* below share/pushlab */
} kinds[] = {
    [DATA_CHARTS] = {"PUSHLAB_CHARTS", "bench/chart", "charts"},
    [DATA_LINKS] = {"PUSHLAB_LINKS", "bench/link/profiles", "links"},
    [DATA_SCENARIOS] = {NULL, "bench/scenarios", "scenarios"},
    [DATA_STUDIES] = {NULL, "bench/studies", "studies"},
};

static bool is_there(char *path, size_t cap, const char *root, const char *folder, const char *file)
{
    int len = snprintf(path, cap, "%s%s%s%s", root, folder, file[0] != '\0' ? "/" : "", file);

    return len > 0 && (size_t)len < cap && access(path, R_OK) == 0;
}

bool data_find(char *path, size_t cap, enum data_kind kind, const char *file)
{
    /* Programs are built into build/VARIANT, tests into build/VARIANT/tests. */
    static const char *const to_tree[] = {"/../../", "/../../../"};
    const char *named = kinds[kind].variable != NULL ? getenv(kinds[kind].variable) : NULL;
    char beside[PATH_MAX], root[PATH_MAX + 32];

    if (named != NULL && named[0] != '\0')
        return is_there(path, cap, "", named, file);
    if (is_there(path, cap, "", kinds[kind].tree, file))
        return true;
    program_folder(beside);
    for (size_t i = 0; i < sizeof to_tree / sizeof *to_tree; i++) {
        snprintf(root, sizeof root, "%s%s", beside, to_tree[i]);
        if (is_there(path, cap, root, kinds[kind].tree, file))
            return true;
    }
    snprintf(root, sizeof root, "%s/../share/pushlab/", beside);
    return is_there(path, cap, root, kinds[kind].share, file) ||
           is_there(path, cap, PUSHLAB_DATADIR "/", kinds[kind].share, file);
}
