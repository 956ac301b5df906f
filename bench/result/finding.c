#include "bench/result/finding.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/writer.h"
#include "bench/result/facts.h"
#include "bench/result/findings.h"
#include "bench/result/metric.h"
#include "bench/result/percentile.h"
#include "bench/result/result_faults.h"
#include "lib/proto/fault_kinds.h"
#include "lib/proto/transport_info.h"

enum {
    NAMES_MAX = 3,             /* more of them are counted, */
    NAMES_COLUMNS = 40,        /* and longer ones */
    GROUPS_MAX = 3,            /* more of them can't be read in one sentence */
    ALL_PUSH = TRANSPORT_COUNT /* as a name: every row that pushes */
};
#define LEVEL_RATIO 1.25 /* of the highest to the lowest: less hardly matters to anybody */
#define ROUND_SHARE 0.1  /* a factor may be rounded by so much */

/* The rows that are compared, and how one number of them is ordered. */
struct subject {
    cJSON *run; /* a view */
    char path[32];
    struct facts_range range;
    struct facts_order order;
    uint64_t valued; /* the rows that have the number */
};

static void subject_open(struct subject *s, const cJSON *run, const char *path)
{
    s->run = findings_sound_run(run);
    snprintf(s->path, sizeof s->path, "%s", path);
    if (strcmp(path, "latency_us") == 0)
        snprintf(s->path, sizeof s->path, "%s.%s", path,
                 percentile_middle(json_at(s->run, "rows"), path));
    s->range = facts_range_of(s->run, s->path);
    s->order = facts_order_of(&s->range, FACTS_LEVEL);
    s->valued = 0;
    for (size_t i = 0; i < s->order.n; i++)
        if (isfinite(facts_value(cJSON_GetArrayItem(s->range.rows, (int)i), s->path)))
            s->valued |= UINT64_C(1) << i;
}

static void subject_close(struct subject *s)
{
    cJSON_Delete(s->run);
}

static const cJSON *row_at(const struct subject *s, size_t i)
{
    return cJSON_GetArrayItem(s->range.rows, (int)i);
}

static int count(uint64_t rows)
{
    return __builtin_popcountll(rows);
}

/* ---- names ---- */

static uint64_t rows_of_transport(const struct subject *s, size_t transport)
{
    uint64_t rows = 0;

    for (size_t i = 0; i < s->order.n; i++) {
        const struct transport_info *t = transport_info_find(json_text(row_at(s, i), "transport"));
        bool meant = t != NULL && (transport == ALL_PUSH ? t->way == TRANSPORT_WAY_PUSH
                                                         : t == &transport_infos[transport]);

        rows |= meant ? UINT64_C(1) << i : 0;
    }
    return rows & s->valued;
}

/* Which names cover the rows: of transports, as bits. 0: they must be named by their ids. */
static uint64_t names_of(const struct subject *s, uint64_t rows)
{
    uint64_t names = 0, covered = 0;
    size_t pushing = 0;

    for (size_t t = 0; t < TRANSPORT_COUNT; t++) {
        uint64_t of = rows_of_transport(s, t);

        if (of == 0 || (of & ~rows) != 0)
            continue;
        names |= UINT64_C(1) << t;
        covered |= of;
        pushing += transport_infos[t].way == TRANSPORT_WAY_PUSH;
    }
    if (covered != rows)
        return 0;
    if (pushing < 2 || (rows_of_transport(s, ALL_PUSH) & ~rows) != 0)
        return names;
    for (size_t t = 0; t < TRANSPORT_COUNT; t++)
        if (transport_infos[t].way == TRANSPORT_WAY_PUSH)
            names &= ~(UINT64_C(1) << t);
    return names | UINT64_C(1) << ALL_PUSH;
}

/* "Long polling", within a sentence "long polling"; "SSE" and "WebSocket" stay as they are. */
static void put_transport(struct writer *w, size_t transport, bool first)
{
    const struct transport_info *t = transport == ALL_PUSH ? NULL : &transport_infos[transport];
    const char *name = t == NULL ? "Pushing" : transport_info_polls(t) ? t->label : t->short_label;
    bool plain = true;

    for (const char *c = name + 1; *c != '\0'; c++)
        plain = plain && !isupper((unsigned char)*c);
    writer_printf(w, "%c%s", !first && plain ? tolower((unsigned char)*name) : *name, name + 1);
}

