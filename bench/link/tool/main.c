/* pushlab-link: an emulated network link for people. The runner uses link.h instead. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cjson/cJSON.h>

#include "bench/link/link_profile.h"
#include "bench/link/tool/link_measure.h"
#include "bench/link/tool/link_session.h"
#include "lib/opt/opt_library.h"

#define OPT_CONFIG struct link_session_config
#include "lib/base/proc.h"
#include "lib/opt/opt_rows.h"

static const char *const capture_views[] = {"client", "server", "both", NULL};

static const char *const ip_versions[] = {"4", "6", NULL};

static const struct opt run_opts[] = {
    HEADING("Link"),
    TEXT("link", "SPEC", link, "rtt=50ms",
         "a profile, NAME=VALUE,..., or both: 4g,loss=2% (see list and show)"),
    INT("seed", "N", seed, "1", 0, 1e15, "random seed of losses and jitter"),
    CHOICE("ip", "VERSION", ip, "4", ip_versions,
           "version of the addresses in $PUSHLAB_LINK_SERVER and $PUSHLAB_LINK_CLIENT; both ends "
           "always have both"),
    HEADING("At the two ends"),
    TEXT("server", "'CMD'", server, NULL,
         "shell command to run on the server's side, at " LINK_SERVER_IPV4 " and " LINK_SERVER_IPV6
         "; prints to stderr"),
    TEXT("client", "'CMD'", client, NULL,
         "shell command to run on the client's side; the same as -- CMD"),
    SECONDS("wait", wait_ns, "10", 0, 3600,
            "wait at most this long until the server listens on TCP; 0: do not wait"),
    HEADING("Results"),
    TEXT("pcap", "FILE", pcap, NULL, "write the packets as pcapng, for Wireshark and tshark"),
    CHOICE("pcap-at", "SIDE", pcap_at, "client", capture_views, "where the packets are captured"),
    TEXT("json", "FILE", json, NULL, "write all counters to FILE (-: standard output)"),
    FLAG("quiet", quiet, "no summary on standard error"),
    {.name = NULL},
};

static int main_run(int argc, char **argv);
static int main_on_server(int argc, char **argv);
static int main_list(int argc, char **argv);
static int main_show(int argc, char **argv);

static const struct opt_command commands[] = {
    {"shell", "[options]", "a shell on the client's side", main_run},
    {"on-server", "CMD ARG...", "run a command on the server's side, from such a shell",
     main_on_server},
    {"list", "", "the link profiles", main_list},
    {"show", "SPEC", "all values of a link", main_show},
    {"measure", "[--quick]", "how accurate the emulation is on this machine, now",
     link_measure_main},
    {NULL, NULL, NULL, NULL},
};

OPT_LIBRARIES(libraries, OPT_CJSON)

static const struct opt_program run_program = {
    .name = "pushlab-link",
    .usage = "[options] [-- CMD ARG...]\nCOMMAND ...",
    .about = "Run commands at the two ends of an emulated network link: delay, jitter, loss and "
             "rate on real IP packets, with no root where user namespaces are allowed.",
    .footer = "Examples:\n"
              "  pushlab-link --link 4g --server 'python3 -m http.server 80' -- "
              "curl -s http://" LINK_SERVER_IPV4 "/\n"
              "  pushlab-link shell --link satellite-geo,loss=2% --pcap sat.pcapng\n"
              "  pushlab-link --link rtt=80ms,jitter=5ms,loss=1%,rate=10mbit -- ping -c "
              "5 " LINK_SERVER_IPV4 "\n",
    .opts = run_opts,
    .commands = commands,
    .operands = "CMD",
    .libraries = libraries,
};

static const struct opt no_opts[] = {{.name = NULL}};

static const struct opt_program list_program = {
    .name = "pushlab-link list",
    .usage = "",
    .about = "Print the names of the link profiles, and what each of them emulates.",
    .opts = no_opts,
};
static const struct opt_program show_program = {
    .name = "pushlab-link show",
    .usage = "SPEC",
    .about = "Print a link in full: each direction's delay, jitter, loss, rate and queue.",
    .opts = no_opts,
    .operands = "SPEC",
};
static const struct opt_program on_server_program = {
    .name = "pushlab-link on-server",
    .usage = "CMD ARG...",
    .about = "Run a command on the server's side of the link, from inside a shell that "
             "pushlab-link shell has started.",
    .opts = no_opts,
    .operands = "CMD",
};

static int complain(int code, const char *text)
{
    fprintf(stderr, "pushlab-link: %s\n", text);
    return code;
}

/* False: the command ends with *code. nargs NULL: it takes no operands. */
static bool parse(const struct opt_program *p, void *config, int argc, char **argv, int *nargs,
                  int *code)
{
    struct err_text e;
    int rc = opt_parse(p, config, argc, argv, nargs, &e);

    *code = rc < 0 ? complain(PL_EXIT_USAGE, e.text) : PL_EXIT_OK;
    return rc == OPT_RUN;
}

