/* The clause that every comparison needs: who has the most of something, who the least. It
 * stays grammatical and true for one row, for many, and for rows that are all alike. */
#ifndef PUSHLAB_CLAUSE_H
#define PUSHLAB_CLAUSE_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/result/facts.h"
#include "bench/base/writer.h"

/* What is compared: "send the most requests", "add the least framing". */
struct clause {
    const char *path;       /* in a row of run.json */
    const char *one, *many; /* "sends", "send" */
    const char *thing;      /* "requests" */
    const char *lowest;     /* "fewest" of what is counted, "least" of what is measured */
    facts_format *format;
    const char *unit; /* " bytes" after the figure, or "" */
};

extern const struct clause clause_requests, clause_handshakes, clause_framing, clause_wire,
    clause_packets, clause_server_cpu, clause_client_cpu;

/* "`a` and `b` send the most requests (**1.01**), `c` the fewest (**0**)"; "all seven rows
 * send no requests"; "no row has a figure for requests". */
void clause_put(struct writer *w, const cJSON *run, const struct clause *c);
/* The same as the start of a sentence. */
void clause_put_first(struct writer *w, const cJSON *run, const struct clause *c);

/* Make the byte at out[at] a capital, where a sentence was begun with what was put there. */
void clause_capitalize(struct writer *w, size_t at);

#endif