static const char *between(int i, int n)
{
    return i == 0 ? "" : i + 1 == n ? " and " : ", ";
}

static size_t columns_of_ids(const struct subject *s, uint64_t rows)
{
    size_t columns = 0;

    for (size_t i = 0; i < s->order.n; i++)
        if (facts_order_has(rows, i))
            columns += units_text_width(json_text(row_at(s, i), "id")) + 2;
    return columns;
}

/* Names the rows; returns whether they are many, for the verb. first: at the sentence's beginning.
 */
static bool put_names(struct writer *w, const struct subject *s, uint64_t rows, bool first)
{
    uint64_t names = names_of(s, rows);
    int n = count(names != 0 ? names : rows), i = 0;

    if (n > NAMES_MAX || (names == 0 && columns_of_ids(s, rows) > NAMES_COLUMNS)) {
        writer_printf(w, "%d of %d rows", count(rows), count(s->valued));
        return n > 1;
    }
    for (size_t k = 0; k < FACTS_ROWS_MAX; k++) {
        if (!facts_order_has(names != 0 ? names : rows, k))
            continue;
        writer_puts(w, between(i, n));
        if (names != 0)
            put_transport(w, k, first && i == 0);
        else
            writer_printf(w, "%s", json_text(row_at(s, k), "id"));
        i++;
    }
    return n > 1;
}

/* ---- figures ---- */

static void put_figures(struct writer *w, const struct subject *s, uint64_t rows)
{
    char low_text[UNITS_TEXT_BYTES], high_text[UNITS_TEXT_BYTES];
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < s->order.n; i++) {
        if (!facts_order_has(rows, i))
            continue;
        low = fmin(low, facts_value(row_at(s, i), s->path));
        high = fmax(high, facts_value(row_at(s, i), s->path));
    }
    facts_format_of(s->path)(low_text, low);
    facts_format_of(s->path)(high_text, high);
    writer_puts(w, low_text);
    if (strcmp(low_text, high_text) != 0)
        writer_printf(w, " to %s", high_text);
}

/* ---- factors ---- */

/* The shortest number that is within a tenth of all of i; NAN: none of two digits is. */
static double round_factor(struct interval i)
{
    double middle = (i.low + i.high) / 2;

    for (int digits = 1; digits <= 2; digits++) {
        double unit = pow(10, floor(log10(middle)) - digits + 1);
        double rounded = round(middle / unit) * unit;

        if (rounded > 1 && rounded * (1 - ROUND_SHARE) <= i.low &&
            i.high <= rounded * (1 + ROUND_SHARE))
            return rounded;
    }
    return NAN;
}

static void put_factor(struct writer *w, double factor)
{
    char text[UNITS_TEXT_BYTES];

    units_format_times(text, factor);
    text[strcspn(text, " ")] = '\0';
    if (strlen(text) > 2 && strcmp(text + strlen(text) - 2, ".0") == 0)
        text[strlen(text) - 2] = '\0';
    writer_puts(w, text);
}

/* The rows of a transport, and by what their latency is that of the lowest rows. */
struct group {
    uint64_t rows;
    double low, high; /* factors; the same where one is enough */
};

/* Of one row to all of the lowest. */
static struct interval ratio_of(const struct subject *s, const cJSON *row)
{
    struct interval all = {INFINITY, -INFINITY};

    for (size_t i = 0; i < s->order.n; i++) {
        struct interval ratio;

        if (!facts_order_has(s->order.low, i))
            continue;
        ratio = facts_ratio_of(&s->range, row_at(s, i), row);
        all.low = fmin(all.low, ratio.low);
        all.high = fmax(all.high, ratio.high);
    }
    return all;
}

/* False: a row of it may be level with the lowest, or its factors are not known. */
static bool group_measure(struct group *g, const struct subject *s)
{
    *g = (struct group){.rows = g->rows, .low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < s->order.n; i++) {
        struct interval ratio;
        double rounded;

        if (!facts_order_has(g->rows, i))
            continue;
        ratio = ratio_of(s, row_at(s, i));
        rounded = round_factor(ratio);
        if (!(ratio.low > 1 && isfinite(ratio.high)))
            return false;
        g->low = fmin(g->low, isfinite(rounded) ? rounded : ratio.low);
        g->high = fmax(g->high, isfinite(rounded) ? rounded : ratio.high);
    }
    return true;
}

