#include "bench/commands.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <cjson/cJSON.h>
#include <event2/event.h>
#include <gsl/gsl_version.h>
#include <llhttp.h>
#include <openssl/crypto.h>
#include <openssl/opensslv.h>

#include "bench/chart/chart.h"
#include "bench/base/programs.h"
#include "bench/report/report.h"
#include "bench/result/run_file.h"
#include "bench/scenario/scenario.h"
#include "lib/base/terminal.h"
#include "bench/sweep/sweep_cells.h"
#include "bench/sweep/sweep_chart.h"
#include "bench/table/table.h"
#include "lib/base/spelling.h"
#include "lib/opt/opt_library.h"

#define OPT_CONFIG struct folder_config
#include "lib/opt/opt_rows.h"

static int command_serve(int argc, char **argv);
static int command_chart(int argc, char **argv);
static int command_table(int argc, char **argv);
static int command_help(int argc, char **argv);

const struct opt_command commands[] = {
    {"run", "SCENARIO [options]", "measure a scenario: a table, charts and a report", command_run},
    {"sweep", "SCENARIO --vary KEY=VALUE,...", "measure a scenario with other values of some keys",
     command_sweep},
    {"predict", "SCENARIO [options]", "calculate what a scenario would give, without measuring it",
     command_predict},
    {"serve", "[server options]", "run only the server, with the live page (--demo)",
     command_serve},
    {"watch", "TRANSPORT [--url URL]", "print updates as they arrive, with their latency",
     command_watch},
    {"explain", "TOPIC [--url URL]", "run a real exchange and explain it byte by byte",
     command_explain},
    {"probe", "URL [options]", "what the path to a server does to streams and upgrades",
     command_probe},
    {"scenarios", "[--json]", "the scenarios that come along, and how long each takes",
     command_scenarios},
    {"chart", "DIR", "draw the charts of a run or a sweep again", command_chart},
    {"report", "DIR [--markdown]", "write a run's report.html again, or index.html of many runs",
     command_report},
    {"table", "DIR [--markdown]", "print the table of a run or a sweep again", command_table},
    {"compare", "A B [options]", "which figures of two runs differ, and by how much",
     command_compare},
    {"advise", "SCENARIO|RUN [options]", "recommend a transport from measurements", command_advise},
    {"reproduce", "[STUDY] [options]",
     "measure what a published study claims, and say what holds here", command_reproduce},
    {"ladder", "FILE.pcapng|RUN [options]", "draw the packets of a capture as a sequence diagram",
     command_ladder},
    {"schema", "scenario | run", "the JSON Schema of scenario files, or of run.json",
     command_schema},
    {"doctor", "[--json]", "check what this machine can measure, and how to fix the rest",
     command_doctor},
    {"help", "[COMMAND | scenarios]",
     "this list, a command's options, or the keys of scenario files", command_help},
    {NULL, NULL, NULL, NULL},
};

int command_fail(int code, const char *line)
{
    fprintf(stderr, "pushlab: %s\n", line);
    return code;
}

