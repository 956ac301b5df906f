/* The options that say what to change of a scenario: of every command that takes one. */
#pragma once

#include "bench/scenario/scenario.h"
#include "lib/base/err.h"
#include "lib/opt/opt.h"

/* As typed: the scenario's own table of keys reads and checks them. NULL: as the scenario says. */
struct overrides {
    const char *duration, *warmup, *clients, *seed, *link, *ip, *set, *rows;
    const char *repeat, *order; /* of commands that measure */
};

/* Their rows of an option table (after lib/opt/opt_rows.h), whose config has a struct overrides
 * called at. verb: what the command does with rows, as "measure". */
#define OVERRIDE_OPTS(at, verb)                                                                    \
    HEADING("Instead of what the scenario says"),                                                  \
        TEXT("duration", "S", at.duration, NULL, "length of the measurement window"),              \
        TEXT("warmup", "S", at.warmup, NULL, "time between set-up and the window"),                \
        TEXT("clients", "N", at.clients, NULL, "clients per row"),                                 \
        TEXT("seed", "N", at.seed, NULL, "random seed of the source and the clients"),             \
        TEXT("rows", "ID,ID", at.rows, NULL, verb " only these rows"),                             \
        TEXT("link", "LINK", at.link, NULL,                                                        \
             "network link: loopback, a profile such as 4g, or "                                   \
             "rtt=80ms,jitter=5ms,loss=1%,rate=10mbit"),                                           \
        TEXT("ip", "VERSION", at.ip, NULL, "IP version: 4 or 6"),                                  \
        TEXT("set", "KEY=VALUE,...", at.set, NULL,                                                 \
             "any other key, as pushlab help scenarios names it: source.rate_hz=5,room_size=4")

/* Read, change and check the scenario of that name or file. On failure there is nothing to free. 0,
 * PL_EINVAL, PL_ESYS or PL_ENOMEM, with the line in e. */
int overrides_load(struct scenario *s, const struct overrides *o, const char *word,
                   struct err_text *e);