static int main_run(int argc, char **argv)
{
    struct link_session_config config = {.link = NULL};
    struct err_text e;
    int nargs, code, rc;

    if (!parse(&run_program, &config, argc, argv, &nargs, &code))
        return code;
    if (nargs > 0 && config.client != NULL)
        return complain(PL_EXIT_USAGE,
                        "--client: there is a command after -- already; give one of them");
    if (nargs > 0) {
        argv[nargs + 1] = NULL;
        config.client_argv = argv + 1;
    }
    rc = link_session_run(&config, &code, &e);
    if (rc < 0)
        return complain(rc == PL_EINVAL ? PL_EXIT_USAGE : PL_EXIT_FAILURE, e.text);
    return code;
}

static void print_profile(void *arg, const char *name)
{
    struct link_spec spec;
    struct err_text e;

    (void)arg;
    if (link_spec_parse(&spec, name, &e) < 0)
        printf("%-18s %s\n", name, e.text);
    else
        printf("%-18s %s\n", name, spec.about);
}

static int main_list(int argc, char **argv)
{
    struct err_text e;
    int code;

    if (!parse(&list_program, NULL, argc, argv, NULL, &code))
        return code;
    if (link_profile_list(print_profile, NULL, &e) < 0)
        return complain(PL_EXIT_FAILURE, e.text);
    return PL_EXIT_OK;
}

static int main_show(int argc, char **argv)
{
    char text[LINK_TEXT_CHARS];
    struct link_spec spec;
    struct err_text e;
    int nargs, code;

    if (!parse(&show_program, NULL, argc, argv, &nargs, &code))
        return code;
    if (nargs != 1)
        return complain(PL_EXIT_USAGE, "show: accepted: one SPEC, such as 4g or rtt=80ms,loss=1%");
    if (link_spec_parse(&spec, argv[1], &e) < 0)
        return complain(PL_EXIT_USAGE, e.text);
    link_spec_format(&spec, text);
    puts(text);
    return PL_EXIT_OK;
}

/* Run a command on the other side, from a shell that this program started. */
static int main_on_server(int argc, char **argv)
{
    const char *path = getenv(LINK_SESSION_ENV_SERVER_NAMESPACE);
    int fd;

    if (argc == 2 && opt_answer(&on_server_program, argv[1]))
        return PL_EXIT_OK;
    if (argc < 2)
        return complain(PL_EXIT_USAGE, "on-server: accepted: a command and its arguments");
    if (path == NULL)
        return complain(PL_EXIT_USAGE, "on-server: only from inside `pushlab-link shell`");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) < 0) {
        fprintf(stderr, "pushlab-link: on-server: %s: %s\n", path, strerror(errno));
        return PL_EXIT_FAILURE;
    }
    execvp(argv[1], argv + 1);
    fprintf(stderr, "pushlab-link: %s: %s\n", argv[1], strerror(errno));
    return 127;
}

int main(int argc, char **argv)
{
    const struct opt_command *c = argc > 1 ? opt_command_find(commands, argv[1]) : NULL;
    int code;

    proc_open_standard_fds();
    proc_hear_stop_signals();
    code = c != NULL ? c->run(argc - 1, argv + 1) : main_run(argc, argv);
    if (proc_finish_output() < 0 && code == PL_EXIT_OK)
        code = complain(PL_EXIT_FAILURE, "write to stdout failed");
    return code;
}
