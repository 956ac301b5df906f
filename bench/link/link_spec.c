#include "bench/link/link_spec.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "bench/link/link_profile.h"
#include "lib/base/clock.h"
#include "lib/base/duration.h"
#include "lib/base/spelling.h"

#define MAX_DELAY_NS      (60 * (double)NS_PER_S)
#define MOST_QUEUE_BYTES  1e9
#define FULL_PACKET       1500
#define DEFAULT_QUEUE_NS  (100 * NS_PER_MS) /* a common size of real buffers at the bottleneck */
#define LEAST_QUEUE_BYTES (10 * FULL_PACKET)

/* One direction while it is being read: the words as given, before they are put together. */
struct draft {
    double delay_ns, jitter_ns;
    enum jitter_shape shape;
    bool reorder;
    double loss_ratio, burst_packets;
    bool has_gilbert;
    struct loss_model gilbert;
    double rate_bps, queue_bytes, queue_ns; /* queue_*: < 0 when not given */
    double lines;
};

static const struct quantity_unit rate_units[] = {
    {"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {NULL, 0}};
static const struct quantity_unit size_units[] = {{"b", 1}, {"kb", 1e3}, {"mb", 1e6}, {NULL, 0}};
static const struct quantity_unit percent_units[] = {{"%", 0.01}, {NULL, 0}};
static const struct quantity_unit packet_units[] = {{"", 1}, {NULL, 0}};

/* A number and one of the units; zero needs none. units NULL: a time, in ns. False when text is
 * anything else. */
static bool parse_quantity(double *out, const char *text, const struct quantity_unit *units)
{
    double bare;

    if (units == NULL)
        return duration_read(out, text, 0);
    if (!quantity_read_number(text, &bare) || bare != 0)
        return quantity_read(text, units, out);
    *out = 0;
    return true;
}

struct word {
    const char *name;
    bool (*set)(struct draft *d, const struct word *w, const char *text);
    bool both_only; /* makes no sense for one direction */
    const char *accepted;
    /* of those that are numbers; units NULL: times */
    const struct quantity_unit *units;
    double min, max;
    size_t offset; /* of a double in struct draft */
};

static bool set_number(struct draft *d, const struct word *w, const char *text)
{
    double *field = (double *)((char *)d + w->offset);

    return parse_quantity(field, text, w->units) && *field >= w->min && *field <= w->max;
}

static bool set_rtt(struct draft *d, const struct word *w, const char *text)
{
    bool good = set_number(d, w, text);

    d->delay_ns /= 2;
    return good;
}

static bool set_jitter_shape(struct draft *d, const struct word *w, const char *text)
{
    (void)w;
    d->shape = strcmp(text, "normal") == 0 ? JITTER_NORMAL : JITTER_UNIFORM;
    return strcmp(text, "normal") == 0 || strcmp(text, "uniform") == 0;
}

static bool set_reorder(struct draft *d, const struct word *w, const char *text)
{
    (void)w;
    d->reorder = strcmp(text, "yes") == 0;
    return d->reorder || strcmp(text, "no") == 0;
}

static bool set_loss(struct draft *d, const struct word *w, const char *text)
{
    d->has_gilbert = false;
    return set_number(d, w, text);
}

static bool set_gilbert(struct draft *d, const struct word *w, const char *text)
{
    double *const part[] = {&d->gilbert.good_to_bad, &d->gilbert.bad_to_good, &d->gilbert.bad_loss,
                            &d->gilbert.good_loss};
    char copy[128], *save = NULL, *word;
    size_t n = 0;

    (void)w;
    d->gilbert = (struct loss_model){.bad_loss = 1};
    d->has_gilbert = true;
    if (strlen(text) >= sizeof copy)
        return false;
    strcpy(copy, text);
    for (word = strtok_r(copy, "/", &save); word != NULL; word = strtok_r(NULL, "/", &save)) {
        if (n == sizeof part / sizeof part[0] || !parse_quantity(part[n], word, percent_units) ||
            *part[n++] > 1)
            return false;
    }
    return n >= 2 && d->gilbert.bad_to_good > 0;
}

static bool set_rate(struct draft *d, const struct word *w, const char *text)
{
    d->rate_bps = -1; /* not read */
    return set_number(d, w, text) || d->rate_bps == 0;
}

static bool set_queue(struct draft *d, const struct word *w, const char *text)
{
    d->queue_bytes = d->queue_ns = -1;
    if (parse_quantity(&d->queue_ns, text, NULL))
        return d->queue_ns >= 0 && d->queue_ns <= MAX_DELAY_NS;
    return set_number(d, w, text);
}

static bool set_lines(struct draft *d, const struct word *w, const char *text)
{
    return set_number(d, w, text) && d->lines == trunc(d->lines);
}

#define TIME(field) NULL, 0, MAX_DELAY_NS, offsetof(struct draft, field)
#define NO_NUMBER   NULL, 0, 0, 0

static const struct word words[] = {
    {"rtt", set_rtt, true, "a time such as 80ms, at most 60s", TIME(delay_ns)},
    {"delay", set_number, false, "a time such as 40ms, at most 60s", TIME(delay_ns)},
    {"jitter", set_number, false, "a time such as 5ms, at most 60s", TIME(jitter_ns)},
    {"jitter-shape", set_jitter_shape, false, "uniform or normal", NO_NUMBER},
    {"reorder", set_reorder, false, "yes or no", NO_NUMBER},
    {"loss", set_loss, false, "0% to 100%", percent_units, 0, 1,
     offsetof(struct draft, loss_ratio)},
    {"burst", set_loss, false, "packets in a burst on average, 1 to 1000000", packet_units, 1, 1e6,
     offsetof(struct draft, burst_packets)},
    {"gilbert", set_gilbert, false, "P/R[/BAD[/GOOD]] in percent, such as 1%/25%", NO_NUMBER},
    {"rate", set_rate, false, "0, or 1kbit to 100gbit", rate_units, 1e3, 1e11,
     offsetof(struct draft, rate_bps)},
    {"queue", set_queue, false, "a size such as 64kB, at most 1000MB, or a time such as 100ms",
     size_units, 0, MOST_QUEUE_BYTES, offsetof(struct draft, queue_bytes)},
    {"lines", set_lines, true, "links side by side, 1 to 100000", packet_units, 1, 1e5,
     offsetof(struct draft, lines)},
};

const char *link_spec_word(size_t i)
{
    return i < sizeof words / sizeof words[0] ? words[i].name : NULL;
}

static const struct word *find_word(const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].name, name) == 0)
            return &words[i];
    }
    return NULL;
}

