/* The sentences of a report about channels, deadlines and clients that send. Prose as in
 * report_text.h; each writes nothing where a run has nothing of the kind. */
#ifndef PUSHLAB_REPORT_DUPLEX_H
#define PUSHLAB_REPORT_DUPLEX_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"

/* Who sends what, and by when updates are due: after report_text_setting()'s source. */
void report_duplex_setting(struct writer *w, const cJSON *run);

/* What meets the deadline, and how late everyone hears a client, in one to three sentences. */
bool report_duplex_has_verdict(const cJSON *run);
void report_duplex_verdict(struct writer *w, const cJSON *run);

/* Did every message come to everyone, once and in its sender's order, and did all documents end the
 * same? True where nobody sends. */
bool report_duplex_trusted(const cJSON *run);
void report_duplex_trust(struct writer *w, const cJSON *run);

/* What the charts on-time and upstream-latency show. */
void report_duplex_read_on_time(struct writer *w, const cJSON *run);
void report_duplex_read_upstream(struct writer *w, const cJSON *run);

#endif
