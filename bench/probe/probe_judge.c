#include "bench/probe/probe_judge.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/units.h"
#include "lib/base/clock.h"

const char *const probe_state_words[] = {"clear", "in the way", "not known", "note"};

/* Later than this beyond the clocks' error, an update was held back: no timer of a server is as
 * late, and no retransmission on a path that works. Read within MERGED of the one before, though
 * published APART after it, two updates were put together. */
#define LATE_MS      300.0
#define MERGED_NS    (2 * NS_PER_MS)
#define APART_NS     (30 * NS_PER_MS)
#define SAME_TIME_NS (NS_PER_S / 2)

#define ADVICE_BUFFER                                                                              \
    "nginx: proxy_buffering off, or the response field X-Accel-Buffering: no; Caddy: "             \
    "flush_interval -1; HAProxy: option http-no-delay; a cache: bypass it for these paths"
#define ADVICE_COMPRESS                                                                            \
    "leave text/event-stream and application/x-ndjson out of compression, or flush after each "    \
    "update"
#define ADVICE_UPGRADE                                                                             \
    "nginx: proxy_http_version 1.1 with the fields Upgrade and Connection passed on; elsewhere: "  \
    "allow WebSocket for this path"
#define ADVICE_HELD                                                                                \
    "hold long polls for less than that, or raise the time-out (nginx: proxy_read_timeout; "       \
    "HAProxy: timeout server)"
#define ADVICE_IDLE                                                                                \
    "send heartbeats more often than that, or raise the time-out (nginx: proxy_read_timeout; "     \
    "HAProxy: timeout server, timeout tunnel)"

/* ---- findings ---- */

struct judge {
    struct probe_finding *out;
    size_t n;
    const struct probe_facts *f;
};

static void find(struct judge *j, const char *topic, enum probe_state state, const char *advice,
                 const char *fmt, ...) __attribute__((format(printf, 5, 6)));
static void find(struct judge *j, const char *topic, enum probe_state state, const char *advice,
                 const char *fmt, ...)
{
    struct probe_finding *found = &j->out[j->n];
    va_list ap;

    if (j->n == PROBE_FINDINGS_MAX)
        return;
    j->n++;
    found->topic = topic;
    found->state = state;
    found->advice = advice;
    va_start(ap, fmt);
    vsnprintf(found->found, sizeof found->found, fmt, ap);
    va_end(ap);
}