static int unknown_word(const char *name, struct err_text *e)
{
    char names[160], hint[SPELLING_HINT_BYTES];
    struct spelling_guess g;
    size_t len = 0;

    spelling_guess_begin(&g, name, strlen(name));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        len += (size_t)snprintf(names + len, sizeof names - len, "%s, ", words[i].name);
        spelling_guess_try(&g, words[i].name);
    }
    return err_set(e, PL_EINVAL,
                   "'%.40s' is not a word of a link; %saccepted: %swith up. or down. before all "
                   "but the first and the last",
                   name, spelling_hint(hint, g.nearest), names);
}

/* One "name=value", name possibly with a direction in front. */
static int draft_set(struct draft d[LINK_DIRECTIONS], const char *name, const char *value,
                     struct err_text *e)
{
    int from = LINK_UP, to = LINK_DOWN;
    const char *bare = name;
    const struct word *w;

    if (strncmp(name, "up.", 3) == 0) {
        to = LINK_UP;
        bare = name + 3;
    } else if (strncmp(name, "down.", 5) == 0) {
        from = LINK_DOWN;
        bare = name + 5;
    }
    w = find_word(bare);
    if (w == NULL)
        return unknown_word(name, e);
    if (w->both_only && from == to)
        return err_set(e, PL_EINVAL, "'%s': both ways or not at all%s", name,
                       w->set == set_rtt ? "; one way is delay=TIME" : "");
    for (int i = from; i <= to; i++) {
        if (!w->set(&d[i], w, value))
            return err_set(e, PL_EINVAL, "%s: '%.40s' is not valid; accepted: %s", name, value,
                           w->accepted);
    }
    return PL_OK;
}

static void draft_start(struct draft d[LINK_DIRECTIONS])
{
    for (int i = 0; i < LINK_DIRECTIONS; i++)
        d[i] = (struct draft){.burst_packets = 1, .queue_bytes = -1, .queue_ns = -1, .lines = 1};
}

