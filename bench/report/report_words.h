/* The vocabulary of a report's sentences (sentences.txt), beside run_words.h: what they ask of a
 * run that is more than a range of numbers. The comments in report_words.c say what each word
 * means. */
#ifndef PUSHLAB_REPORT_WORDS_H
#define PUSHLAB_REPORT_WORDS_H

#include <stdbool.h>

#include "bench/page/template.h"

extern const struct template_word report_words[];

/* Did client, server, kernel (in a namespace of the run's own) and wire count the same TCP
 * handshakes in each row? */
bool report_words_counts_agree(const cJSON *run);
/* Is there nothing to doubt: all updates and messages delivered once and in order, all documents
 * the same, and the counts agree? */
bool report_words_trusted(const cJSON *run);

#endif
