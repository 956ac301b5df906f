/* The clause that every comparison needs: who has the most of something, who the least. It
 * stays grammatical and true for one row, for many, and for rows that are all alike. */
#ifndef PUSHLAB_COMPARISON_TEXT_H
#define PUSHLAB_COMPARISON_TEXT_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/result/facts.h"
#include "bench/base/writer.h"

/* What is compared: "send the most requests", "add the least framing". */
struct comparison_text {
    const char *path;       /* in a row of run.json */
    const char *one, *many; /* "sends", "send" */
    const char *thing;      /* "requests" */
    const char *lowest;     /* "fewest" of what is counted, "least" of what is measured */
    facts_format *format;
    const char *unit; /* " bytes" after the figure, or "" */
};

extern const struct comparison_text comparison_text_requests, comparison_text_handshakes,
    comparison_text_framing, comparison_text_wire, comparison_text_packets,
    comparison_text_server_cpu, comparison_text_client_cpu;

/* "`a` and `b` send the most requests (**1.01**), `c` the fewest (**0**)"; "all seven rows
 * send no requests"; "no row has a figure for requests". */
void comparison_text_put(struct writer *w, const cJSON *run, const struct comparison_text *c);
/* The same as the start of a sentence. */
void comparison_text_put_first(struct writer *w, const cJSON *run, const struct comparison_text *c);

/* Make the byte at out[at] a capital, where a sentence was begun with what was put there. */
void comparison_text_capitalize(struct writer *w, size_t at);

#endif
