/* `pushlab ladder`: draw a ladder diagram of a capture of the emulated link. */
#include "bench/commands.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/ladder/ladder_draw.h"

#define OPT_CONFIG struct config
#include "lib/opt/opt_rows.h"

struct config {
    const char *out, *row, *link;
    int64_t max_ns, max_steps, clients;
};

static const struct opt opts[] = {
    TEXT("out", "FILE", out, NULL, "the picture to write; default: FILE.svg next to the capture"),
    TEXT("row", "ID", row, NULL,
         "what was captured, such as sse or short-poll+close; default: the name of the file"),
    TEXT("link", "TEXT", link, NULL, "a description of the link, for the subtitle"),
    INT("clients", "N", clients, "1", 1, 1000000,
        "number of clients in the capture; with several, only the first connection is drawn"),
    SECONDS("first", max_ns, "10", 0.001, 3600, "draw at most the first S seconds of the capture"),
    INT("steps", "N", max_steps, "24", 1, 200, "draw at most N labelled arrows"),
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab ladder",
    .usage = "FILE.pcapng [options]\nRUN --row ID [options]",
    .about =
        "Draw the packets between client and server as a sequence diagram, from a capture of both "
        "ends of the link (pushlab-link --pcap FILE.pcapng --pcap-at both).",
    .footer = "Example:\n"
              "  pushlab ladder sse.pcapng --link rtt=50ms --out sse.svg\n",
    .opts = opts,
    .operands = "FILE.pcapng|RUN",
};

/* The capture that was typed: a file, or that of --row in the folder of a run. */
static int find_capture(char path[PATH_MAX], const char *word, const struct config *c,
                        struct err_text *e)
{
    char dir[PATH_MAX];
    struct stat st;

    command_folder(dir, word);
    if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode)) {
        snprintf(path, PATH_MAX, "%s", dir);
        return PL_OK;
    }
    if (c->row == NULL)
        return err_set(e, PL_EINVAL, "%.200s is a run; accepted: with --row ID, one of its rows",
                       dir);
    if (snprintf(path, PATH_MAX, "%s/ladder-%s.pcapng", dir, c->row) >= PATH_MAX)
        return err_set(e, PL_EINVAL, "%.100s...: the path is too long", dir);
    return PL_OK;
}

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

int command_ladder(int argc, char **argv)
{
    char path[PATH_MAX], svg[PATH_MAX], row[NAME_MAX + 1];
    struct config c = {0};
    struct err_text e = {""};
    struct ladder_about about;
    int code;

    if (!command_parse(&program, &c, argc, argv, "file", "one capture file, or a run with --row ID",
                       &code))
        return code;
    if (find_capture(path, argv[1], &c, &e) < 0 || complete(&c, path, svg, row, &e) < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    about = (struct ladder_about){.row = c.row,
                                  .link = c.link,
                                  .max_ns = c.max_ns,
                                  .max_steps = (size_t)c.max_steps,
                                  .clients = (unsigned)c.clients};
    if (ladder_draw(path, c.out, &about, &e) < 0)
        return command_fail(PL_EXIT_FAILURE, e.text);
    printf("%s\n", c.out);
    return PL_EXIT_OK;
}
