#include "lib/opt/opt.h"

#include <string.h>

#include "lib/base/version.h"

enum { LIBRARIES_MAX = 16 };

void opt_version(const struct opt_program *p, FILE *out)
{
    struct opt_library libraries[LIBRARIES_MAX] = {{NULL, NULL, NULL}};

    fprintf(out, "%s %s (%s)\n", p->name, PUSHLAB_VERSION, PUSHLAB_GIT_DESCRIBE);
    if (p->libraries != NULL)
        p->libraries(libraries);
    for (const struct opt_library *l = libraries; l->name != NULL; l++) {
        const char *running = l->running != NULL ? l->running : l->built;

        fprintf(out, "%s %s", l->name, running);
        if (strcmp(l->built, running) != 0)
            fprintf(out, " (built with %s)", l->built);
        fputc('\n', out);
    }
}