static double seconds(int64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

/* " by nginx/1.22.1", who answered; "" where it does not say. */
static const char *answered_by(char out[96], const struct probe_seen *s)
{
    const char *who = s->server[0] != '\0' ? s->server : s->via;

    snprintf(out, 96, who[0] != '\0' ? " by %.80s" : "%.0s", who);
    return out;
}

/* ---- how late updates are ---- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* How late the updates of a stream were read. */
struct flow {
    size_t updates;               /* with a time */
    double median_ms, largest_ms; /* late; NAN without */
    size_t
        merged; /* of updates: read together with the one before, though published well after it */
};

static struct flow flow_of(const struct probe_seen *seen, int64_t offset_ns)
{
    struct flow flow = {.updates = 0, .median_ms = NAN, .largest_ms = NAN};
    size_t n = seen->n < PROBE_ARRIVALS_MAX ? seen->n : PROBE_ARRIVALS_MAX;
    double late_ms[PROBE_ARRIVALS_MAX];

    for (size_t i = 0; i < n; i++) {
        const struct probe_arrival *a = &seen->arrivals[i], *before = a - 1;

        if (a->t_ns == 0)
            continue;
        late_ms[flow.updates++] = (double)(a->at_ns - (a->t_ns - offset_ns)) / 1e6;
        if (i > 0 && before->t_ns != 0 && a->at_ns - before->at_ns < MERGED_NS &&
            a->t_ns - before->t_ns >= APART_NS)
            flow.merged++;
    }
    if (flow.updates == 0)
        return flow;
    qsort(late_ms, flow.updates, sizeof late_ms[0], compare_doubles);
    flow.median_ms = late_ms[flow.updates / 2];
    flow.largest_ms = late_ms[flow.updates - 1];
    return flow;
}

/* What was published on the default channel while streams were measured; 0: nothing, or that is not
 * known. */
static uint64_t published(const struct probe_facts *f)
{
    const struct probe_seen *first = f->seen[PROBE_FIRST], *last = f->seen[PROBE_LAST];

    if (first == NULL || last == NULL || !first->has_cursor || !last->has_cursor)
        return 0;
    return last->cursor > first->cursor ? last->cursor - first->cursor : 0;
}

/* ---- one topic each ---- */

static void judge_far_end(struct judge *j)
{
    const struct probe_seen *s = j->f->seen[PROBE_FIRST] != NULL    ? j->f->seen[PROBE_FIRST]
                                 : j->f->seen[PROBE_STREAM] != NULL ? j->f->seen[PROBE_STREAM]
                                                                    : j->f->seen[PROBE_SOCKET];
    char who[96] = "", error[UNITS_TEXT_BYTES];

    if (s != NULL && (s->server[0] != '\0' || s->via[0] != '\0'))
        snprintf(who, sizeof who, "; answers come through %.60s",
                 s->via[0] != '\0' ? s->via : s->server);
    units_format_us(error, (double)j->f->offset_error_ns / 1e3);
    if (j->f->pushlab)
        find(j, "far end", PROBE_NOTE, "",
             "a pushlab server, so both sides are known; its clock to within %s%s", error, who);
    else
        find(j, "far end", PROBE_NOTE, "",
             "not a pushlab server: when it writes can't be known, nor what it would do when "
             "silent%s",
             who);
}

static void judge_versions(struct judge *j)
{
    const struct probe_seen *old = j->f->seen[PROBE_HTTP10], *h2 = j->f->seen[PROBE_HTTP2_ASKED];
    bool speaks_h2 = h2 != NULL && h2->is_http2;

    if (old == NULL || old->status == 0)
        find(j, "HTTP versions", PROBE_NOTE, "", "HTTP/1.1%s; a request of HTTP/1.0 got no answer",
             speaks_h2 ? " and HTTP/2" : ", not HTTP/2");
    else
        find(j, "HTTP versions", PROBE_NOTE, "", "%s",
             speaks_h2 ? "HTTP/1.0, HTTP/1.1 and HTTP/2" : "HTTP/1.0 and HTTP/1.1, not HTTP/2");
}

/* A response that is no stream. True: said. */
static bool judge_refusal(struct judge *j, const char *topic, const struct probe_seen *s)
{
    uint64_t missing = published(j->f);
    char who[96];

    if (s->status == 200)
        return false;
    if (s->status != 0)
        find(j, topic, PROBE_WAY, "", "answered with %d%s: %.100s", s->status, answered_by(who, s),
             s->text[0] != '\0' ? s->text : "no content");
    else if (s->ended_ns != 0)
        find(j, topic, PROBE_WAY, "", "no response: %.100s", s->why);
    else if (missing > 0)
        find(j, topic, PROBE_WAY, ADVICE_BUFFER,
             "held back: not even the header fields came in %.1f s, though %llu updates were "
             "published",
             seconds(j->f->measure_ns), (unsigned long long)missing);
    else
        find(j, topic, PROBE_UNKNOWN, "", "no response in %.1f s", seconds(j->f->measure_ns));
    return true;
}

static void judge_times(struct judge *j, const char *topic, const struct probe_seen *s)
{
    struct flow flow = flow_of(s, j->f->offset_ns);
    double error_ms = (double)j->f->offset_error_ns / 1e6;
    char median[UNITS_TEXT_BYTES], largest[UNITS_TEXT_BYTES];
    bool late = flow.median_ms > LATE_MS + error_ms;
    bool merged = flow.merged * 2 > flow.updates;

    units_format_ms(median, fmax(flow.median_ms, 0));
    units_format_ms(largest, fmax(flow.largest_ms, 0));
    if (flow.updates == 0)
        find(j, topic, PROBE_UNKNOWN, "", "open, but nothing was published in %.1f s to measure it",
             seconds(j->f->measure_ns));
    else if (late || merged)
        find(j, topic, PROBE_WAY, ADVICE_BUFFER,
             "held back: %zu updates in %zu reads, half of them %s or more after they were "
             "published, at most %s",
             flow.updates, s->reads, median, largest);
    else
        find(j, topic, PROBE_CLEAR, "",
             "each update is passed on at once: %zu in %zu reads, half of them within %s, all "
             "within %s",
             flow.updates, s->reads, median, largest);
}

static void judge_stream(struct judge *j, const char *topic, enum probe_role role)
{
    const struct probe_seen *s = j->f->seen[role];
    uint64_t missing = published(j->f);

    if (s == NULL || judge_refusal(j, topic, s))
        return;
    if (!j->f->pushlab && s->complete)
        find(j, topic, PROBE_UNKNOWN, "", "a response with an end (%.30s), not a stream",
             s->type[0] != '\0' ? s->type : "no type");
    else if (!j->f->pushlab)
        find(j, topic, PROBE_UNKNOWN, "",
             "%zu messages in %zu reads; when the server wrote them can't be known", s->n,
             s->reads);
    else if (s->n == 0 && missing > 0)
        find(j, topic, PROBE_WAY, ADVICE_BUFFER,
             "held back: nothing came in %.1f s, though %llu updates were published",
             seconds(j->f->measure_ns), (unsigned long long)missing);
    else
        judge_times(j, topic, s);
}

static void judge_compression(struct judge *j)
{
    const struct probe_seen *s = j->f->seen[PROBE_COMPRESSED],
                            *plain = j->f->seen[PROBE_EVENT_STREAM];

    if (s == NULL || s->status != 200)
        return;
    if (s->encoding[0] == '\0')
        find(j, "compression", PROBE_CLEAR, "", "streams are not compressed");
    else if (plain != NULL && plain->reads > 3 * s->reads)
        find(j, "compression", PROBE_WAY, ADVICE_COMPRESS,
             "streams are compressed (%.20s) and held back: %zu reads, where the plain one had %zu",
             s->encoding, s->reads, plain->reads);
    else
        find(j, "compression", PROBE_NOTE, "",
             "streams are compressed (%.20s), and passed on all the same", s->encoding);
}

static void judge_upgrade(struct judge *j)
{
    const struct probe_seen *s = j->f->seen[PROBE_SOCKET];
    char who[96];

    if (s == NULL)
        return;
    if (s->upgraded && j->f->pushlab)
        judge_times(j, "WebSocket", s);
    else if (s->upgraded)
        find(j, "WebSocket", PROBE_CLEAR, "", "the upgrade is passed; %zu messages came", s->n);
    else if (s->status == 101)
        find(j, "WebSocket", PROBE_WAY, ADVICE_UPGRADE,
             "the upgrade was answered%s with 101, but with another Sec-WebSocket-Accept than the "
             "key's",
             answered_by(who, s));
    else if (s->status != 0)
        find(j, "WebSocket", PROBE_WAY, ADVICE_UPGRADE,
             "the upgrade is not passed: answered with %d%s: %.100s", s->status,
             answered_by(who, s), s->text[0] != '\0' ? s->text : "no content");
    else
        find(j, "WebSocket", PROBE_WAY, ADVICE_UPGRADE, "the upgrade got no answer: %.100s",
             s->ended_ns != 0 ? s->why : "none in time");
}

static void judge_held(struct judge *j)
{
    const struct probe_seen *s = j->f->seen[PROBE_HELD];
    double after_s;
    char who[96];

    if (s == NULL || s->asked_ns == 0)
        return;
    if (s->status != 0) {
        after_s = seconds(s->head_ns - s->asked_ns);
        if (s->has_cursor)
            find(j, "held request", PROBE_CLEAR, "", "answered by the server itself, after %.1f s",
                 after_s);
        else
            find(j, "held request", PROBE_WAY, ADVICE_HELD,
                 "answered after %.1f s with %d%s, not by the server", after_s, s->status,
                 answered_by(who, s));
    } else if (s->ended_ns != 0) {
        find(j, "held request", PROBE_WAY, ADVICE_HELD, "cut after %.1f s, without an answer",
             seconds(s->ended_ns - s->asked_ns));
    } else {
        find(j, "held request", PROBE_CLEAR, "", "held for %.1f s, and not answered by anybody",
             seconds(j->f->end_ns - s->asked_ns));
    }
}

/* The longest interval of heartbeats that, as all shorter ones, kept a connection open; 0: none. */
static int64_t sufficient_beat_ns(const struct probe_facts *f, enum probe_role beats,
                                  int64_t *insufficient_ns)
{
    int64_t enough_ns = 0;

    *insufficient_ns = 0;
    for (int i = 0; i < PROBE_BEATS_MAX && f->beat_ns[i] != 0; i++) {
        const struct probe_seen *s = f->seen[beats + i];

        if (s == NULL || s->ended_ns != 0) {
            *insufficient_ns = s != NULL ? f->beat_ns[i] : 0;
            return enough_ns;
        }
        enough_ns = f->beat_ns[i];
    }
    return enough_ns;
}

static void judge_cut(struct judge *j, const char *topic, const struct probe_seen *s,
                      enum probe_role beats)
{
    int64_t last_ns = s->last_ns > s->asked_ns ? s->last_ns : s->asked_ns, insufficient_ns;
    int64_t enough_ns = sufficient_beat_ns(j->f, beats, &insufficient_ns);
    char beat[96] = "";

    if (enough_ns > 0)
        snprintf(beat, sizeof beat, "; a heartbeat every %.3g s kept it open%s", seconds(enough_ns),
                 insufficient_ns > 0 ? ", " : "");
    else if (insufficient_ns > 0)
        snprintf(beat, sizeof beat, "; heartbeats did not help: ");
    if (insufficient_ns > 0)
        snprintf(beat + strlen(beat), sizeof beat - strlen(beat), "one every %.3g s did not",
                 seconds(insufficient_ns));
    find(j, topic, PROBE_WAY, ADVICE_IDLE, "cut after %.1f s of silence%s",
         seconds(s->ended_ns - last_ns), beat);
}

static void judge_silence(struct judge *j, const char *topic, enum probe_role role,
                          enum probe_role beats)
{
    const struct probe_seen *s = j->f->seen[role];

    if (s == NULL || (s->status != 200 && !s->upgraded))
        return;
    if (s->ended_ns != 0)
        judge_cut(j, topic, s, beats);
    else
        find(j, topic, PROBE_CLEAR, "", "stayed open without a byte for %.1f s",
             seconds(j->f->end_ns - s->last_ns));
}

/* Polls connect again: that costs a handshake, and stands in nobody's way. */
static void judge_kept(struct judge *j)
{
    const struct probe_seen *s = j->f->seen[PROBE_KEPT];

    if (s == NULL || !s->complete)
        return;
    if (s->ended_ns != 0 && s->ended_ns - s->last_ns < SAME_TIME_NS)
        find(j, "kept connection", PROBE_NOTE, "",
             "closed right after its response: each poll needs a new handshake");
    else if (s->ended_ns != 0)
        find(j, "kept connection", PROBE_NOTE, "",
             "closed after %.1f s without a request: polls farther apart need a new handshake",
             seconds(s->ended_ns - s->last_ns));
    else
        find(j, "kept connection", PROBE_CLEAR, "", "stayed open without a request for %.1f s",
             seconds(j->f->end_ns - s->last_ns));
}

size_t probe_judge(struct probe_finding out[PROBE_FINDINGS_MAX], const struct probe_facts *f)
{
    struct judge j = {.out = out, .f = f};

    judge_far_end(&j);
    judge_versions(&j);
    judge_stream(&j, f->pushlab ? "HTTP stream" : "response", PROBE_STREAM);
    judge_stream(&j, "event stream", PROBE_EVENT_STREAM);
    judge_compression(&j);
    judge_upgrade(&j);
    judge_held(&j);
    judge_silence(&j, "silent stream", PROBE_SILENT_STREAM, PROBE_STREAM_BEATS);
    judge_silence(&j, "silent WebSocket", PROBE_SILENT_SOCKET, PROBE_SOCKET_BEATS);
    judge_kept(&j);
    return j.n;
}
