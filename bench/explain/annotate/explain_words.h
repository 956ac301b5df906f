/* The sentences of explanations, with references. They are in bench/explain/words/, a line each:
 * KEY | MEANING | REFERENCE, and compiled in (embed.awk). */
#pragma once

#include <stdbool.h>

struct explain_word_row {
    const char *key, *meaning, *ref;
};

extern const struct explain_word_row explain_word_rows[]; /* generated; last: key NULL */

struct explain_word { /* constants; all NULL: there is no such key */
    const char *name; /* what follows in the key: "text" of "opcode 1 text"; or "" */
    const char *meaning, *ref;
};

/* The first line whose key equals the printed key, or begins with it and a space. */
struct explain_word explain_word(const char *key, ...) __attribute__((format(printf, 1, 2)));

/* word, or that of another key where there was none. */
struct explain_word explain_word_or(struct explain_word word, const char *key);

/* The word for a field line of a request, or of a response. There always is one. */
struct explain_word explain_word_field(bool request, const char *name, const char *value);
