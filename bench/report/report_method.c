#include "bench/report/report_method.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/result/facts.h"
#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/page/report_table.h"
#include "bench/base/units.h"

/* ---- method ---- */

static void put_seconds(struct writer *w, const cJSON *run, const char *path)
{
    char text[UNITS_TEXT_BYTES];

    facts_format_setting(text, json_number(run, path));
    writer_printf(w, "%s s", text);
}

static void put_notes_of(struct writer *w, const cJSON *notes, const char *id)
{
    const cJSON *note;

    cJSON_ArrayForEach(note, notes)
    {
        if (!cJSON_IsString(note))
            continue;
        writer_puts(w, "<li>");
        html_textf(w, "%s%s%s", id, id[0] != '\0' ? ": " : "", note->valuestring);
        writer_puts(w, "</li>\n");
    }
}

static void put_notes(struct writer *w, const cJSON *run)
{
    int n = cJSON_GetArraySize(json_at(run, "notes"));
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        n += cJSON_GetArraySize(json_at(row, "notes"));
    }
    if (n == 0)
        return;
    writer_puts(w, "<h3>Notes of the run</h3>\n<ul>\n");
    put_notes_of(w, json_at(run, "notes"), "");
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        put_notes_of(w, json_at(row, "notes"), json_text(row, "id"));
    }
    writer_puts(w, "</ul>\n");
}

static void put_method(struct writer *w, const cJSON *run)
{
    writer_puts(w,
                "<section id=\"method\">\n<h2>How it was measured</h2>\n"
                "<p>One server offers every transport over one source; each row is measured by a "
                "server process and a client process of its own, with the same connection layer, "
                "socket options and clock. Clients connect (set-up), run for ");
    put_seconds(w, run, "scenario.warmup_s");
    writer_puts(w, " uncounted (warm-up), are measured for ");
    put_seconds(w, run, "scenario.duration_s");
    writer_puts(w, " (window), and then wait up to ");
    put_seconds(w, run, "scenario.drain_s");
    writer_puts(w, " for the window's last updates (drain). Latency is publish to receipt on one "
                   "clock of one machine: nothing is estimated. A poll that leaves late counts "
                   "from when it was due.</p>\n<div class=\"twins\">\n");
    report_table_completeness(w, run);
    report_table_witnesses(w, run);
    writer_puts(w, "</div>\n");
    put_notes(w, run);
    writer_puts(w, "</section>\n");
}

/* ---- definitions ---- */

static void put_definitions(struct writer *w)
{
    static const struct {
        const char *id, *name, *text, *anchor;
    } definitions[] = {
        {"latency", "Latency",
         "time from the publication of an update to its receipt by a client; "
         "p99: 99 of 100 updates took this long or less",
         "latency"},
        {"age", "Age",
         "how old the newest value is that a client holds, averaged over time and "
         "clients: what the viewer of a dashboard feels",
         "age-of-information"},
        {"requests", "Requests, handshakes, empty responses",
         "HTTP requests sent and TCP connections opened in the window, each divided by the updates "
         "delivered; the share of responses that carried no update",
         "requests-and-connections"},
        {"bytes", "Bytes",
         "payload: the updates' JSON; framing: every other application byte, both ways; wire: all "
         "of it with TCP and IP headers and acknowledgements, where an emulated link counted it",
         "bytes"},
        {"cpu", "CPU and memory",
         "user and system time of a process in the window, divided by the "
         "updates delivered; growth of the server's memory divided by the "
         "clients",
         "cpu-and-memory"},
        {"completeness", "Completeness",
         "delivered + missed + late must equal published × clients, or the run fails; with "
         "channels, delivered + superseded + missed + late what each client was to get of its own: "
         "superseded is a value that a newer one of its key replaced before it could be sent",
         "completeness"},
        {"deadline", "On time",
         "the share of the source's updates that came within the scenario's deadline, of all that "
         "were to come",
         "deadline"},
        {"upstream", "Sent by clients",
         "to everyone: from a client's sending to the receipt by each other client; echo: by "
         "itself; requests, connections and bytes of sending, divided by the messages sent",
         "upstream"},
        {"documents", "Convergence",
         "from an edit's sending until the last client of its room had applied it: then all hold "
         "the same text, which is checked at the end",
         "documents"},
    };

    writer_puts(w, "<section id=\"definitions\">\n<h2>Definitions</h2>\n<dl class=\"words\">\n");
    for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++)
        writer_printf(w,
                      "<div id=\"def-%s\"><dt>%s</dt><dd>%s "
                      "(<a href=\"../../docs/metrics.md#%s\">docs/metrics.md</a>)</dd></div>\n",
                      definitions[i].id, definitions[i].name, definitions[i].text,
                      definitions[i].anchor);
    writer_puts(w, "</dl>\n<p class=\"aside\">The exact definitions are in pushlab's "
                   "<code>docs/metrics.md</code>; the links work where this file lies in its "
                   "results folder.</p>\n</section>\n");
}

/* ---- environment ---- */

