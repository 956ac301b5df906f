/* lib/opt/opt_man.c and lib/opt/opt_complete.c: what a table says beside --help */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/opt/opt.h"

struct config {
    const char *out, *mode, *file;
    int64_t clients;
    int control;
    bool json;
};

static const char *const controls[] = {"auto", "none", NULL};

#define AT(field) .offset = offsetof(struct config, field)

static const struct opt opts[] = {
    {.name = "No In", .kind = OPT_HEADING}, /* both are macros of mdoc */
    {.name = "out",
     .kind = OPT_TEXT,
     .value_name = "DIR",
     AT(out),
     .default_text = "results",
     .help = "the run's \"folder\""},
    {.name = "mode",
     .kind = OPT_TEXT,
     .value_name = "keep-alive|close",
     AT(mode),
     .help = "2 \xc2\xb5s, \\ and `x`"},
    {.name = "Output", .kind = OPT_HEADING},
    {.name = "clients", .kind = OPT_INT, .value_name = "N", AT(clients), .help = ".5 or so"},
    {.name = "control", .kind = OPT_CHOICE, AT(control), .choices = controls, .help = "asking"},
    {.name = "images", .kind = OPT_TEXT, .value_name = "PATH|URL", AT(file), .help = "there"},
    {.name = "json", .kind = OPT_FLAG, AT(json), .help = "print JSON"},
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab try",
    .usage = "SCENARIO|RUN [options]\nelse",
    .about = "Try a thing: carefully. Then another.",
    .footer = "Examples:\n  pushlab try 'x'\n  ./try --json\n\nWORDS of the environment.\n\n"
              "Exit code: 0 when\nit was good.\n",
    .opts = opts,
    .operands = "SCENARIO|RUN",
};

static const struct opt_command commands[] = {
    {"try", "THING", "try a thing", NULL},
    {"list", "", "what there is", NULL},
    {NULL, NULL, NULL, NULL},
};
static const struct opt none[] = {{.name = NULL}};
static const char *const topics[] = {"a", "b", NULL};

static const struct opt_program parent = {
    .name = "pushlab",
    .usage = "COMMAND ...",
    .about = "N things",
    .opts = none,
    .commands = commands,
    .operand_words = topics,
};

enum { LEAP_DAY = 1709164800 }; /* 2024-02-29T00:00:00Z */

static char *printed(const struct opt_program *p, bool man)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (man)
        opt_man(p, LEAP_DAY, out);
    else
        opt_complete(p, out);
    fclose(out);
    return text;
}

START_TEST(man_page_has_every_section_in_the_order_of_mdoc_7)
{
    static const char wanted[] =
        ".\\\" Printed by pushlab try --help=man from the table that parses its options.\n"
        ".Dd February 29, 2024\n"
        ".Dt PUSHLAB-TRY 1\n"
        ".Os pushlab " PUSHLAB_VERSION "\n"
        ".Sh NAME\n"
        ".Nm pushlab-try\n"
        ".Nd try a thing\n"
        ".Sh SYNOPSIS\n"
        ".Nm \"pushlab try\"\n"
        "SCENARIO|RUN [options]\n"
        ".Nm \"pushlab try\"\n"
        "else\n"
        ".Sh DESCRIPTION\n"
        "Try a thing: carefully.\n"
        "Then another.\n"
        ".Pp\n"
        "WORDS of the environment.\n"
        ".Sh OPTIONS\n"
        ".Ss \"\\&No In\"\n"
        ".Bl -tag -width Ds\n"
        ".It Fl \\-out Ar \"\\&DIR\"\n"
        "the run\\(aqs \\(dqfolder\\(dq (default results)\n"
        ".It Fl \\-mode Ar \"\\&keep\\-alive|close\"\n"
        "2 \\[u00B5]s, \\e and \\(gax\\(ga\n"
        ".El\n"
        ".Ss \"\\&Output\"\n"
        ".Bl -tag -width Ds\n"
        ".It Fl \\-clients Ar \"\\&N\"\n"
        "\\&.5 or so\n"
        ".It Fl \\-control Ar \"\\&auto|none\"\n"
        "asking\n"
        ".It Fl \\-images Ar \"\\&PATH|URL\"\n"
        "there\n"
        ".It Fl \\-json\n"
        "print JSON\n"
        ".El\n"
        ".Ss Help\n"
        ".Bl -tag -width Ds\n"
        ".It Fl \\-help\n"
        "print this text\n"
        ".It Fl \\-version\n"
        "print the version\n"
        ".El\n"
        ".Sh EXIT STATUS\n"
        "0 when it was good.\n"
        ".Sh EXAMPLES\n"
        ".Bd -literal -offset indent\n"
        "pushlab try \\(aqx\\(aq\n"
        "\\&./try \\-\\-json\n"
        ".Ed\n"
        ".Sh SEE ALSO\n"
        ".Xr pushlab 1 ,\n"
        ".Xr pushlab-client 1 ,\n"
        ".Xr pushlab-link 1 ,\n"
        ".Xr pushlab-server 1\n";
    char *text = printed(&program, true);

    ck_assert_str_eq(text, wanted);
    free(text);
}
END_TEST

