/* What the kernel writes about processor time, read from its texts (proc(5), and the kernel's
 * admin-guide: cgroup-v2, cgroup-v1/cpuacct, accounting/psi). Pure; machine.h opens the files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Number n, from 1, of those that follow key on the first line that begins with line; NAN when
 * there is none. ("some avg10=0.69 avg60=2.41", "some", "avg60=", 1) is 2.41; with "" for line and
 * key it is the n-th number of the text. */
double machine_text_number(const char *text, const char *line, const char *key, int n);

/* cpu.max of cgroup v2 in cores: "20000 100000" is 0.2, "max 100000" is INFINITY; NAN: neither. */
double machine_text_quota(const char *cpu_max);

/* The path that /proc/PID/cgroup has for a controller ("cpu"; "" stands for v2): "/user.slice/x",
 * into out. False when the text has no such line, or the path does not fit. */
bool machine_text_cgroup(const char *text, const char *controller, char *out, size_t cap);
