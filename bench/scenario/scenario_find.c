/* Where the scenarios are that come with pushlab. */
#include "bench/scenario/scenario.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/programs.h"

static bool is_there(char *path, size_t cap, const char *folder, const char *below,
                     const char *word)
{
    size_t len = strlen(word);
    bool has_suffix = len > 5 && strcmp(word + len - 5, ".json") == 0;
    int n = snprintf(path, cap, "%s%s/%s%s", folder, below, word, has_suffix ? "" : ".json");

    return n > 0 && (size_t)n < cap && access(path, R_OK) == 0;
}

void scenario_find(char *path, size_t cap, const char *word)
{
    char beside[PATH_MAX];

    program_folder(beside);
    if (word[0] != '/' && access(word, F_OK) < 0 &&
        (is_there(path, cap, "bench", "/scenarios", word) ||
         is_there(path, cap, beside, "/../share/pushlab/scenarios", word) ||
         is_there(path, cap, PUSHLAB_DATADIR, "/scenarios", word) ||
         is_there(path, cap, beside, "/../../bench/scenarios", word)))
        return;
    snprintf(path, cap, "%s", word);
}
