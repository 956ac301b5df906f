/* The words of HTTP and WebSocket, each with its one-line meaning and where it is defined. */
#ifndef PUSHLAB_EXPLAIN_WORDS_H
#define PUSHLAB_EXPLAIN_WORDS_H

#include <stdbool.h>
#include <stdint.h>

struct explain_word {
    const char *meaning, *ref;
};

/* A field line of a request, or of a response. Never NULL meanings: an unknown field is said to
 * be one. */
struct explain_word explain_field(bool request, const char *name, const char *value);

struct explain_word explain_method(const char *method);
struct explain_word explain_status(int status);

/* A parameter in the query of one of pushlab's own targets; meaning NULL: not ours. */
struct explain_word explain_query(const char *name);

const char *explain_opcode_name(uint8_t opcode); /* "text" */
struct explain_word explain_opcode(uint8_t opcode);
struct explain_word explain_close_code(uint16_t code);

#endif
