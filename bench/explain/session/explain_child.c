/* What explain_stage.c starts on the client's side of the link: `pushlab explain --perform ...`.
 * Not for people: it writes a transcript. */
#include <signal.h>
#include <stdio.h>

#include "bench/commands.h"
#include "bench/explain/session/explain_stage.h"
#include "lib/opt/opt.h"

struct config {
    const char *url, *path, *ca_path, *message;
    int64_t wait_ns;
    bool own, known_keys;
};

#define FIELD(name) offsetof(struct config, name)

static const struct opt opts[] = {
    {"url", OPT_TEXT, "URL", FIELD(url), NULL, 0, 0, NULL, "the server"},
    {"path", OPT_TEXT, "PATH", FIELD(path), NULL, 0, 0, NULL, "for pushlab's own"},
    {"tls-ca", OPT_TEXT, "FILE", FIELD(ca_path), NULL, 0, 0, NULL, "trusted"},
    {"message", OPT_TEXT, "JSON", FIELD(message), "\"Hello\"", 0, 0, NULL, "to be published"},
    {"wait", OPT_SECONDS, "S", FIELD(wait_ns), "3", 0, 3600, NULL, "for anything"},
    {"own", OPT_FLAG, NULL, FIELD(own), NULL, 0, 0, NULL, "the server was started for this"},
    {"known-keys", OPT_FLAG, NULL, FIELD(known_keys), NULL, 0, 0, NULL, "those of RFC 6455"},
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab explain --perform",
    .usage = "TOPIC --url URL",
    .about = "Make the exchange of a topic and write its transcript.",
    .opts = opts,
};

int explain_stage_perform(int argc, char **argv)
{
    struct config c = {0};
    struct explain_plan plan;
    struct err_text e = {""};
    const struct explain_topic *topic;
    int nargs = 0, rc = opt_parse(&program, &c, argc, argv, &nargs, &e);

    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    topic = rc == OPT_RUN && nargs == 1 ? explain_topic_find(argv[1]) : NULL;
    if (rc == OPT_RUN && (topic == NULL || c.url == NULL))
        rc = err_set(&e, PL_EINVAL, "a topic and a URL are needed");
    plan = (struct explain_plan){.path = c.path,
                                 .ca_path = c.ca_path,
                                 .message = c.message,
                                 .own = c.own,
                                 .known_keys = c.known_keys,
                                 .wait_ns = c.wait_ns};
    if (rc == OPT_RUN)
        rc = url_parse(&plan.url, c.url, &e);
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    signal(SIGPIPE, SIG_IGN);
    rc = explain_perform(topic, &plan, stdout, &e);
    if (fflush(stdout) != 0 && rc == PL_OK)
        rc = err_set(&e, PL_ESYS, "write the transcript: output error");
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
}