static uint64_t draft_queue_bytes(const struct draft *d)
{
    double queue_ns = d->queue_ns < 0 ? (double)DEFAULT_QUEUE_NS : d->queue_ns;
    double bytes = d->rate_bps / 8 * queue_ns / (double)NS_PER_S;

    if (d->queue_bytes >= 0)
        return (uint64_t)d->queue_bytes;
    if (d->queue_ns < 0 && bytes < LEAST_QUEUE_BYTES)
        return LEAST_QUEUE_BYTES;
    return (uint64_t)llround(fmin(bytes, MOST_QUEUE_BYTES));
}

static int draft_finish(struct link_model *out, const struct draft *d, struct err_text *e)
{
    *out = (struct link_model){
        .delay = {.delay_ns = llround(d->delay_ns),
                  .jitter_ns = llround(d->jitter_ns),
                  .shape = d->shape,
                  .reorder = d->reorder},
        .rate_bps = llround(d->rate_bps),
        .lines = llround(d->lines),
    };
    if (d->has_gilbert)
        out->loss = d->gilbert;
    else if (d->burst_packets > 1 && d->loss_ratio > 0)
        out->loss = loss_model_burst(d->loss_ratio, d->burst_packets);
    else
        out->loss = loss_model_random(d->loss_ratio);
    /* With bursts of B packets and one good packet between them, no more can be lost. */
    if (!d->has_gilbert && fabs(loss_model_ratio(&out->loss) - d->loss_ratio) > 1e-9)
        return err_set(e, PL_EINVAL, "loss: %g%% can't come in bursts of %g packets",
                       100 * d->loss_ratio, d->burst_packets);
    if (out->rate_bps > 0)
        out->queue_bytes = draft_queue_bytes(d);
    return PL_OK;
}

static char *trim(char *s)
{
    char *end;

    while (isspace((unsigned char)*s))
        s++;
    end = s + strlen(s);
    while (end > s && isspace((unsigned char)end[-1]))
        *--end = '\0';
    return s;
}

/* "name = value" in place. PL_EINVAL when there is no '='. */
static int split_pair(char *text, char **name, char **value, struct err_text *e)
{
    char *equals = strchr(text, '=');

    if (equals == NULL)
        return err_set(e, PL_EINVAL, "'%.40s' is not NAME=VALUE", text);
    *equals = '\0';
    *name = trim(text);
    *value = trim(equals + 1);
    return PL_OK;
}

static int profile_line(struct link_spec *out, struct draft *d, char *line, struct err_text *e)
{
    char *comment = strchr(line, '#'), *name, *value;
    int rc;

    if (comment != NULL)
        *comment = '\0';
    line = trim(line);
    if (*line == '\0')
        return PL_OK;
    rc = split_pair(line, &name, &value, e);
    if (rc < 0)
        return rc;
    if (strcmp(name, "about") != 0)
        return draft_set(d, name, value, e);
    snprintf(out->about, sizeof out->about, "%s", value);
    return PL_OK;
}

static int draft_read_profile(struct link_spec *out, struct draft *d, const char *name,
                              const char *text, struct err_text *e)
{
    char *copy = strdup(text), *rest = copy, *line;
    int rc = copy == NULL ? err_set(e, PL_ENOMEM, "%s: out of memory", name) : PL_OK;

    for (int number = 1; rc == PL_OK && (line = strsep(&rest, "\n")) != NULL; number++) {
        struct err_text why;

        rc = profile_line(out, d, line, &why);
        if (rc < 0)
            err_set(e, rc, "%s, line %d: %s", name, number, why.text);
    }
    free(copy);
    return rc;
}

static int spec_finish(struct link_spec *out, const struct draft *d, struct err_text *e)
{
    for (int i = 0; i < LINK_DIRECTIONS; i++) {
        int rc = draft_finish(&out->path[i], &d[i], e);

        if (rc < 0)
            return rc;
    }
    return PL_OK;
}

/* One word between commas: NAME=VALUE, or first of all a profile. */
static int spec_word(struct link_spec *out, struct draft *d, char *text, bool first,
                     struct err_text *e)
{
    struct buf profile = {0};
    char *name, *value;
    int rc;

