/* Asking which programs there are, and for their versions. A part of doctor_probe(). */
#ifndef PUSHLAB_DOCTOR_PROGRAMS_H
#define PUSHLAB_DOCTOR_PROGRAMS_H

#include "bench/doctor/doctor.h"
#include "lib/base/err.h"

/* Fill in tools, own, has_apt, nginx_stream, python_websockets and peers. As doctor_probe(). */
int doctor_probe_programs(struct doctor_facts *f, struct err_text *e);

#endif
