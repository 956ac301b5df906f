/* What stands in a tag: expressions, and the words that every vocabulary has. Private to
 * template*.c. */
#ifndef PUSHLAB_TEMPLATE_WORDS_H
#define PUSHLAB_TEMPLATE_WORDS_H

#include "bench/page/template.h"

enum { TAG_BYTES = 320 };

/* Write an expression, and return its number; or, where item is not NULL, only find the item that
 * it stands for. */
double template_evaluate(struct template_fill *t, const char *expression, const cJSON **item);
/* Does a condition hold? It is cut up on the way. */
bool template_is_true(struct template_fill *t, char *condition);
const struct template_word *template_word_called(const struct template_fill *t, const char *name);
/* Put in what stands for each @path. */
void template_substitute(const struct template_fill *t, char text[TAG_BYTES]);
/* In prose, write the white space that was read since the last text. */
void template_gap(struct template_fill *t);

/* The text of that name, with a line break in front of it, the caller's to free(); NULL: there is
 * none. */
char *template_text_called(const char *name);

#endif
