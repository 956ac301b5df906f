/* pushlab-client: N clients of one transport; the load and the measurement. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "clients/options.h"
#include "clients/result.h"
#include "clients/watch.h"
#include "clients/fleet/fleet.h"
#include "lib/opt/opt.h"
#include "lib/base/proc.h"

static int complain(const char *text)
{
    fprintf(stderr, "pushlab-client: %s\n", text);
    return PL_EXIT_FAILURE;
}

static int print_result(const struct result *r, const struct fleet *f)
{
    struct buf json = {0};
    int err = f->env.opt->json ? result_json(r, f, &json) : PL_OK;

    if (!f->env.opt->json)
        result_print(r, f, stdout);
    else if (err == PL_OK)
        printf("%.*s\n", (int)json.len, (const char *)json.data);
    buf_free(&json);
    return err < 0 ? err : proc_finish_output();
}

/* Print every fault, and the result whether or not there is one. */
static int report(struct fleet *f)
{
    struct result r;
    struct err_text e = {""};
    int exit_code = PL_EXIT_OK;
    const char *fault;

    result_take(&r, f);
    if (result_files(f, &e) < 0)
        exit_code = complain(e.text);
    if (print_result(&r, f) < 0)
        exit_code = complain("write the result: output error");
    fault = result_fault(&r, f);
    if (fault != NULL)
        exit_code = complain(fault);
    return exit_code;
}

static int measure(const struct client_options *opt)
{
    struct fleet fleet;
    struct err_text e;
    int exit_code;

    if (fleet_init(&fleet, opt, &e) < 0)
        return complain(e.text);
    fleet_run(&fleet);
    exit_code = report(&fleet);
    fleet_free(&fleet);
    return exit_code;
}

static int run(int argc, char **argv)
{
    struct client_options opt;
    struct err_text e;
    int result;

    result = options_parse(&opt, argc, argv, &e);
    if (result == OPT_EXIT)
        return PL_EXIT_OK;
    if (result < 0) {
        complain(e.text);
        return PL_EXIT_USAGE;
    }
    if (!opt.watch && result_files_try(&opt, &e) < 0) {
        complain(e.text);
        return PL_EXIT_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    if (opt.core >= 0 && proc_pin_to_core((int)opt.core) < 0)
        return complain("--core: pin to that core: not possible here");
    if (opt.watch)
        return watch_run(&opt, &e) < 0 ? complain(e.text) : PL_EXIT_OK;
    return measure(&opt);
}

int main(int argc, char **argv)
{
    int code;

    proc_open_standard_fds();
    proc_hear_stop_signals();
    code = run(argc, argv);
    if (proc_finish_output() < 0 && code == PL_EXIT_OK)
        code = complain("write to stdout failed");
    return code;
}
