/* Rows of an option table (opt.h) in short. Define OPT_CONFIG as the struct that the options fill
 * in, then include this:
 *
 *     #define OPT_CONFIG struct client_options
 *     #include "lib/opt/opt_rows.h"
 *
 *     static const struct opt opts[] = {
 *         HEADING("Phases"),
 *         SECONDS("drain", drain_ns, "5", 0, 3600, "wait at most this long for the last updates"),
 *         {0},
 *     };
 *
 * unit is opt.h's value_name, initial its default_text; the rest has the names of struct opt. */
#pragma once

#include "lib/opt/opt.h"

/* clang-format off */
#define OPT_ROW(name, kind, unit, field, initial, min, max, choices, help) \
    {name, kind, unit, offsetof(OPT_CONFIG, field), initial, min, max, choices, help}
#define HEADING(text) {.name = text, .kind = OPT_HEADING}
#define FLAG(name, field, help) OPT_ROW(name, OPT_FLAG, NULL, field, NULL, 0, 0, NULL, help)
/* clang-format on */
#define TEXT(name, unit, field, initial, help)                                                     \
    OPT_ROW(name, OPT_TEXT, unit, field, initial, 0, 0, NULL, help)
#define LIST(name, unit, field, help) OPT_ROW(name, OPT_LIST, unit, field, NULL, 0, 0, NULL, help)
#define CHOICE(name, unit, field, initial, choices, help)                                          \
    OPT_ROW(name, OPT_CHOICE, unit, field, initial, 0, 0, choices, help)
#define INT(name, unit, field, initial, min, max, help)                                            \
    OPT_ROW(name, OPT_INT, unit, field, initial, min, max, NULL, help)
#define REAL(name, unit, field, initial, min, max, help)                                           \
    OPT_ROW(name, OPT_REAL, unit, field, initial, min, max, NULL, help)
#define MS(name, field, initial, min, max, help)                                                   \
    OPT_ROW(name, OPT_MS, "MS", field, initial, min, max, NULL, help)
#define SECONDS(name, field, initial, min, max, help)                                              \
    OPT_ROW(name, OPT_SECONDS, "S", field, initial, min, max, NULL, help)