static void join_words(char *out, size_t cap, const char *const *words)
{
    size_t len = 0;

    for (size_t i = 0; words[i] != NULL && len < cap; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 0 ? ", " : "", words[i]);
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

int command_words(char *words[COMMAND_WORDS_MAX], int argc, char **argv)
{
    static char name[] = "pushlab";
    int n = 0;

    words[n++] = name;
    for (int i = 0; i < argc && n < COMMAND_WORDS_MAX; i++)
        words[n++] = argv[i];
    return n;
}

bool command_parse(const struct opt_program *p, void *config, int argc, char **argv,
                   const char *what, const char *accepted, int *code)
{
    struct err_text e = {""};
    char words[256] = "", hint[SPELLING_HINT_BYTES];
    const char *name = p->name + strlen("pushlab "); /* which stands in front of the line */
    int nargs = 0, rc = opt_parse(p, config, argc, argv, what != NULL ? &nargs : NULL, &e);

    *code = rc == OPT_EXIT ? PL_EXIT_OK : PL_EXIT_USAGE;
    if (rc == OPT_RUN && (what == NULL || (nargs == 1 && (accepted != NULL ||
                                                          is_one_of(argv[1], p->operand_words)))))
        return true;
    if (accepted == NULL && what != NULL)
        join_words(words, sizeof words, p->operand_words);
    if (rc == OPT_RUN && nargs == 1)
        err_set(&e, PL_EINVAL, "%s: '%.60s' is not a %s; %saccepted: %s", name, argv[1], what,
                spelling_hint(hint, spelling_nearest(argv[1], p->operand_words)), words);
    else if (rc == OPT_RUN)
        err_set(&e, PL_EINVAL, "%s: %s %s given; accepted: %s%s", name,
                nargs == 0 ? "no" : "more than one", what, accepted != NULL ? accepted : "one of ",
                words);
    if (rc != OPT_EXIT)
        command_fail(*code, e.text);
    return false;
}

int command_print(struct buf *text, int rc)
{
    if (rc == PL_OK &&
        (fwrite(text->data, 1, text->len, stdout) < text->len || fflush(stdout) != 0))
        rc = PL_ESYS;
    buf_free(text);
    return rc;
}

int command_print_json(const cJSON *o)
{
    char *text = cJSON_Print(o);
    int rc = text == NULL ? PL_ENOMEM : puts(text) < 0 || fflush(stdout) != 0 ? PL_ESYS : PL_OK;

    cJSON_free(text);
    return rc;
}

void command_folder(char dir[PATH_MAX], const char *word)
{
    const char *slash = strrchr(word, '/'), *base = slash != NULL ? slash + 1 : word;
    bool index = strcmp(base, "run.json") == 0 || strcmp(base, "sweep.json") == 0;

    if (index && slash == NULL)
        snprintf(dir, PATH_MAX, ".");
    else
        snprintf(dir, PATH_MAX, "%.*s", index ? (int)(slash - word) : PATH_MAX - 1, word);
}

/* ---- serve ---- */

static int command_serve(int argc, char **argv)
{
    char program[PATH_MAX], line[PATH_MAX + 128];
    static char name[] = "pushlab-server", demo[] = "--demo"; /* execvp() wants them writable */
    char **args = calloc((size_t)argc + 2, sizeof *args);

    if (args == NULL)
        return command_fail(PL_EXIT_FAILURE, pl_strerror(PL_ENOMEM));
    program_find(&program_server, program);
    args[0] = name;
    args[1] = demo;
    memcpy(args + 2, argv + 1, (size_t)argc * sizeof *args); /* and its NULL */
    execvp(program, args);
    free(args);
    snprintf(line, sizeof line, "start %s (%s): %s", program_server.name, program, strerror(errno));
    return command_fail(PL_EXIT_FAILURE, line);
}

/* ---- chart and table ---- */

struct folder_config {
    bool markdown;
};

static const struct opt chart_opts[] = {{.name = NULL}};
static const struct opt table_opts[] = {
    FLAG("markdown", markdown, "as Markdown"),
    {.name = NULL},
};

static const struct opt_program chart_program = {
    .name = "pushlab chart",
    .usage = "DIR",
    .about = "Draw the charts of a run or a sweep again, with gnuplot, into DIR/charts.",
    .opts = chart_opts,
    .operands = "RUN",
};
static const struct opt_program table_program = {
    .name = "pushlab table",
    .usage = "DIR [--markdown]",
    .about = "Print the table of a run or a sweep again.",
    .opts = table_opts,
    .operands = "RUN",
};

#define ANY_FOLDER "a run, such as results/latest or its run.json, or a sweep"

/* A report that exists contains the old charts. */
static int refresh_report(const char *dir, struct err_text *e)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/report.html", dir) >= PATH_MAX || access(path, F_OK) < 0)
        return PL_OK;
    return report_write(dir, e);
}

/* Read the finished cells of a sweep's folder, both to be freed. */
static int read_cells(struct sweep_cells *cells, struct sweep *sweep, const char *dir,
                      struct err_text *e)
{
    int rc = sweep_read(sweep, dir, e);

    if (rc < 0)
        return rc;
    rc = sweep_cells_read(cells, sweep, e);
    if (rc < 0)
        sweep_free(sweep);
    return rc;
}

/* Of a run's folder, or a sweep's. */
static int draw(const char *dir, struct err_text *e)
{
    struct sweep_cells cells;
    struct sweep sweep;
    int rc = sweep_is_folder(dir) ? read_cells(&cells, &sweep, dir, e) : chart_draw(dir, e);

    if (rc < 0 || !sweep_is_folder(dir))
        return rc < 0 ? rc : refresh_report(dir, e);
    rc = sweep_chart_draw(&cells, e);
    sweep_cells_free(&cells);
    sweep_free(&sweep);
    return rc;
}

static int command_chart(int argc, char **argv)
{
    char dir[PATH_MAX];
    struct err_text e = {""};
    int code;

    if (!command_parse(&chart_program, NULL, argc, argv, "folder", ANY_FOLDER, &code))
        return code;
    command_folder(dir, argv[1]);
    if (draw(dir, &e) < 0)
        return command_fail(PL_EXIT_FAILURE, e.text);
    printf("%s/charts\n", dir);
    return PL_EXIT_OK;
}

static int print_cells(const char *dir, struct err_text *e)
{
    struct sweep_cells cells;
    struct sweep sweep;
    struct buf text = {0};
    int rc = read_cells(&cells, &sweep, dir, e);

    if (rc < 0)
        return rc;
    rc = command_print(&text, sweep_cells_table(&text, &cells));
    sweep_cells_free(&cells);
    sweep_free(&sweep);
    return rc < 0 ? err_set(e, rc, "%s", pl_strerror(rc)) : PL_OK;
}

