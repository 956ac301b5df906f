/* The table of scenario keys. Private to scenario*.c and its tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"

enum key_kind {
    KEY_INT,      /* int64_t, min..max */
    KEY_REAL,     /* double, min..max */
    KEY_FLAG,     /* bool */
    KEY_CHOICE,   /* int: index into choices */
    KEY_TEXT,     /* char[max + 1]: printable, one line */
    KEY_NAME,     /* char[max + 1]: letters, digits and @ . _ + -, a letter or digit first */
    KEY_LINKS,    /* struct scenario_links: a text or an array of texts */
    KEY_CHANNELS, /* char[max + 1]: names with commas between them, or an array of names */
    KEY_OBJECT,   /* a struct of its own with the keys inner */
    KEY_ROWS,     /* an array of struct scenario_row with the keys inner */
    KEY_FAULTS, /* struct scenario_faults: an array of struct scenario_fault with the keys inner */
};

struct scenario_key {
    const char *name;
    enum key_kind kind;
    size_t offset;             /* in the struct of the object that has the key: its base */
    double fallback;           /* when absent; a choice's index; flags 0 or 1 */
    const char *fallback_text; /* KEY_TEXT: itself; else only for the reference, where fallback says
                                  too little */
    double min, max;           /* inclusive; for texts max is the longest length in bytes */
    const char *const *choices; /* NULL-terminated */
    const struct scenario_key *inner;
    bool unset;         /* of a row: the keys inner are the scenario's again, and what is absent
                           stays unset */
    const char *option; /* pushlab-server's option that it becomes, or NULL */
    const char *client_option; /* the same for pushlab-client */
    /* A key that has a meaning only with some choices of another key: that one's offset, and a
     * bit per choice. 0: it always has one. Otherwise it may not be given, and isn't in effect. */
    size_t when;
    unsigned when_choices;
    const char *help;
};

extern const struct scenario_key scenario_keys[]; /* last: name NULL */
extern const char *const scenario_source_kinds[], *const scenario_tls_versions[]; /* last: NULL */

/* Has the key a meaning, by what else is in the object at base? */
bool scenario_key_applies(const void *base, const struct scenario_key *k);
/* That, and is it set? */
bool scenario_key_in_effect(const void *base, const struct scenario_key *k);

/* The key of that name, or NULL. */
const struct scenario_key *scenario_key_find(const struct scenario_key *keys, const char *name);

/* The key whose name is most like that, or NULL. */
const char *scenario_key_nearest(const struct scenario_key *keys, const char *name);

/* Fit for a file name: letters, digits and @ . _ + -, beginning with a letter or digit. */
bool scenario_is_name(const char *text);

/* Is it a time? By its name's unit: "hold_ms". */
bool scenario_key_is_time(const struct scenario_key *k);

/* "a, b, c" for messages; cut off at cap. */
void scenario_list_keys(char *out, size_t cap, const struct scenario_key *keys);
/* What a key accepts: "1 to 3600000", "fixed, poisson, bursts". */
void scenario_describe_accepted(char *out, size_t cap, const struct scenario_key *k);

/* Where in the file we are, for messages. */
struct scenario_place {
    const char *path; /* of the file; "" for the command line */
    char at[96];      /* "rows[2].interval_ms" */
};

/* "FILE: PLACE: what; accepted: ACCEPTED" into e. Returns PL_EINVAL. */
int scenario_refuse(const struct scenario_place *p, const char *what, const char *accepted,
                    struct err_text *e);
/* The same with "did you mean NEAREST? " in front of what is accepted, unless that is NULL. */
int scenario_refuse_near(const struct scenario_place *p, const char *what, const char *nearest,
                         const char *accepted, struct err_text *e);
/* "FILE: PLACE: line". */
int scenario_refuse_line(const struct scenario_place *p, const char *line, struct err_text *e);

/* The word of a command line as the key's value in JSON, the caller's; place is for the message.
 * NULL, with the line in e: the key does not accept it. */
cJSON *scenario_read_word(const struct scenario_key *k, const char *place, const char *word,
                          struct err_text *e);

struct scenario;

/* After all keys were read: fill in what depends on other keys (rows' intervals and ids, the
 * trace's path, the name), and refuse what does not go together. 0 or PL_EINVAL. */
int scenario_complete(struct scenario *s, struct err_text *e);
