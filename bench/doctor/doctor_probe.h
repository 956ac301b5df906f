/* Asking the machine. Nothing is changed by it: namespaces and a link are made in a process of
 * their own, and are gone with it; of files and ports only the possibility is asked. */
#pragma once

#include "bench/doctor/doctor.h"
#include "lib/base/err.h"

/* results: the folder that runs are to go to. Takes a second at most where nothing hangs.
 * 0, or PL_ESYS with the line in e when no program can be started at all. */
int doctor_probe(struct doctor_facts *f, const char *results, struct err_text *e);