static void put_value(struct writer *w, const cJSON *value, const char *name)
{
    char text[UNITS_TEXT_BYTES];

    if (cJSON_IsString(value)) {
        html_text(w, value->valuestring);
    } else if (cJSON_IsNumber(value) && strstr(name, "bytes") != NULL) {
        html_textf(w, "%.3g GiB", value->valuedouble / (1024.0 * 1024 * 1024));
    } else if (cJSON_IsNumber(value)) {
        units_format_count(text, value->valuedouble);
        writer_puts(w, text);
    } else {
        writer_puts(w, "not known");
    }
}

static void put_fact(struct writer *w, const cJSON *item)
{
    writer_puts(w, "<div><dt>");
    for (const char *c = item->string; *c != '\0'; c++)
        html_textf(w, "%c", *c == '_' ? ' ' : *c);
    writer_puts(w, "</dt><dd>");
    put_value(w, item, item->string);
    writer_puts(w, "</dd></div>\n");
}

static void put_facts(struct writer *w, const cJSON *object)
{
    const cJSON *item;

    writer_puts(w, "<dl class=\"facts\">\n");
    cJSON_ArrayForEach(item, object)
    {
        if (!cJSON_IsObject(item) && !cJSON_IsArray(item) && !cJSON_IsNull(item))
            put_fact(w, item);
    }
    writer_puts(w, "</dl>\n");
}

static void put_environment(struct writer *w, const cJSON *run)
{
    const cJSON *environment = json_at(run, "environment"), *item;

    writer_puts(w, "<section id=\"environment\">\n<h2>Environment</h2>\n");
    put_facts(w, environment);
    if (cJSON_IsObject(json_at(run, "link_details"))) {
        writer_puts(w, "<h3>The link</h3>\n");
        put_facts(w, json_at(run, "link_details"));
    }
    cJSON_ArrayForEach(item, environment)
    {
        if (!cJSON_IsObject(item) || item->child == NULL)
            continue;
        writer_puts(w, "<h3>");
        html_text(w, strcmp(item->string, "tcp") == 0 ? "TCP settings" : item->string);
        writer_puts(w, "</h3>\n");
        put_facts(w, item);
    }
    writer_puts(w, "</section>\n");
}

/* ---- again ---- */

static bool is_plain(const char *word)
{
    return word[0] != '\0' &&
           strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "@%+=:,./_-") == strlen(word);
}

static void put_word(struct writer *w, const char *word)
{
    if (is_plain(word)) {
        writer_puts(w, word);
        return;
    }
    writer_puts(w, "'");
    for (; *word != '\0'; word++)
        writer_add(w, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
    writer_puts(w, "'");
}

void report_method_command(struct writer *w, const cJSON *run)
{
    const cJSON *word, *words = json_at(run, "environment.command_line");
    double seed = json_number(run, "seed");
    bool seeded = false;

    cJSON_ArrayForEach(word, words)
    {
        if (!cJSON_IsString(word))
            continue;
        if (word != words->child)
            writer_puts(w, " ");
        put_word(w, word->valuestring);
        seeded |= strncmp(word->valuestring, "--seed", 6) == 0;
    }
    if (cJSON_GetArraySize(words) == 0)
        writer_puts(w, "pushlab run scenario.json");
    if (!seeded && isfinite(seed))
        writer_printf(w, " --seed %.0f", seed);
}

static void put_reproduce(struct writer *w, const cJSON *run)
{
    char *supplied = cJSON_Print(json_at(run, "scenario_file.supplied"));
    struct buf command = {0};
    struct writer c = {.out = &command};

    writer_puts(w, "<section id=\"reproduce\">\n<h2>Do it again</h2>\n<p>The same updates at the "
                   "same moments, and clients that begin at the same phases: that is the seed. "
                   "What the machine does with them is its own.</p>\n<pre><code>");
    if (json_text(run, "environment.git")[0] != '\0')
        html_textf(w, "# pushlab %s, commit %s\n", json_text(run, "pushlab"),
                   json_text(run, "environment.git"));
    report_method_command(&c, run);
    writer_add(&c, "", 1);
    if (c.rc == PL_OK)
        html_text(w, (const char *)command.data);
    else
        w->rc = c.rc;
    writer_puts(w, "</code></pre>\n");
    if (supplied != NULL && json_at(run, "scenario_file.supplied") != NULL) {
        writer_puts(w, "<p>The scenario file, <code>");
        html_text(w, json_text(run, "scenario_file.path"));
        writer_puts(w, "</code>, as it was:</p>\n<pre class=\"scenario\"><code>");
        html_text(w, supplied);
        writer_puts(w, "</code></pre>\n");
    }
    writer_puts(w, "<p class=\"aside\">Everything else – every counter, every setting in effect, "
                   "every command – is in <code>run.json</code> beside this file; the whole "
                   "latency distributions are in <code>latency-*.hlog</code>.</p>\n</section>\n");
    cJSON_free(supplied);
    buf_free(&command);
}

void report_method(struct writer *w, const cJSON *run)
{
    put_method(w, run);
    put_definitions(w);
    put_environment(w, run);
    put_reproduce(w, run);
}