START_TEST(man_page_lists_commands_and_where_their_pages_are)
{
    char *text = printed(&parent, true);

    ck_assert_ptr_nonnull(strstr(text, ".Nd N things\n"));
    ck_assert_ptr_nonnull(strstr(text, ".Sh COMMANDS\n"
                                       ".Bl -tag -width Ds\n"
                                       ".It Cm try Ar \"\\&THING\"\n"
                                       "try a thing\n"
                                       ".Pq Xr pushlab-try 1\n"
                                       ".It Cm list\n"
                                       "what there is\n"
                                       ".Pq Xr pushlab-list 1\n"
                                       ".El\n"));
    ck_assert_ptr_null(strstr(text, ".Xr pushlab 1"));
    ck_assert_ptr_null(strstr(text, "EXAMPLES"));
    free(text);
}
END_TEST

START_TEST(table_says_what_each_value_can_be)
{
    static const char wanted[] =
        "pushlab try\toperand\t-\tscenario,run\t-\t-\n"
        "pushlab try\toption\t--out\tdirectory\t-\tthe run's \"folder\" (default results)\n"
        "pushlab try\toption\t--mode\twords\tkeep-alive close\t2 \xc2\xb5s, \\ and `x`\n"
        "pushlab try\toption\t--clients\tvalue\t-\t.5 or so\n"
        "pushlab try\toption\t--control\twords\tauto none\tasking\n"
        "pushlab try\toption\t--images\tfile\t-\tthere\n"
        "pushlab try\toption\t--json\t-\t-\tprint JSON\n"
        "pushlab try\toption\t--help\t-\t-\tprint this text\n"
        "pushlab try\toption\t--version\t-\t-\tprint the version\n";
    char *text = printed(&program, false);

    ck_assert_str_eq(text, wanted);
    free(text);
}
END_TEST

START_TEST(table_has_commands_and_operand_words)
{
    static const char wanted[] = "pushlab\tcommand\ttry\t-\t-\ttry a thing\n"
                                 "pushlab\tcommand\tlist\t-\t-\twhat there is\n"
                                 "pushlab\toperand\t-\twords\ta b\t-\n"
                                 "pushlab\toption\t--help\t-\t-\tprint this text\n"
                                 "pushlab\toption\t--version\t-\t-\tprint the version\n";
    char *text = printed(&parent, false);

    ck_assert_str_eq(text, wanted);
    free(text);
}
END_TEST

START_TEST(commands_are_found_by_their_whole_name)
{
    ck_assert_ptr_eq(opt_command_find(commands, "list"), &commands[1]);
    ck_assert_ptr_null(opt_command_find(commands, "lis"));
    ck_assert_ptr_null(opt_command_find(NULL, "list"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("opt_print");
    TCase *tc = tcase_create("opt_print");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, man_page_has_every_section_in_the_order_of_mdoc_7);
    tcase_add_test(tc, man_page_lists_commands_and_where_their_pages_are);
    tcase_add_test(tc, table_says_what_each_value_can_be);
    tcase_add_test(tc, table_has_commands_and_operand_words);
    tcase_add_test(tc, commands_are_found_by_their_whole_name);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
