/* Advice on one run or several, and how it is written out: for a terminal, as Markdown, as JSON,
 * and as items for pages. All hold the same sentences and the same references. */
#pragma once

#include "bench/advise/advise.h"
#include "bench/page/citations.h"
#include "bench/page/output.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

struct advise_entry {
    cJSON *run;            /* owned */
    char *file;            /* "results/latest/run.json", owned */
    struct advise *advise; /* owned */
    cJSON *page;           /* advise_text_of(), owned */
};

/* What is said about some runs. Zero-initialise. */
struct advise_book {
    struct advise_entry *entries;
    int n;
    const char **files; /* for citations */
    struct citations citations;
    cJSON *together; /* about all runs, or NULL; owned */
};

/* Take over a run (on success and on failure); file is copied. 0 or PL_ENOMEM. */
int advise_book_add(struct advise_book *b, cJSON *run, const char *file);
/* Add the run that word names: a folder with a run.json, or such a file. Otherwise word is a
 * scenario: then the newest complete run of it, as it is in its file now, for each of its links,
 * from below results; what is missing is run first, which is said on stderr in one line.
 * 0, PL_EINVAL (what is wrong with word: the line in e), or another failure. (advise_find.c) */
int advise_book_find(struct advise_book *b, const char *word, const char *results,
                     struct err_text *e);
/* Judge all of them, and put what is found into words. 0 or PL_ENOMEM. */
int advise_book_make(struct advise_book *b, const struct advise_ask *ask);
void advise_book_free(struct advise_book *b);

/* For templates: {entries[{file, run, date, and what advise_text_of() has, or of the last heading:
 * "All links together"}], references[{n, says (prose)}]}. The caller's; it borrows from b. */
cJSON *advise_book_page(const struct advise_book *b);

/* What advise_text_of() says about a run, by what its scenario requires, with references as above.
 * The caller's; it borrows from run. NULL when memory is out. */
cJSON *advise_book_page_of_run(const cJSON *run);

/* How advice is written out. */
struct advise_form {
    enum output output; /* OUTPUT_TERMINAL or OUTPUT_MARKDOWN */
    bool figures;       /* all sentences with their references, not only the short form */
    size_t columns;     /* of the terminal */
};

/* Append. 0, PL_ENOMEM, or PL_EINVAL when a text is not
 * well-formed. */
int advise_book_write(struct buf *out, const struct advise_book *b, const struct advise_form *form);

/* {"runs":[{"file","scenario","link","verdict","best":[ids],"limits":[{latency_us,
 *  best[]}],"rows":[{id,fit,disturbed[],checks[]}]}],
 *  "sentences":[{"run","part","row","text","references":[n]}],
 *  "references":[{"n","kind","file","pointer","row","path","value","text","inputs","words"}]}:
 * pointer is where the figure stands in file (RFC 6901). 0 or PL_ENOMEM. */
int advise_book_write_json(struct buf *out, const struct advise_book *b);
