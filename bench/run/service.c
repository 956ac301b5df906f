#include "bench/run/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/base/file.h"
#include "lib/base/proc.h"
#include "bench/base/programs.h"

enum { READY_S = 10, STOP_S = 3, POLL_MS = 5 };

/* The first line, wherever it says it: nginx -v speaks on standard error. */
static void ask_version(struct service *s, const char *option)
{
    char command[PATH_MAX + 32];
    FILE *f;

    snprintf(command, sizeof command, "'%s' %s 2>&1", s->program, option);
    f = popen(command, "re");
    if (f == NULL || fgets(s->version, sizeof s->version, f) == NULL)
        s->version[0] = '\0';
    if (f != NULL && pclose(f) != 0)
        s->version[0] = '\0'; /* that was no answer */
    s->version[program_version_len(s->version)] = '\0';
}

int service_prepare(struct service *s, const char *name, const char *version_option,
                    struct err_text *e)
{
    *s = (struct service){.name = name};
    if (!program_find_of_others(name, s->program, sizeof s->program))
        return err_set(e, PL_ESYS, "%s is not installed; make deps-balancers installs it", name);
    ask_version(s, version_option);
    s->folder_lock_fd = file_make_temporary(s->folder, sizeof s->folder, s->name, e);
    return s->folder_lock_fd < 0 ? PL_ESYS : PL_OK;
}

static int complain(struct service *s, struct err_text *e)
{
    if (!s->child.ended)
        return err_set(e, PL_ESYS, "%s does not listen after %d s", s->name, READY_S);
    return child_fail(&s->child, e);
}

int service_start(struct service *s, struct supervisor *sup, char *const argv[],
                  const struct child_place *place, uint16_t port, struct err_text *e)
{
    int64_t deadline_ns = clock_now_ns() + READY_S * NS_PER_S;
    int rc =
        supervisor_spawn(sup, &s->child, s->name, argv, CHILD_READ_OUT | CHILD_READ_ERR, place, e);

    if (rc < 0)
        return rc;
    while (!proc_listens(s->child.pid, port)) {
        supervisor_wait(sup, clock_now_ns() + POLL_MS * NS_PER_MS);
        if (s->child.ended || sup->interrupts > 0 || clock_now_ns() > deadline_ns)
            return complain(s, e);
    }
    return PL_OK;
}

int64_t service_cpu_ns(const struct service *s)
{
    return s->child.pid > 0 && !s->child.ended ? proc_group_cpu_ns(s->child.pid) : 0;
}

void service_stop(struct service *s, struct supervisor *sup)
{
    if (s->child.pid > 0) {
        supervisor_stop(sup, &s->child, STOP_S * NS_PER_S);
        child_free(sup, &s->child);
    }
    if (s->folder[0] != '\0') {
        file_remove_folder(s->folder);
        file_close(&s->folder_lock_fd);
    }
    s->folder[0] = '\0';
}
