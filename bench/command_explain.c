/* `pushlab explain TOPIC`: a real exchange, made now, and what each byte of it means. */
#include "bench/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/explain/write/explain_picture.h"
#include "bench/explain/annotate/explain_words.h"
#include "bench/explain/session/explain_stage.h"
#include "bench/explain/write/explain_write.h"
#include "bench/base/file.h"
#include "lib/base/json_line.h"
#include "bench/network/network.h"
#include "lib/base/terminal.h"
#include "lib/proto/url.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    const char *url, *link, *path, *ca_path, *message, *svg, *pcap;
    int64_t wait_ns;
    bool markdown, json, mask;
    bool own; /* of perform(): the server was started for this */
};

enum { TOPICS_MAX = 15 };

static const char default_link[] = "rtt=20ms"; /* compared by address: no other was given */

static const struct opt opts[] = {
    TEXT("link", "LINK", link, default_link,
         "the emulated link, such as 4g or rtt=50ms,loss=1%; or loopback"),
    TEXT("url", "URL", url, NULL, "explain this server; without it one is started"),
    TEXT("path", "PATH", path, NULL, "path to request instead of pushlab's own, for other servers"),
    TEXT("tls-ca", "FILE", ca_path, NULL, "with https: trust these certificates (PEM) only"),
    TEXT("message", "JSON", message, "\"Hello\"", "the message to publish"),
    SECONDS("wait", wait_ns, "3", 0.1, 60, "time to wait for each response"),
    HEADING("Output"),
    FLAG("markdown", markdown, "as Markdown"),
    FLAG("json", json, "as JSON"),
    TEXT("svg", "FILE", svg, NULL, "also draw it as a ladder diagram"),
    TEXT("pcap", "FILE", pcap, NULL, "keep the packets of the emulated link, for Wireshark"),
    FLAG("mask", mask,
         "reproducible output: the keys of RFC 6455's examples, placeholders for times and counts"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab explain",
    .usage = "TOPIC [options]",
    .about =
        "Run a real exchange between a client and a server, and explain it byte by byte. Topics: "
        "short-poll, long-poll, stream, sse, websocket, tcp, keep-alive, upgrade, tls.",
    .footer = "Examples:\n"
              "  pushlab explain websocket\n"
              "  pushlab explain tcp --link rtt=100ms --svg tcp.svg\n"
              "  pushlab explain sse --url http://127.0.0.1:8080\n"
              "  pushlab explain websocket --url wss://ws.example/ --path /\n",
    .opts = opts,
};

/* ---- the command line ---- */

static void name_topics(const char *words[TOPICS_MAX + 1])
{
    size_t n = 0;

    for (const struct explain_topic *t = explain_topics; t->name != NULL && n < TOPICS_MAX; t++)
        words[n++] = t->name;
    words[n] = NULL;
}

static int check_message(const struct config *c, struct err_text *e)
{
    size_t len = strlen(c->message);
    char *compact = malloc(len + 1);
    ssize_t n;

    if (compact == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    n = json_line_compact(compact, c->message, len);
    free(compact);
    if (n < 0)
        return err_set(e, PL_EINVAL, "--message: '%.60s' is not a JSON value", c->message);
    if (len > 1000)
        return err_set(e, PL_EINVAL, "--message: more than 1000 bytes");
    return PL_OK;
}

/* An option that would have no effect is refused, so that nobody relies on it. */
static int check_server(const struct config *c, const struct explain_topic *topic,
                        struct err_text *e)
{
    struct url url = {.tls = false};
    struct err_text why = {""};

    if (c->url != NULL && url_parse(&url, c->url, &why) < 0)
        return err_set(e, PL_EINVAL, "--url: %.280s", why.text);
    if (c->url != NULL && topic->tls && !url.tls)
        return err_set(e, PL_EINVAL,
                       "--url: tls needs https:// or wss://, '%.200s' is in the clear", c->url);
    if (c->url != NULL && c->link != default_link)
        return err_set(e, PL_EINVAL,
                       "--link and --url exclude each other: a given server is reached without an "
                       "emulated link");
    if (c->ca_path != NULL && !url.tls)
        return err_set(e, PL_EINVAL, "--tls-ca: only with an --url of https:// or wss://");
    if (c->path != NULL && (c->path[0] != '/' || strpbrk(c->path, " \r\n\t") != NULL))
        return err_set(e, PL_EINVAL, "--path: '%.60s' does not begin with / or has spaces",
                       c->path);
    return PL_OK;
}

static int check_output(const struct config *c, struct err_text *e)
{
    struct err_text why = {""};

    if (c->markdown && c->json)
        return err_set(e, PL_EINVAL, "--markdown and --json exclude each other");
    if (c->pcap != NULL && (c->url != NULL || strcmp(c->link, NETWORK_LOOPBACK) == 0))
        return err_set(e, PL_EINVAL,
                       "--pcap: only an emulated link's packets can be captured, and %s there is "
                       "none",
                       c->url != NULL ? "with --url" : "on loopback");
    if (c->svg != NULL && file_try(c->svg, &why) < 0)
        return err_set(e, PL_EINVAL, "--svg: %.280s", why.text);
    if (c->pcap != NULL && file_try(c->pcap, &why) < 0)
        return err_set(e, PL_EINVAL, "--pcap: %.280s", why.text);
    return PL_OK;
}

static int check(const struct config *c, const struct explain_topic *topic, struct err_text *e)
{
    int rc = check_message(c, e);

    if (rc == PL_OK)
        rc = check_server(c, topic, e);
    return rc == PL_OK ? check_output(c, e) : rc;
}

/* ---- from the transcript to notes ---- */

static int64_t first_open_ns(const struct explain_recording *t)
{
    for (size_t i = 0; i < t->event_count; i++)
        if (t->events[i].what == TRANSCRIPT_OPEN)
            return t->events[i].at_ns;
    return t->event_count > 0 ? t->events[0].at_ns : 0;
}

static int print(const struct explain_report *r, const struct config *c)
{
    struct buf out = {0};
    int rc;

    if (c->json)
        rc = explain_write_json(&out, r);
    else if (c->markdown)
        rc = explain_write_markdown(&out, r);
    else
        rc = explain_write_text(&out, r, EXPLAIN_TEXT_ALL);
    if (rc == PL_OK && (fwrite(out.data, 1, out.len, stdout) < out.len || fflush(stdout) != 0))
        rc = PL_ESYS;
    buf_free(&out);
    return rc;
}

static int show(const struct explain_recording *t, const struct config *c,
                const struct explain_topic *topic, struct explain_tally *tally)
{
    bool wire = t->pcapng.len > 0;
    const struct explain_options options = {
        .mask = c->mask, .wire = wire, .packets = topic->packets};
    struct explain_notes notes = {0};
    struct explain *x = explain_new(&options, &notes);
    struct explain_report r = {
        .topic = topic->name,
        .about = topic->packets && !wire ? "one connection, without its packets"
                                         : explain_word("topic %s", topic->name).meaning,
        .network = t->network,
        .times = wire ? "Packets and their times were captured at both ends of the emulated link."
                      : EXPLAIN_TIMES_UNSEEN,
        .notes = &notes,
        .explain = x,
        .wire = wire,
        .mask = c->mask,
        .begin_ns = first_open_ns(t),
        .columns = explain_columns_for(terminal_columns(stdout)),
        .colour = terminal_wants_colour(stdout),
    };
    int rc = PL_ENOMEM;

    if (x != NULL) {
        explain_recording_annotate(x, t);
        *tally = explain_tally(x, 0);
        rc = notes.rc == PL_OK ? print(&r, c) : notes.rc;
    }
    explain_free(x);
    explain_notes_free(&notes);
    return rc;
}

static int write_files(const struct explain_recording *t, const struct config *c,
                       const struct explain_topic *topic, const struct explain_tally *tally,
                       struct err_text *e)
{
    struct explain_word word = explain_word("topic %s", topic->name);
    const char *title = word.ref[0] != '\0' ? word.ref : topic->name;
    bool unseen = topic->packets && t->pcapng.len == 0;
    struct buf svg = {0};
    int rc = PL_OK;

    if (c->svg != NULL)
        rc = explain_picture(&svg, t, unseen ? "One TCP connection, as its client saw it" : title,
                             unseen ? NULL : word.meaning, tally, e);
    if (rc == PL_OK && c->svg != NULL)
        rc = file_write(c->svg, svg.data, svg.len, e);
    buf_free(&svg);
    if (rc < 0 || c->pcap == NULL)
        return rc;
    return file_write(c->pcap, t->pcapng.data, t->pcapng.len, e);
}

/* Returns the exit code. */
static int explain(const struct config *c, const struct explain_topic *topic)
{
    const struct explain_setting setting = {.topic = topic,
                                            .url = c->url,
                                            .link = c->link,
                                            .path = c->path,
                                            .ca_path = c->ca_path,
                                            .message = c->message,
                                            .known_keys = c->mask,
                                            .wire_needed = c->pcap != NULL,
                                            .wait_ns = c->wait_ns};
    struct explain_recording take = {.event_count = 0};
    struct explain_tally tally = {0};
    struct err_text e = {""};
    int rc = explain_stage_run(&take, &setting, &e), code = PL_EXIT_FAILURE;

    if (rc == PL_EINVAL)
        code = PL_EXIT_USAGE; /* there is no such link */
    if (rc == PL_OK)
        rc = show(&take, c, topic, &tally);
    if (rc == PL_OK)
        rc = write_files(&take, c, topic, &tally, &e);
    if (rc == PL_OK && take.problem[0] == '\0')
        code = PL_EXIT_OK;
    else if (rc == PL_OK)
        command_fail(code, take.problem);
    else if (rc != PL_EINTR)
        command_fail(code, e.text[0] != '\0' ? e.text : pl_strerror(rc));
    explain_recording_free(&take);
    return code;
}

/* ---- what explain_stage.c starts on the client's side of the link ---- */

static const struct opt perform_opts[] = {
    TEXT("url", "URL", url, NULL, "the server"),
    TEXT("path", "PATH", path, NULL, "instead of pushlab's own"),
    TEXT("tls-ca", "FILE", ca_path, NULL, "trusted certificates"),
    TEXT("message", "JSON", message, "\"Hello\"", "to be published"),
    SECONDS("wait", wait_ns, "3", 0, 3600, "for each response"),
    FLAG("own", own, "the server was started for this"),
    FLAG("mask", mask, "use the keys of RFC 6455"),
    {.name = NULL},
};

static const struct opt_program perform_program = {
    .name = "pushlab explain --perform",
    .usage = "TOPIC --url URL",
    .about = "Make the exchange of a topic and write its transcript.",
    .opts = perform_opts,
};

/* Returns the exit code. */
static int perform(int argc, char **argv)
{
    struct config c = {0};
    struct explain_plan plan = {.wait_ns = 0};
    struct err_text e = {""};
    const struct explain_topic *topic;
    int nargs = 0, rc = opt_parse(&perform_program, &c, argc, argv, &nargs, &e);

    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    topic = rc == OPT_RUN && nargs == 1 ? explain_topic_find(argv[1]) : NULL;
    if (rc == OPT_RUN && (topic == NULL || c.url == NULL))
        rc = err_set(&e, PL_EINVAL, "a topic and a URL are needed");
    if (rc == OPT_RUN)
        rc = url_parse(&plan.url, c.url, &e);
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    plan.path = c.path;
    plan.ca_path = c.ca_path;
    plan.message = c.message;
    plan.own = c.own;
    plan.known_keys = c.mask;
    plan.wait_ns = c.wait_ns;
    signal(SIGPIPE, SIG_IGN);
    rc = explain_perform(topic, &plan, stdout, &e);
    if (fflush(stdout) != 0 && rc == PL_OK)
        rc = err_set(&e, PL_ESYS, "write the transcript: output error");
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
}

int command_explain(int argc, char **argv)
{
    const char *words[TOPICS_MAX + 1];
    struct opt_program named = program;
    const struct explain_topic *topic;
    struct config c = {0};
    struct err_text e = {""};
    int code;

    if (argc > 1 && strcmp(argv[1], "--perform") == 0)
        return perform(argc - 1, argv + 1);
    name_topics(words);
    named.operand_words = words;
    if (!command_parse(&named, &c, argc, argv, "topic", NULL, &code))
        return code;
    topic = explain_topic_find(argv[1]);
    return check(&c, topic, &e) < 0 ? command_fail(PL_EXIT_USAGE, e.text) : explain(&c, topic);
}
