/* lib/opt/opt.c and lib/opt/opt_help.c */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/opt/opt.h"

struct config {
    const char *listen;
    int64_t clients, hold_ns, warmup_ns, seed;
    double rate;
    int pattern;
    bool json;
};

static const char *const patterns[] = {"fixed", "poisson", "bursts", NULL};

#define AT(field) .offset = offsetof(struct config, field)

static const struct opt opts[] = {
    {.name = "Source", .kind = OPT_HEADING},
    {.name = "rate",
     .kind = OPT_REAL,
     .value_name = "HZ",
     AT(rate),
     .default_text = "10",
     .max = 1000000,
     .help = "updates a second"},
    {.name = "pattern",
     .kind = OPT_CHOICE,
     AT(pattern),
     .default_text = "fixed",
     .choices = patterns,
     .help = "spacing of the updates"},
    {.name = "Clients", .kind = OPT_HEADING},
    {.name = "listen",
     .kind = OPT_TEXT,
     .value_name = "ADDR:PORT",
     AT(listen),
     .default_text = "127.0.0.1:8080",
     .help = "where to listen; port 0 takes any free port, and the ready line tells which it was"},
    {.name = "clients",
     .kind = OPT_INT,
     .value_name = "N",
     AT(clients),
     .default_text = "50",
     .min = 1,
     .max = 100000,
     .help = "how many of them, each with a connection of its own"},
    {.name = "seed", .kind = OPT_INT, .value_name = "N", AT(seed), .help = "of all randomness"},
    {.name = "hold",
     .kind = OPT_MS,
     .value_name = "MS",
     AT(hold_ns),
     .default_text = "30000",
     .min = 1,
     .max = 60000,
     .help = "long poll"},
    {.name = "warmup",
     .kind = OPT_SECONDS,
     .value_name = "S",
     AT(warmup_ns),
     .default_text = "1.5",
     .help = "before measuring"},
    {.name = "json", .kind = OPT_FLAG, AT(json), .help = "print JSON"},
    {.name = NULL},
};

static const struct opt_program program = {
    .name = "pushlab-test",
    .usage = "[options]",
    .about = "Sentences that are so long that they have to be wrapped at some column, which is the "
             "eightieth.",
    .footer = "Example:\n  pushlab-test --json",
    .opts = opts,
};

enum { WORDS_MAX = 16 };

struct parsed {
    struct config config;
    struct err_text error;
    char line[128];
    char *argv[WORDS_MAX];
    int nargs, result;
};

/* Parse the words of line, which are separated by single spaces. */
static void parse(struct parsed *p, const char *line, bool takes_operands)
{
    int argc = 1;

    *p = (struct parsed){.argv = {"pushlab-test"}};
    snprintf(p->line, sizeof p->line, "%s", line);
    for (char *word = strtok(p->line, " "); word != NULL; word = strtok(NULL, " "))
        p->argv[argc++] = word;
    p->result = opt_parse(&program, &p->config, argc, p->argv, takes_operands ? &p->nargs : NULL,
                          &p->error);
}

START_TEST(opt_fills_in_defaults)
{
    struct parsed p;

    parse(&p, "", false);
    ck_assert_int_eq(p.result, OPT_RUN);
    ck_assert_str_eq(p.config.listen, "127.0.0.1:8080");
    ck_assert_int_eq(p.config.clients, 50);
    ck_assert_int_eq(p.config.seed, 0);
    ck_assert(p.config.rate == 10);
    ck_assert_int_eq(p.config.pattern, 0);
    ck_assert_int_eq(p.config.hold_ns, INT64_C(30000000000));
    ck_assert_int_eq(p.config.warmup_ns, 1500000000);
    ck_assert(!p.config.json);
}
END_TEST

START_TEST(opt_reads_values_beside_and_behind_an_equals_sign)
{
    struct parsed p;

    parse(&p, "--rate 0.5 --clients=7 --pattern=bursts --json --listen=--x --seed -3", false);
    ck_assert_int_eq(p.result, OPT_RUN);
    ck_assert(p.config.rate == 0.5);
    ck_assert_int_eq(p.config.clients, 7);
    ck_assert_int_eq(p.config.pattern, 2);
    ck_assert(p.config.json);
    ck_assert_str_eq(p.config.listen, "--x");
    ck_assert_int_eq(p.config.seed, -3);
    parse(&p, "--clients 7 --clients 8 --listen -", false);
    ck_assert_int_eq(p.config.clients, 8);
    ck_assert_str_eq(p.config.listen, "-");
}
END_TEST

