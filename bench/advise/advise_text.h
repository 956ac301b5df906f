/* Which sentences the findings come to; advise_words.h says how each is written. */
#pragma once

#include <cjson/cJSON.h>

#include "bench/advise/advise.h"
#include "bench/page/citations.h"

/* What is said about runs[file], whose figures are those of citations->files[file], as a page
 * (advise_words_begin()), the caller's; it borrows from the run. There are as many runs as
 * citations has files. NULL when memory is out. */
cJSON *advise_text_of(const struct advise *const *runs, struct citations *citations, int file);

/* What holds over several runs; NULL also where they can't be compared: runs of different
 * scenarios, without a requirement, or such as can't be believed. */
cJSON *advise_text_together(const struct advise *const *runs, struct citations *citations);