static int command_table(int argc, char **argv)
{
    struct folder_config config = {0};
    char dir[PATH_MAX];
    struct err_text e = {""};
    struct buf text = {0};
    cJSON *run = NULL;
    int code, rc;

    if (!command_parse(&table_program, &config, argc, argv, "folder", ANY_FOLDER, &code))
        return code;
    command_folder(dir, argv[1]);
    if (sweep_is_folder(dir) && config.markdown)
        return command_fail(PL_EXIT_USAGE,
                            "--markdown: of runs only; sweep.csv has a sweep's numbers");
    if (sweep_is_folder(dir))
        return print_cells(dir, &e) < 0 ? command_fail(PL_EXIT_FAILURE, e.text) : PL_EXIT_OK;
    if (run_file_read(&run, dir, &e) < 0)
        return command_fail(PL_EXIT_FAILURE, e.text);
    rc = config.markdown
             ? table_markdown(&text, run)
             : table_text(&text, run, terminal_width(stdout), terminal_wants_colour(stdout));
    rc = command_print(&text, rc);
    cJSON_Delete(run);
    return rc < 0 ? command_fail(PL_EXIT_FAILURE, pl_strerror(rc)) : PL_EXIT_OK;
}

/* ---- help ---- */

static const struct opt no_opts[] = {{.name = NULL}};

OPT_LIBRARIES(libraries, OPT_LIBEVENT, OPT_OPENSSL, OPT_CJSON, OPT_LLHTTP, OPT_ZLIB, OPT_GSL)

static const struct opt_program pushlab_program = {
    .name = "pushlab",
    .usage = "COMMAND ...",
    .about = "Measure the ways in which a server can get updates to its clients: what each of them "
             "delivers, and what it costs.",
    .footer = "Examples:\n"
              "  pushlab scenarios\n"
              "  pushlab run standard\n"
              "  pushlab watch sse\n"
              "  pushlab serve --port 8080 --rate 5\n"
              "  pushlab help scenarios\n\n"
              "The environment variables PUSHLAB_SERVER and PUSHLAB_CLIENT name programs to\n"
              "start instead of the pushlab-server and pushlab-client beside this one.\n",
    .opts = no_opts,
    .commands = commands,
    .libraries = libraries,
};

static const struct opt_program help_program = {
    .name = "pushlab help",
    .usage = "[COMMAND | scenarios]",
    .about = "Print the list of commands, a command's options, or the keys of scenario files.",
    .opts = no_opts,
};

/* Every command's name. */
static void name_commands(const char *names[], size_t room)
{
    size_t n = 0;

    for (const struct opt_command *c = commands; c->name != NULL && n + 1 < room; c++)
        names[n++] = c->name;
    names[n] = NULL;
}

static int unknown_command(const char *name)
{
    char line[512], hint[SPELLING_HINT_BYTES];
    const char *names[32];
    size_t len;

    name_commands(names, sizeof names / sizeof *names);
    len = (size_t)snprintf(line, sizeof line, "'%.60s' is not a command; %saccepted: ", name,
                           spelling_hint(hint, spelling_nearest(name, names)));
    join_words(line + len, sizeof line - len, names);
    return command_fail(PL_EXIT_USAGE, line);
}

static int print_topic(char *topic)
{
    static char flag[] = "--help";
    const struct opt_command *c = opt_command_find(commands, topic);

    if (strcmp(topic, "scenarios") == 0) {
        scenario_print_keys(stdout);
        return PL_EXIT_OK;
    }
    if (c == NULL || c->run == command_help)
        return unknown_command(topic);
    return c->run(2, (char *[]){topic, flag, NULL});
}

static int command_help(int argc, char **argv)
{
    const char *topics[32];
    struct opt_program program = help_program;
    struct err_text e;
    int nargs = 0, rc;

    name_commands(topics, sizeof topics / sizeof *topics);
    program.operand_words = topics;
    rc = opt_parse(&program, NULL, argc, argv, &nargs, &e);
    if (rc == OPT_EXIT)
        return PL_EXIT_OK;
    if (rc < 0)
        return command_fail(PL_EXIT_USAGE, e.text);
    if (nargs > 0)
        return print_topic(argv[1]);
    opt_help(&pushlab_program, stdout);
    return PL_EXIT_OK;
}

int command_dispatch(int argc, char **argv)
{
    const struct opt_command *c;

    if (argc < 2) {
        opt_help(&pushlab_program, stderr);
        return PL_EXIT_USAGE;
    }
    if (opt_answer(&pushlab_program, argv[1]))
        return PL_EXIT_OK;
    c = opt_command_find(commands, argv[1]);
    return c == NULL ? unknown_command(argv[1]) : c->run(argc - 1, argv + 1);
}
