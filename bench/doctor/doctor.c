#include "bench/doctor/doctor.h"

#include "bench/doctor/doctor_judge.h"

const char *const doctor_verdict_words[] = {"ok", "warn", "missing", NULL};

#define MAIN true
#define MORE false

const struct doctor_check doctor_checks[] = {
    {"programs", MAIN, "the server and the clients of a run", judge_programs, 0, NULL},
    {"namespaces", MAIN, "runs with ports and counters of their own", judge_namespaces, 0, NULL},
    {"tun", MAIN, "emulated links", judge_tun, 0, NULL},
    {"gnuplot", MAIN, "the charts of a run", judge_gnuplot, DOCTOR_GNUPLOT, "gnuplot-nox"},
    {"files", MAIN, "the connections of a run", judge_files, 0, NULL},
    {"results", MAIN, "the folders of runs", judge_results, 0, NULL},
    {"cores", MAIN, "server and clients that don't disturb each other", judge_cores, 0, NULL},
    {"clock", MAIN, "latencies", judge_clock, 0, NULL},
    {"load", MAIN, "figures that are about pushlab alone", judge_load, 0, NULL},

    {"port", MORE, "pushlab serve and the examples", judge_port, 0, NULL},
    {"ports", MORE, "clients in the host's own network", judge_ports, 0, NULL},
    {"haproxy", MORE, "scenarios with balancers", judge_tool, DOCTOR_HAPROXY, "haproxy"},
    {"nginx", MORE, "scenarios with balancers, make bench-self", judge_tool, DOCTOR_NGINX,
     "nginx-light"},
    {"nginx-stream", MORE, "nginx as a balancer of layer 4", judge_nginx_stream, DOCTOR_NGINX,
     "libnginx-mod-stream"},
    {"redis", MORE, "servers that share a source (redis://)", judge_tool, DOCTOR_REDIS,
     "redis-server"},
    {"browser", MORE, "the live page", judge_browser, 0, "firefox-esr"},
    {"curl", MORE, "the workshop, the tests", judge_tool, DOCTOR_CURL, "curl"},
    {"python", MORE, "the tests, clients to type at", judge_python, DOCTOR_PYTHON,
     "python3 python3-websockets"},
    {"node", MORE, "the tests' independent peers", judge_node, DOCTOR_NODE, "nodejs npm"},
    {"chromium", MORE, "the tests of the live page", judge_tool, DOCTOR_CHROMIUM, "chromium"},
    {"tshark", MORE, "the tests of captures", judge_tool, DOCTOR_TSHARK, "tshark"},
    {NULL, false, NULL, NULL, 0, NULL},
};

void doctor_examine(const struct doctor_check *c, const struct doctor_facts *f,
                    struct doctor_finding *out)
{
    *out = (struct doctor_finding){.verdict = DOCTOR_OK};
    c->judge(c, f, out);
}

bool doctor_is_fit(const struct doctor_facts *f)
{
    struct doctor_finding finding;

    for (const struct doctor_check *c = doctor_checks; c->name != NULL; c++) {
        doctor_examine(c, f, &finding);
        if (c->main_job && finding.verdict == DOCTOR_MISSING)
            return false;
    }
    return true;
}
