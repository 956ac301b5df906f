/* Where a JSON value ends, in text that is known to be JSON (or that is checked elsewhere):
 * strings, braces and brackets are told apart, nothing more. For readers that run once per
 * update and must not parse what they only pass on. No I/O. */
#ifndef PUSHLAB_JSON_SKIP_H
#define PUSHLAB_JSON_SKIP_H

/* at stands behind a string's opening quote: what follows the closing one, or NULL. */
const char *json_skip_string(const char *at, const char *end);

/* at stands on an opening brace or bracket: what follows its partner, or NULL. */
const char *json_skip_nested(const char *at, const char *end);

/* at stands on the first character of a value: what follows the value, or NULL. */
const char *json_skip_value(const char *at, const char *end);

#endif
