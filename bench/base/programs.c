#include "bench/base/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADMINISTRATORS_PATH "/usr/local/sbin:/usr/sbin:/sbin"

const struct program program_server = {"pushlab-server", "PUSHLAB_SERVER"};
const struct program program_client = {"pushlab-client", "PUSHLAB_CLIENT"};

void program_folder(char out[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);
    char *slash;

    out[len > 0 ? len : 0] = '\0';
    slash = strrchr(out, '/');
    if (slash != NULL)
        *slash = '\0';
    else
        snprintf(out, PATH_MAX, ".");
}

void program_find(const struct program *p, char out[PATH_MAX])
{
    const char *wish = getenv(p->variable);
    char beside[PATH_MAX];

    if (wish != NULL && wish[0] != '\0') {
        snprintf(out, PATH_MAX, "%s", wish);
        return;
    }
    program_folder(beside);
    if (snprintf(out, PATH_MAX, "%s/%s", beside, p->name) < PATH_MAX && access(out, X_OK) == 0)
        return;
    snprintf(out, PATH_MAX, "%s", p->name);
}

bool program_find_in(const char *folders, const char *name, char *out, size_t cap)
{
    while (folders != NULL && *folders != '\0') {
        int len = (int)strcspn(folders, ":");

        if (len > 0 && snprintf(out, cap, "%.*s/%s", len, folders, name) < (int)cap &&
            access(out, X_OK) == 0)
            return true;
        folders += len;
        folders += *folders == ':';
    }
    out[0] = '\0';
    return false;
}

bool program_find_of_others(const char *name, char *out, size_t cap)
{
    if (name[0] == '/')
        return snprintf(out, cap, "%s", access(name, X_OK) == 0 ? name : "") > 0;
    return program_find_in(getenv("PATH"), name, out, cap) ||
           program_find_in(ADMINISTRATORS_PATH, name, out, cap);
}

size_t program_version_len(const char *said)
{
    size_t len = strcspn(said, "0123456789");

    return len + strcspn(said + len, " \r\n");
}
