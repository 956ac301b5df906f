/* `pushlab ladder`: a capture of the emulated link as the picture that a teacher shows. */
#include "bench/commands.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "bench/ladder/ladder_svg.h"
#include "lib/opt/opt.h"

struct config {
    const char *out, *row, *link;
    int64_t max_ns, max_steps, clients;
};

#define FIELD(name) offsetof(struct config, name)

static const struct opt opts[] = {
    {"out", OPT_TEXT, "FILE", FIELD(out), NULL, 0, 0, NULL,
     "the picture; without it FILE.svg beside the capture"},
    {"row", OPT_TEXT, "ID", FIELD(row), NULL, 0, 0, NULL,
     "what was captured, such as sse or short-poll+close; without it the file's name says so"},
    {"link", OPT_TEXT, "TEXT", FIELD(link), NULL, 0, 0, NULL,
     "what the link was, for the subtitle"},
    {"clients", OPT_INT, "N", FIELD(clients), "1", 1, 1000000, NULL,
     "in the capture; of several only the first one's first connection is drawn"},
    {"first", OPT_SECONDS, "S", FIELD(max_ns), "10", 0.001, 3600, NULL,
     "how much of it to look at"},
    {"steps", OPT_INT, "N", FIELD(max_steps), "24", 1, 200, NULL, "labelled arrows at most"},
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab ladder",
    .usage = "FILE.pcapng [options]",
    .about = "Draw the packets between client and server, time downwards, from a capture of both "
             "ends of the link (pushlab-link --pcap FILE.pcapng --pcap-at both).",
    .footer = "Example:\n"
              "  pushlab ladder sse.pcapng --link rtt=50ms --out sse.svg\n",
    .opts = opts,
    .operands = "FILE.pcapng",
};

/* "captures/sse.pcapng" is about the row "sse" and drawn as "captures/sse.svg". */
static int complete(struct config *c, const char *path, char svg[PATH_MAX], char row[NAME_MAX + 1],
                    struct err_text *e)
{
    const char *base = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t stem = dot != NULL && dot > base ? (size_t)(dot - path) : strlen(path);

    if (snprintf(svg, PATH_MAX, "%.*s.svg", (int)stem, path) >= PATH_MAX)
        return err_set(e, PL_EINVAL, "%.100s...: the path is too long", path);
    snprintf(row, NAME_MAX + 1, "%.*s", (int)(stem - (size_t)(base - path)), base);
    if (c->out == NULL)
        c->out = svg;
    if (c->row == NULL)
        c->row = row;
    return PL_OK;
}

static int parse(struct config *c, int argc, char **argv, struct err_text *e)
{
    int nargs = 0, rc = opt_parse(&program, c, argc, argv, &nargs, e);

    if (rc != OPT_RUN || nargs == 1)
        return rc;
    return err_set(e, PL_EINVAL, "pushlab ladder: %s; accepted: one capture file",
                   nargs == 0 ? "no file given" : "more than one file given");
}

int command_ladder(int argc, char **argv)
{
    char svg[PATH_MAX], row[NAME_MAX + 1];
    struct config c = {0};
    struct err_text e = {""};
    struct ladder_about about;
    int rc = parse(&c, argc, argv, &e);

    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    if (rc < 0 || complete(&c, argv[1], svg, row, &e) < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    about = (struct ladder_about){.row = c.row,
                                  .link = c.link,
                                  .max_ns = c.max_ns,
                                  .max_steps = (size_t)c.max_steps,
                                  .clients = (unsigned)c.clients};
    if (ladder_draw(argv[1], c.out, &about, &e) < 0)
        return command_fail(PL_EXIT_FAILURE, e.text);
    printf("%s\n", c.out);
    return PL_EXIT_OK;
}
