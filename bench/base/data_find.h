/* Files that come along with the programs: gnuplot scripts, link profiles, scenarios and studies.
 * All are looked for in the same places, in this order: the folder that the environment names
 * ($PUSHLAB_CHARTS, $PUSHLAB_LINKS), and then nowhere else; or the source tree that is the current
 * folder, the one that the program was built in, share/pushlab beside the program's folder (which
 * is where make install puts them, whatever its PREFIX), and the PREFIX that the program was built
 * for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum data_kind { DATA_CHARTS, DATA_LINKS, DATA_SCENARIOS, DATA_STUDIES };

/* The path of a readable file of that kind; file "": of their folder. False: not found; path then
 * holds the last place. */
bool data_find(char *path, size_t cap, enum data_kind kind, const char *file);

/* The path of what the user typed: a file, or the name of one that comes along, with or without its
 * suffix ("game", "balancers/kinds"). What is neither is a path that cannot be opened. */
void data_find_word(char *path, size_t cap, enum data_kind kind, const char *word);

/* All files of a kind, by name ("smoke", "balancers/kinds"; those in folders last), each where
 * data_find() finds it. */
struct data_list {
    struct data_file {
        char *name, *path;
    } * at;
    size_t n;
};

/* 0 or PL_ENOMEM; what can't be read is not in it. To be freed also on failure. */
int data_list_make(struct data_list *list, enum data_kind kind);
void data_list_free(struct data_list *list);

/* What was probably meant by a word that data_find_word() can't find; borrowed, NULL: nothing is
 * like it. */
const char *data_list_nearest(const struct data_list *list, const char *word);

enum { DATA_HINT_BYTES = 96 };
/* The same for a message, between what is wrong and what there is: "; did you mean smoke? ", or "
 * ". Returns out. */
const char *data_hint(char out[DATA_HINT_BYTES], enum data_kind kind, const char *word);
