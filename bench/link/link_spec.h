/* What a link is like, as text: "rtt=80ms,jitter=5ms,loss=1%,rate=10mbit", or the name of a
 * profile with changes after it: "4g,loss=2%". Profiles are small text files of the same
 * words, one on each line (bench/link/profiles, docs/link.md).
 *
 *   rtt=TIME               half of it each way
 *   delay=TIME             one way
 *   jitter=TIME            how far a packet's delay strays
 *   jitter-shape=uniform|normal    evenly within +-jitter, or with it as standard deviation
 *   reorder=no|yes         may packets overtake each other?
 *   loss=PERCENT           share of packets lost, each on its own
 *   burst=PACKETS          that share, but lost in bursts of so many on average
 *   gilbert=P/R[/BAD[/GOOD]]  Gilbert-Elliott: percent chance of good to bad, of bad to good,
 *                          and of loss in the bad (100%) and in the good state (0%)
 *   rate=RATE              kbit, mbit, gbit per second, counting IP bytes; 0: not limited
 *   queue=SIZE             what may wait for the transmitter: 64kB, or 100ms at that rate
 *   lines=N                N such links side by side, as N homes have: N times rate and queue, and
 *                          packets keep their order within a connection only
 *   about=TEXT             profile files only: one line for people
 *
 * All but rtt, lines and about take "up." (client to server) or "down." in front; without it they
 * mean both. Later words override earlier ones. */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "bench/link/path/link_path.h"

/* What can happen to a link for a while: what is sent either way is lost, and what was under way
 * arrives; or nothing moves, and nothing is lost by this. */
enum link_disturbance { LINK_GOES_DOWN, LINK_STALLS };

enum link_direction { LINK_UP, LINK_DOWN, LINK_DIRECTIONS };

enum { LINK_NAME_CHARS = 64, LINK_TEXT_CHARS = 512 };

struct link_spec {
    char name[LINK_NAME_CHARS]; /* what the user asked for: "4g"; also the column in tables */
    char about[LINK_NAME_CHARS * 2];
    struct link_model path[LINK_DIRECTIONS];
};

/* Read a spec as given to --link. 0, or PL_EINVAL with the line in e. */
int link_spec_parse(struct link_spec *out, const char *text, struct err_text *e);

/* The words that such a text may have before "=": number i of them, from 0; NULL: there are no
 * more.
 */
const char *link_spec_word(size_t i);

/* The spec in full, as words that link_spec_parse reads back to the same link: profile names
 * are spelt out and every default that matters is written. */
void link_spec_format(const struct link_spec *spec, char out[LINK_TEXT_CHARS]);

/* Both directions' delay without jitter: the least that a round trip takes. */
int64_t link_spec_rtt_ns(const struct link_spec *spec);

/* For run.json, the caller's: name, about, spec in full, rtt_ms. */
cJSON *link_spec_describe(const struct link_spec *spec);
