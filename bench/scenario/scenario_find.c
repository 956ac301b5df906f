/* Where the scenarios are that come with pushlab. */
#include "bench/scenario/scenario.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/data_find.h"

void scenario_find(char *path, size_t cap, const char *word)
{
    size_t len = strlen(word);
    bool has_suffix = len > 5 && strcmp(word + len - 5, ".json") == 0;
    char file[SCENARIO_PATH_BYTES];

    snprintf(file, sizeof file, "%s%s", word, has_suffix ? "" : ".json");
    if (word[0] == '/' || access(word, F_OK) == 0 || !data_find(path, cap, DATA_SCENARIOS, file))
        snprintf(path, cap, "%s", word);
}