static bool same_factors(const struct group *a, const struct group *b)
{
    return a->low == b->low && a->high == b->high;
}

/* Put g where it belongs by its factors, or together with one that has the same. */
static size_t group_insert(struct group groups[TRANSPORT_COUNT], size_t n, struct group g)
{
    size_t at = 0;

    while (at < n &&
           (groups[at].high < g.high || (groups[at].high == g.high && groups[at].low < g.low)))
        at++;
    if (at < n && same_factors(&groups[at], &g)) {
        groups[at].rows |= g.rows;
        return n;
    }
    memmove(&groups[at + 1], &groups[at], (n - at) * sizeof *groups);
    groups[at] = g;
    return n + 1;
}

/* The rows that are not among the lowest, by transport. 0: they can't be told by transports. */
static size_t find_groups(struct group groups[TRANSPORT_COUNT], const struct subject *s)
{
    uint64_t rest = s->valued & ~s->order.low;
    size_t n = 0;

    for (size_t t = 0; t < TRANSPORT_COUNT; t++) {
        struct group g = {.rows = rows_of_transport(s, t)};

        if ((g.rows & rest) == 0)
            continue;
        if ((g.rows & s->order.low) != 0 || !group_measure(&g, s))
            return 0;
        rest &= ~g.rows;
        n = group_insert(groups, n, g);
    }
    return rest == 0 && n <= GROUPS_MAX ? n : 0;
}

/* ---- latency ---- */

static const char *verb_of(const struct group *g, bool many)
{
    if (g->low != g->high || (g->low != 2 && g->low != 3))
        return many ? "multiply" : "multiplies";
    if (g->low == 2)
        return many ? "double" : "doubles";
    return many ? "triple" : "triples";
}

static void put_groups(struct writer *w, const struct subject *s, const struct group *groups,
                       size_t n)
{
    bool multiplied = false;

    for (size_t i = 0; i < n; i++) {
        const struct group *g = &groups[i];
        bool multiplies = verb_of(g, false)[0] == 'm', many, elided = multiplies && multiplied;

        writer_puts(w, i == 0 ? "" : elided ? ", " : "; ");
        many = put_names(w, s, g->rows, i == 0);
        if (!elided)
            writer_printf(w, " %s %s", verb_of(g, many), i == 0 ? "the delay of " : "it");
        if (i == 0 && count(names_of(s, s->order.low)) > NAMES_MAX)
            writer_puts(w, "the others");
        else if (i == 0)
            put_names(w, s, s->order.low, false);
        multiplied = multiplies;
        if (!multiplies)
            continue;
        writer_puts(w, " by ");
        put_factor(w, g->low);
        if (g->low < g->high) {
            writer_puts(w, " to ");
            put_factor(w, g->high);
        }
    }
}

/* Where transports do not say it: the two ends. */
static void put_ends(struct writer *w, const struct subject *s)
{
    writer_puts(w, "Updates arrive first over ");
    put_names(w, s, s->order.low, false);
    writer_puts(w, " (");
    put_figures(w, s, s->order.low);
    writer_puts(w, ") and last over ");
    put_names(w, s, s->order.high, false);
    writer_puts(w, " (");
    put_figures(w, s, s->order.high);
    writer_puts(w, ")");
}

/* There is nothing to compare: why. */
static bool put_alone(struct writer *w, const struct subject *s)
{
    if (s->range.n > 1)
        return false;
    if (s->range.n == 0)
        writer_puts(w, s->order.n == 0 && json_at(s->run, "disturbed")->child != NULL
                           ? "Every row was disturbed, so nothing is compared"
                           : "No update was delivered");
    return true;
}

static void put_latency(struct writer *w, const struct subject *s)
{
    struct group groups[TRANSPORT_COUNT];
    size_t n;

    if (put_alone(w, s)) {
        if (s->range.n == 0)
            return;
        writer_puts(w, strstr(s->path, "mean") ? "Updates arrive on average after "
                                               : "Half of the updates arrive within ");
        put_figures(w, s, s->valued);
        writer_puts(w, " over ");
        put_names(w, s, s->valued, false);
    } else if (!s->order.ordered || s->range.high < LEVEL_RATIO * s->range.low) {
        writer_printf(w, s->order.ordered ? "The rows hardly differ in latency ("
                                          : "The rows can't be put in order by latency (");
        put_figures(w, s, s->valued);
        writer_puts(w, ")");
    } else if ((n = s->order.either == 0 ? find_groups(groups, s) : 0) > 0)
        put_groups(w, s, groups, n);
    else
        put_ends(w, s);
}

