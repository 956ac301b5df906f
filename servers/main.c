#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/proc.h"
#include "servers/server.h"

enum { FD_SPARE = 64 /* beside the connections: loop, timers, listener, files */ };

static int fail(const struct err_text *e, int code)
{
    fprintf(stderr, "pushlab-server: %s\n", e->text);
    return code;
}

/* Where a browser on this machine finds the page; not at a wildcard address. */
static void print_page(const char *address, bool tls)
{
    const char *port = strrchr(address, ':');
    bool any = strncmp(address, "0.0.0.0:", 8) == 0 || strncmp(address, "[::]:", 5) == 0;

    printf("open %s://%s%s/\n", tls ? "https" : "http", any ? "127.0.0.1" : address,
           any ? port : "");
}

static void print_ready(const struct server *s)
{
    printf("listening on %s\n", s->http.listener.address);
    if (s->options->demo)
        print_page(s->http.listener.address, s->options->tls);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct server_options options = {0};
    struct server server;
    struct err_text e = {""};
    int err;

    proc_open_standard_fds();
    proc_hear_stop_signals();
    err = server_options_parse(&options, argc, argv, &e);
    if (err == OPT_EXIT && proc_finish_output() < 0)
        return fail((err_set(&e, PL_ESYS, "write to stdout failed"), &e), PL_EXIT_FAILURE);
    if (err == OPT_EXIT)
        return PL_EXIT_OK;
    if (err < 0)
        return fail(&e, PL_EXIT_USAGE);
    if (options.core >= 0 && proc_pin_to_core((int)options.core) < 0)
        return fail((err_set(&e, PL_EINVAL, "--core: there is no core %lld to run on",
                             (long long)options.core),
                     &e),
                    PL_EXIT_USAGE);
    proc_raise_fd_limit(options.http.max_connections + FD_SPARE);
    err = server_start(&server, &options, &e);
    if (err == PL_OK) {
        if (!server.http.stopping)
            print_ready(&server);
        err = server_run(&server, &e);
    }
    server_free(&server);
    if (err < 0)
        return fail(&e, err == PL_EINVAL ? PL_EXIT_USAGE : PL_EXIT_FAILURE);
    return PL_EXIT_OK;
}