START_TEST(opt_reads_times_in_the_unit_of_their_suffix)
{
    static const struct {
        const char *line;
        int64_t hold_ns, warmup_ns;
    } times[] = {
        {"--hold 250 --warmup 10", 250000000, 10000000000},
        {"--hold 250ms --warmup 500ms", 250000000, 500000000},
        {"--hold 2s --warmup 0", 2000000000, 0},
        {"--hold 5000us --warmup 5ns", 5000000, 5},
        {"--hold 0.5min --warmup 1h", 30000000000, 3600000000000},
        {"--hold 0.5m --warmup 100us", 30000000000, 100000},
    };
    struct parsed p;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        parse(&p, times[i].line, false);
        ck_assert_int_eq(p.result, OPT_RUN);
        ck_assert_int_eq(p.config.hold_ns, times[i].hold_ns);
        ck_assert_int_eq(p.config.warmup_ns, times[i].warmup_ns);
    }
}
END_TEST

START_TEST(opt_keeps_every_text_of_a_list)
{
    static const struct opt lists[] = {
        {.name = "vary", .kind = OPT_LIST, .value_name = "TEXT", .help = "again"}, {.name = NULL}};
    const struct opt_program lister = {.name = "lister", .opts = lists};
    char name[] = "lister", word[] = "--vary", a[] = "a", b[] = "--vary=b";
    char *argv[2 * OPT_LIST_MAX + 4] = {name, word, a, b};
    struct opt_list list = {.n = 0};
    struct err_text e;
    int nargs = 0;

    ck_assert_int_eq(opt_parse(&lister, &list, 4, argv, &nargs, &e), OPT_RUN);
    ck_assert_uint_eq(list.n, 2);
    ck_assert_str_eq(list.text[0], "a");
    ck_assert_str_eq(list.text[1], "b");
    list.n = 0;
    for (int i = 0; i < 2 * OPT_LIST_MAX + 2; i++)
        argv[1 + i] = i % 2 == 0 ? word : a;
    ck_assert_int_eq(opt_parse(&lister, &list, 2 * OPT_LIST_MAX + 3, argv, &nargs, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "--vary: given more than 32 times"));
}
END_TEST

START_TEST(opt_moves_operands_to_the_front)
{
    struct parsed p;

    parse(&p, "a --rate 2 - --json -- --b", true);
    ck_assert_int_eq(p.result, OPT_RUN);
    ck_assert_int_eq(p.nargs, 3);
    ck_assert_str_eq(p.argv[1], "a");
    ck_assert_str_eq(p.argv[2], "-");
    ck_assert_str_eq(p.argv[3], "--b");
    ck_assert(p.config.json);
}
END_TEST

static const struct {
    const char *line, *error;
} errors[] = {
    {"--rate fast", "--rate: 'fast' is not a number; accepted: 0 to 1000000"},
    {"--rate nan", "--rate: 'nan' is not a number; accepted: 0 to 1000000"},
    {"--rate 0x10", "--rate: '0x10' is not a number; accepted: 0 to 1000000"},
    {"--rate 5x", "--rate: '5x' is not a number; accepted: 0 to 1000000"},
    {"--rate=", "--rate: '' is not a number; accepted: 0 to 1000000"},
    {"--rate -1", "--rate: '-1' is out of range; accepted: 0 to 1000000"},
    {"--clients 1.5", "--clients: '1.5' is not a whole number; accepted: 1 to 100000"},
    {"--clients 0", "--clients: '0' is out of range; accepted: 1 to 100000"},
    {"--seed x", "--seed: 'x' is not a whole number"},
    {"--seed 9223372036854775808", "--seed: '9223372036854775808' is out of range"},
    {"--hold soon", "--hold: 'soon' is not a time; accepted: 1 to 60000 ms, or with a unit: 250ms, "
                    "2s, 1m"},
    {"--hold 2d", "--hold: '2d' is not a time; accepted: 1 to 60000 ms, or with a unit: 250ms, 2s, "
                  "1m"},
    {"--hold 2min", "--hold: '2min' is out of range; accepted: 1 to 60000 ms, or with a unit: "
                    "250ms, 2s, 1m"},
    {"--pattern x", "--pattern: 'x' is not valid; accepted: fixed, poisson, bursts"},
    {"--pattern posson", "--pattern: 'posson' is not valid; did you mean poisson? accepted: fixed, "
                         "poisson, bursts"},
    {"--json=1", "--json: takes no value"},
    {"--rate", "--rate: a value is missing; accepted: --rate HZ"},
    {"--rate --json", "--rate: a value is missing; accepted: --rate HZ"},
    {"--rte 5", "--rte: no such option; did you mean --rate? (--help lists them)"},
    {"--rte=5", "--rte: no such option; did you mean --rate? (--help lists them)"},
    {"-rate 5", "-rate: no such option; did you mean --rate? (--help lists them)"},
    {"--frobnicate", "--frobnicate: no such option (--help lists them)"},
    {"--Source", "--Source: no such option (--help lists them)"},
    {"-j", "-j: no such option (--help lists them)"},
    {"word", "'word': pushlab-test takes options only (--help lists them)"},
};

