#include "bench/run/server_start.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "lib/base/clock.h"

enum { READY_S = 10 };

int program_start(struct supervisor *sup, struct child *c, const struct program *p,
                  const struct scenario_args *args, unsigned reads, const struct child_place *place,
                  struct err_text *e)
{
    if (args->rc < 0)
        return err_set(e, args->rc, "%s: the command line is too long", p->name);
    return supervisor_spawn(sup, c, p->name, args->argv, reads, place, e);
}

static const char *line_after(struct child *c, const char *prefix)
{
    char *line;

    while ((line = child_next_line(c, CHILD_OUT)) != NULL)
        if (strncmp(line, prefix, strlen(prefix)) == 0)
            return line + strlen(prefix);
    return NULL;
}

int server_spawn(struct supervisor *sup, struct child *server, const struct scenario_args *args,
                 const struct child_place *place, struct err_text *e)
{
    return program_start(sup, server, &program_server, args, CHILD_READ_OUT | CHILD_READ_ERR, place,
                         e);
}

int server_listens(struct child *server, char *address, size_t cap, struct err_text *e)
{
    const char *said = line_after(server, "listening on ");

    if (said == NULL)
        return server->ended ? child_fail(server, e) : 0;
    snprintf(address, cap, "%s", said);
    return 1;
}

int server_start(struct supervisor *sup, struct child *server, const struct scenario_args *args,
                 const struct child_place *place, char *address, size_t cap, struct err_text *e)
{
    int64_t deadline_ns = clock_now_ns() + READY_S * NS_PER_S;
    int listens = server_spawn(sup, server, args, place, e), rc;

    while (listens == 0) {
        rc = supervisor_wait(sup, deadline_ns);
        if (sup->interrupts > 0)
            return PL_EINTR;
        listens = server_listens(server, address, cap, e);
        if (listens == 0 && rc < 0)
            return err_set(e, rc, "%s: %s", server->name, pl_strerror(rc));
        if (listens == 0 && rc == 0)
            return err_set(e, PL_ESYS, "%s: did not say within %d s that it listens", server->name,
                           READY_S);
    }
    return listens < 0 ? listens : PL_OK;
}

void program_add_notes(cJSON *row, struct child *c, int most)
{
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(row, "notes");
    const cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");
    char *line;

    for (int i = 0; notes != NULL && i < most; i++) {
        line = child_next_line(c, CHILD_ERR);
        if (line == NULL)
            return;
        if (line[0] != '\0' && !json_any_quotes(problems, child_said(c, line)))
            json_append_printf(notes, "%s: %s", c->name, child_said(c, line));
    }
}
