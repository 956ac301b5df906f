#include "bench/probe/probe_write.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/writer.h"
#include "lib/base/clock.h"
#include "lib/base/visible.h"

size_t probe_obstacles(const struct probe_finding *findings, size_t n)
{
    size_t obstacles = 0;

    for (size_t i = 0; i < n; i++)
        obstacles += findings[i].state == PROBE_WAY;
    return obstacles;
}

static void put_answer(struct writer *w, const char *url, const struct probe_facts *f,
                       const struct probe_finding *findings, size_t n)
{
    size_t obstacles = probe_obstacles(findings, n);
    const char *before = ": ";

    if (obstacles == 0 && f->pushlab)
        writer_printf(w, "Nothing stands in the way of pushing updates from %s", url);
    else if (obstacles == 0)
        writer_printf(w, "Nothing was found in the way of pushing updates from %s", url);
    else
        writer_printf(w, "%zu %s in the way of pushing updates from %s", obstacles,
                      obstacles == 1 ? "thing stands" : "things stand", url);
    for (size_t i = 0; i < n; i++) {
        if (findings[i].state != PROBE_WAY)
            continue;
        writer_printf(w, "%s%s", before, findings[i].topic);
        before = ", ";
    }
    writer_puts(w, ".\n\n");
}

static void put_finding(struct writer *w, const struct probe_finding *finding, size_t columns,
                        bool colour)
{
    static const char *const colours[] = {"\033[32m", "\033[31m", "\033[33m", ""};
    enum { TEXT_AT = 31 };
    char found[PROBE_FOUND_BYTES];
    bool painted = colour && colours[finding->state][0] != '\0';

    snprintf(found, sizeof found, "%s", finding->found);
    visible_make(found);
    writer_printf(w, "  %-16s %s%-11s%s ", finding->topic, painted ? colours[finding->state] : "",
                  probe_state_words[finding->state], painted ? "\033[0m" : "");
    writer_wrap(w, found, TEXT_AT, columns);
    writer_puts(w, "\n");
    if (finding->state != PROBE_WAY || finding->advice[0] == '\0')
        return;
    writer_printf(w, "%*sfix: ", TEXT_AT, "");
    writer_wrap(w, finding->advice, TEXT_AT + 5, columns);
    writer_puts(w, "\n");
}

int probe_write_text(struct buf *out, const char *url, const struct probe_facts *f,
                     const struct probe_finding *findings, size_t n, size_t columns, bool colour)
{
    struct writer w = {.out = out};

    put_answer(&w, url, f, findings, n);
    for (size_t i = 0; i < n; i++)
        put_finding(&w, &findings[i], columns, colour);
    return w.rc;
}

/* ---- JSON ---- */

static void add_ms(cJSON *o, const char *name, int64_t from_ns, int64_t at_ns)
{
    if (at_ns != 0)
        json_add_number(o, name, (double)(at_ns - from_ns) / 1e6);
}

static cJSON *connection_json(const struct probe_seen *s)
{
    cJSON *o = cJSON_CreateObject();

    add_ms(o, "asked_ms", s->begun_ns, s->asked_ns);
    add_ms(o, "head_ms", s->begun_ns, s->head_ns);
    add_ms(o, "first_content_ms", s->begun_ns, s->first_ns);
    add_ms(o, "last_ms", s->begun_ns, s->last_ns);
    add_ms(o, "ended_ms", s->begun_ns, s->ended_ns);
    if (s->status != 0)
        cJSON_AddNumberToObject(o, "status", s->status);
    if (s->why[0] != '\0')
        json_add_text(o, "end", s->why);
    if (s->server[0] != '\0')
        json_add_text(o, "server", s->server);
    if (s->via[0] != '\0')
        json_add_text(o, "via", s->via);
    if (s->encoding[0] != '\0')
        json_add_text(o, "content_encoding", s->encoding);
    cJSON_AddNumberToObject(o, "messages", (double)s->n);
    cJSON_AddNumberToObject(o, "reads", (double)s->reads);
    cJSON_AddNumberToObject(o, "content_bytes", (double)s->content_bytes);
    return o;
}

static void add_connections(cJSON *o, const struct probe_facts *f)
{
    static const char *const names[PROBE_STREAM_BEATS] = {
        [PROBE_HTTP10] = "http/1.0",
        [PROBE_HTTP2_ASKED] = "http/2",
        [PROBE_STREAM] = "stream",
        [PROBE_SOCKET] = "websocket",
        [PROBE_KEPT] = "kept",
        [PROBE_FIRST] = "first poll",
        [PROBE_LAST] = "last poll",
        [PROBE_EVENT_STREAM] = "events",
        [PROBE_COMPRESSED] = "compressed",
        [PROBE_HELD] = "held",
        [PROBE_SILENT_STREAM] = "silent stream",
        [PROBE_SILENT_SOCKET] = "silent websocket",
    };
    cJSON *list = cJSON_AddObjectToObject(o, "connections");
    char name[64];

    for (int i = 0; i < PROBE_ROLES; i++) {
        int beat = i < PROBE_SOCKET_BEATS ? i - PROBE_STREAM_BEATS : i - PROBE_SOCKET_BEATS;

        if (f->seen[i] == NULL)
            continue;
        if (i < PROBE_STREAM_BEATS)
            snprintf(name, sizeof name, "%s", names[i]);
        else
            snprintf(name, sizeof name, "%s, heartbeat every %lld s",
                     i < PROBE_SOCKET_BEATS ? "stream" : "websocket",
                     (long long)(f->beat_ns[beat] / NS_PER_S));
        cJSON_AddItemToObject(list, name, connection_json(f->seen[i]));
    }
}

cJSON *probe_write_json(const char *url, const struct probe_facts *f,
                        const struct probe_finding *findings, size_t n)
{
    cJSON *o = cJSON_CreateObject(), *list, *item;

    json_add_text(o, "url", url);
    cJSON_AddBoolToObject(o, "clear", probe_obstacles(findings, n) == 0);
    cJSON_AddBoolToObject(o, "pushlab", f->pushlab);
    if (f->pushlab)
        json_add_number(o, "clock_error_ms", (double)f->offset_error_ns / 1e6);
    json_add_number(o, "watched_s", (double)f->idle_ns / (double)NS_PER_S);
    list = cJSON_AddArrayToObject(o, "findings");
    for (size_t i = 0; i < n; i++) {
        item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "topic", findings[i].topic);
        cJSON_AddStringToObject(item, "state", probe_state_words[findings[i].state]);
        json_add_text(item, "found", findings[i].found);
        if (findings[i].state == PROBE_WAY && findings[i].advice[0] != '\0')
            cJSON_AddStringToObject(item, "fix", findings[i].advice);
        cJSON_AddItemToArray(list, item);
    }
    add_connections(o, f);
    return o;
}
