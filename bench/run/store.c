#include "bench/run/store.h"

#include <stdio.h>

int store_start(struct service *s, struct supervisor *n, const struct child_place *place,
                struct err_text *e)
{
    char port[8];
    /* The host is reached by its servers alone. A stream on a disk would measure the disk. */
    char *argv[] = {s->program, "--port",      port, "--bind",       "0.0.0.0", "--protected-mode",
                    "no",       "--save",      "",   "--appendonly", "no",      "--dir",
                    s->folder,  "--daemonize", "no", "--loglevel",   "warning", NULL};
    int rc = service_prepare(s, "redis-server", "--version", e);

    snprintf(port, sizeof port, "%d", STORE_PORT);
    return rc < 0 ? rc : service_start(s, n, argv, place, STORE_PORT, e);
}
