#include "bench/run/environment.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <event2/event.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "lib/base/version.h"

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void add_text(cJSON *o, const char *name, const char *text)
{
    if (text[0] == '\0')
        cJSON_AddNullToObject(o, name);
    else
        json_add_text(o, name, text);
}

static void add_line_of(cJSON *o, const char *name, const char *path)
{
    char line[256];

    file_first_line(line, sizeof line, path);
    add_text(o, name, line);
}

static void add_kernel(cJSON *o)
{
    struct utsname u;
    char text[3 * sizeof u.release] = "";

    if (uname(&u) == 0)
        snprintf(text, sizeof text, "%s %s %s", u.sysname, u.release, u.machine);
    add_text(o, "kernel", text);
}

/* x86 says "model name", some Arm kernels "Model" or "Hardware", others nothing. */
static const char *cpu_model(char *line, int cap)
{
    static const char *const words[] = {"model name", "Model", "Hardware", "cpu model"};
    FILE *f = fopen("/proc/cpuinfo", "re");
    char *value = NULL;

    while (f != NULL && value == NULL && fgets(line, cap, f) != NULL)
        for (size_t i = 0; value == NULL && i < sizeof words / sizeof *words; i++)
            if (strncmp(line, words[i], strlen(words[i])) == 0)
                value = strchr(line, ':');
    if (f != NULL)
        fclose(f);
    if (value == NULL)
        return "";
    value[strcspn(value, "\n")] = '\0';
    return value + strspn(value, ": \t");
}

static void add_size(cJSON *o)
{
    struct sysinfo si;
    cpu_set_t cores;

    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof cores, &cores) == 0)
        cJSON_AddNumberToObject(o, "cores", CPU_COUNT(&cores));
    if (sysinfo(&si) == 0)
        cJSON_AddNumberToObject(o, "memory_bytes", (double)si.totalram * si.mem_unit);
}

static void add_limit(cJSON *o, const char *name, int which)
{
    struct rlimit lim;
    bool known = getrlimit(which, &lim) == 0 && lim.rlim_cur != RLIM_INFINITY;

    json_add_number(o, name, known ? (double)lim.rlim_cur : NAN);
}

static void add_limits(cJSON *o)
{
    cJSON *limits = cJSON_AddObjectToObject(o, "limits");

    add_limit(limits, "open_files", RLIMIT_NOFILE);
    add_limit(limits, "processes", RLIMIT_NPROC);
    add_limit(limits, "address_space_bytes", RLIMIT_AS);
}

static void add_tcp(cJSON *o)
{
    static const char *const names[] = {
        "net/core/somaxconn",          "net/ipv4/ip_local_port_range",
        "net/ipv4/tcp_rmem",           "net/ipv4/tcp_wmem",
        "net/ipv4/tcp_fin_timeout",    "net/ipv4/tcp_tw_reuse",
        "net/ipv4/tcp_timestamps",     "net/ipv4/tcp_sack",
        "net/ipv4/tcp_window_scaling", "net/ipv4/tcp_congestion_control",
        "net/ipv4/tcp_autocorking",    "net/ipv4/tcp_slow_start_after_idle",
        "net/ipv4/tcp_syncookies",     "net/ipv4/tcp_max_syn_backlog",
        "net/ipv4/tcp_fastopen",       "net/core/default_qdisc",
    };
    cJSON *tcp = cJSON_AddObjectToObject(o, "tcp");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[96];

        snprintf(path, sizeof path, "/proc/sys/%s", names[i]);
        add_line_of(tcp, strrchr(names[i], '/') + 1, path);
    }
}

cJSON *environment_describe(const struct netns *netns, int argc, char *const *argv)
{
    cJSON *o = cJSON_CreateObject();
    char line[256];

    add_kernel(o);
    add_text(o, "cpu_model", cpu_model(line, sizeof line));
    add_size(o);
    add_line_of(o, "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
    add_line_of(o, "clocksource",
                "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    add_line_of(o, "load_average", "/proc/loadavg");
    cJSON_AddStringToObject(o, "libevent", event_get_version());
    cJSON_AddStringToObject(o, "cjson", cJSON_Version());
    cJSON_AddStringToObject(o, "compiler", COMPILER);
    cJSON_AddStringToObject(o, "git", PUSHLAB_GIT_DESCRIBE);
    cJSON_AddStringToObject(o, "network_namespace", netns->own ? "own" : "host");
    add_limits(o);
    add_tcp(o);
    json_add_words(o, "command_line", argv, (size_t)argc);
    return o;
}
