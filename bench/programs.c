#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct program program_server = {"pushlab-server", "PUSHLAB_SERVER"};
const struct program program_client = {"pushlab-client", "PUSHLAB_CLIENT"};

void program_find(const struct program *p, char out[PATH_MAX])
{
    const char *wish = getenv(p->variable);
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash;

    if (wish != NULL && wish[0] != '\0') {
        snprintf(out, PATH_MAX, "%s", wish);
        return;
    }
    self[len > 0 ? len : 0] = '\0';
    slash = strrchr(self, '/');
    if (slash != NULL) {
        *slash = '\0';
        if (snprintf(out, PATH_MAX, "%s/%s", self, p->name) < PATH_MAX && access(out, X_OK) == 0)
            return;
    }
    snprintf(out, PATH_MAX, "%s", p->name);
}