int finding_latency(struct buf *out, const cJSON *run)
{
    struct writer w = {.out = out};
    struct subject s;

    subject_open(&s, run, "latency_us");
    put_latency(&w, &s);
    subject_close(&s);
    return w.rc;
}

/* ---- cost ---- */

static void put_cost(struct writer *w, const struct subject *s)
{
    bool many;

    if (put_alone(w, s)) {
        if (s->range.n == 0)
            return;
        put_figures(w, s, s->valued);
        writer_puts(w, " requests per update over ");
        put_names(w, s, s->valued, false);
        return;
    }
    if (!s->order.ordered) {
        writer_puts(w, s->range.low == s->range.high
                           ? "All rows send the same number of requests per update ("
                           : "The rows can't be put in order by requests per update (");
        put_figures(w, s, s->valued);
        writer_puts(w, ")");
        return;
    }
    many = put_names(w, s, s->order.high, true);
    writer_printf(w, " %s the most requests per update (", many ? "send" : "sends");
    put_figures(w, s, s->order.high);
    writer_puts(w, "), ");
    put_names(w, s, s->order.low, false);
    writer_puts(w, " the fewest (");
    put_figures(w, s, s->order.low);
    writer_puts(w, ")");
}

int finding_cost(struct buf *out, const cJSON *run)
{
    struct writer w = {.out = out};
    struct subject s;

    subject_open(&s, run, "requests_per_update");
    put_cost(&w, &s);
    subject_close(&s);
    return w.rc;
}

/* ---- faults ---- */

static double not_received(const cJSON *row)
{
    return metric_value(metric_find("recovery.not_received"), row);
}

/* Of the rows some have lost updates; what is not known (NAN) is not nothing. */
static void put_losses(struct writer *w, const struct subject *s)
{
    uint64_t losing = 0, unknown = 0;

    for (size_t i = 0; i < s->order.n; i++) {
        double n = not_received(row_at(s, i));

        losing |= n > 0 ? UINT64_C(1) << i : 0;
        unknown |= isnan(n) ? UINT64_C(1) << i : 0;
    }
    if (losing == 0 && unknown == 0)
        writer_puts(w, "; nothing was lost");
    if (losing != 0) {
        writer_puts(w, "; updates were lost over ");
        put_names(w, s, losing, false);
    }
    if (unknown != 0) {
        writer_puts(w, "; what was lost is not known over ");
        put_names(w, s, unknown, false);
    }
}

static void put_recovery(struct writer *w, const struct subject *s)
{
    if (s->range.n == 0) {
        writer_puts(w, "no client had another update");
        return;
    }
    writer_puts(w, "half of the clients have their next update after ");
    if (s->range.n == 1 || !s->order.ordered) {
        put_figures(w, s, s->valued);
        return;
    }
    put_figures(w, s, s->order.low);
    writer_puts(w, " over ");
    put_names(w, s, s->order.low, false);
    writer_puts(w, ", after ");
    put_figures(w, s, s->order.high);
    writer_puts(w, " over ");
    put_names(w, s, s->order.high, false);
}

/* "Server killed"; of another name than the kind's, that name. */
static const char *label_of(const cJSON *run, const char *name)
{
    const cJSON *row = cJSON_GetArrayItem(json_at(run, "rows"), 0);
    const char *kind = json_text(cJSON_GetArrayItem(json_at(row, "faults"), 0), "kind");
    const struct fault_kind_info *info = fault_kind_find(kind);

    return info != NULL && strcmp(kind, name) == 0 ? info->label : name;
}

int finding_fault(struct buf *out, const cJSON *run, const char *name)
{
    cJSON *rows = result_faults_rows(run, name);
    struct writer w = {.out = out};
    struct subject s;

    subject_open(&s, rows, "recovery.next_update_us.p50");
    writer_printf(&w, "%s: ", label_of(rows, name));
    if (s.order.n == 0) {
        writer_puts(&w, "all of these rows were disturbed, so nothing is said of them");
    } else {
        put_recovery(&w, &s);
        put_losses(&w, &s);
    }
    subject_close(&s);
    cJSON_Delete(rows);
    return w.rc;
}
