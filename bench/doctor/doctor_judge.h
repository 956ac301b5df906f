/* The judges of doctor_checks[]. Each gets a finding that says ok, and nothing else yet. */
#ifndef PUSHLAB_DOCTOR_JUDGE_H
#define PUSHLAB_DOCTOR_JUDGE_H

#include "bench/doctor/doctor.h"

typedef void doctor_judge(const struct doctor_check *c, const struct doctor_facts *f,
                          struct doctor_finding *out);

/* doctor_judge.c: the machine */
doctor_judge judge_namespaces, judge_tun, judge_files, judge_results, judge_cores, judge_clock,
    judge_load, judge_port, judge_ports;

/* doctor_judge_programs.c: what is installed */
doctor_judge judge_programs, judge_tool, judge_gnuplot, judge_nginx_stream, judge_browser,
    judge_python, judge_node;

/* Write found and the verdict; or what to do. printf. */
void doctor_find(struct doctor_finding *out, enum doctor_verdict verdict, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void doctor_advise(struct doctor_finding *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "sudo " for whoever is not root. */
const char *doctor_sudo(const struct doctor_facts *f);

#endif