    if (!first || strchr(text, '=') != NULL) {
        rc = split_pair(text, &name, &value, e);
        return rc < 0 ? rc : draft_set(d, name, value, e);
    }
    rc = link_profile_load(&profile, text, e);
    if (rc == PL_OK)
        rc = draft_read_profile(out, d, text, (const char *)profile.data, e);
    buf_free(&profile);
    return rc;
}

int link_spec_parse(struct link_spec *out, const char *text, struct err_text *e)
{
    char copy[LINK_TEXT_CHARS], *rest = copy, *word;
    struct draft d[LINK_DIRECTIONS];
    struct err_text why;
    bool first = true;

    memset(out, 0, sizeof *out);
    if (strlen(text) >= sizeof copy)
        return err_set(e, PL_EINVAL, "--link: longer than %zu characters", sizeof copy - 1);
    strcpy(copy, text);
    snprintf(out->name, sizeof out->name, "%.*s", LINK_NAME_CHARS - 1, text);
    draft_start(d);
    while ((word = strsep(&rest, ",")) != NULL) {
        int rc = spec_word(out, d, trim(word), first, &why);

        if (rc < 0)
            return err_set(e, rc, "--link: %s", why.text);
        first = false;
    }
    if (spec_finish(out, d, &why) < 0)
        return err_set(e, PL_EINVAL, "--link: %s", why.text);
    return PL_OK;
}

int64_t link_spec_rtt_ns(const struct link_spec *spec)
{
    return spec->path[LINK_UP].delay.delay_ns + spec->path[LINK_DOWN].delay.delay_ns;
}

/* ---- in full, as text ---- */

/* Each word with a comma before it and a prefix. */
static void write_model(struct writer *w, const char *prefix, const struct link_model *m)
{
    const struct loss_model *loss = &m->loss;

    writer_printf(w, ",%sdelay=%.10gms", prefix, (double)m->delay.delay_ns / 1e6);
    if (m->delay.jitter_ns > 0)
        writer_printf(w, ",%sjitter=%.10gms,%sjitter-shape=%s,%sreorder=%s", prefix,
                      (double)m->delay.jitter_ns / 1e6, prefix,
                      m->delay.shape == JITTER_NORMAL ? "normal" : "uniform", prefix,
                      m->delay.reorder ? "yes" : "no");
    if (loss->good_to_bad > 0)
        writer_printf(w, ",%sgilbert=%.10g%%/%.10g%%/%.10g%%/%.10g%%", prefix,
                      100 * loss->good_to_bad, 100 * loss->bad_to_good, 100 * loss->bad_loss,
                      100 * loss->good_loss);
    else if (loss->good_loss > 0)
        writer_printf(w, ",%sloss=%.10g%%", prefix, 100 * loss->good_loss);
    if (m->rate_bps > 0)
        writer_printf(w, ",%srate=%.10gkbit,%squeue=%lluB", prefix, (double)m->rate_bps / 1e3,
                      prefix, (unsigned long long)m->queue_bytes);
}

void link_spec_format(const struct link_spec *spec, char out[LINK_TEXT_CHARS])
{
    const struct link_model *up = &spec->path[LINK_UP], *down = &spec->path[LINK_DOWN];
    struct buf both = {0}, other = {0}, all = {0};
    struct writer w = {.out = &all};

    if (up->lines > 1)
        writer_printf(&w, ",lines=%lld", (long long)up->lines);
    write_model(&(struct writer){.out = &both}, "", up);
    write_model(&(struct writer){.out = &other}, "", down);
    if (both.len == other.len && memcmp(both.data, other.data, both.len) == 0) {
        writer_add(&w, (const char *)both.data, both.len);
    } else {
        write_model(&w, "up.", up);
        write_model(&w, "down.", down);
    }
    out[0] = '\0';
    if (all.len > 0)
        snprintf(out, LINK_TEXT_CHARS, "%.*s", (int)all.len - 1, (const char *)all.data + 1);
    buf_free(&both);
    buf_free(&other);
    buf_free(&all);
}

cJSON *link_spec_describe(const struct link_spec *spec)
{
    char text[LINK_TEXT_CHARS];

    link_spec_format(spec, text);
    return json_object("name:s about:s spec:s rtt_ms:n", spec->name, spec->about, text,
                       (double)link_spec_rtt_ns(spec) / (double)NS_PER_MS);
}