START_TEST(opt_says_which_option_what_was_wrong_and_what_is_accepted)
{
    struct parsed p;

    parse(&p, errors[_i].line, false);
    ck_assert_int_eq(p.result, PL_EINVAL);
    ck_assert_str_eq(p.error.text, errors[_i].error);
}
END_TEST

START_TEST(opt_help_is_two_columns_wrapped_at_80)
{
    static const char wanted[] =
        "Usage: pushlab-test [options]\n"
        "\n"
        "Sentences that are so long that they have to be wrapped at some column, which is\n"
        "the eightieth.\n"
        "\n"
        "Source:\n"
        "  --rate HZ                       updates a second (default 10)\n"
        "  --pattern fixed|poisson|bursts  spacing of the updates (default fixed)\n"
        "\n"
        "Clients:\n"
        "  --listen ADDR:PORT              where to listen; port 0 takes any free port,\n"
        "                                  and the ready line tells which it was (default\n"
        "                                  127.0.0.1:8080)\n"
        "  --clients N                     how many of them, each with a connection of\n"
        "                                  its own (default 50)\n"
        "  --seed N                        of all randomness\n"
        "  --hold MS                       long poll (default 30000)\n"
        "  --warmup S                      before measuring (default 1.5)\n"
        "  --json                          print JSON\n"
        "\n"
        "Help:\n"
        "  --help                          print this text\n"
        "  --version                       print the version\n"
        "\n"
        "A time (MS, S) may be given in another unit: 500us, 250ms, 2s, 1m, 1h.\n"
        "\n"
        "Example:\n"
        "  pushlab-test --json\n";
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    opt_help(&program, out);
    fclose(out);
    ck_assert_str_eq(text, wanted);
    free(text);
}
END_TEST

static void name_libraries(struct opt_library *out)
{
    out[0] = (struct opt_library){"libone", "1.0", "1.0"};
    out[1] = (struct opt_library){"libtwo", "2.0", "2.1"};
    out[2] = (struct opt_library){"libthree", "3.0", NULL};
}

START_TEST(opt_version_names_the_commit_and_each_library)
{
    struct opt_program p = program;
    char *text = NULL, *libraries;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    p.libraries = name_libraries;
    opt_version(&p, out);
    fclose(out);
    ck_assert_ptr_eq(strstr(text, "pushlab-test " PUSHLAB_VERSION " ("), text);
    libraries = strchr(text, '\n');
    ck_assert_int_eq(libraries[-1], ')');
    ck_assert_str_eq(libraries, "\nlibone 1.0\nlibtwo 2.1 (built with 2.0)\nlibthree 3.0\n");
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("opt");
    TCase *tc = tcase_create("opt");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, opt_fills_in_defaults);
    tcase_add_test(tc, opt_reads_values_beside_and_behind_an_equals_sign);
    tcase_add_test(tc, opt_reads_times_in_the_unit_of_their_suffix);
    tcase_add_test(tc, opt_keeps_every_text_of_a_list);
    tcase_add_test(tc, opt_moves_operands_to_the_front);
    tcase_add_loop_test(tc, opt_says_which_option_what_was_wrong_and_what_is_accepted, 0,
                        sizeof errors / sizeof *errors);
    tcase_add_test(tc, opt_version_names_the_commit_and_each_library);
    tcase_add_test(tc, opt_help_is_two_columns_wrapped_at_80);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
