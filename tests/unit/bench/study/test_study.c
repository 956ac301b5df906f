/* Studies are read strictly, and their claims are judged by intervals over repeats. */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/data_find.h"
#include "bench/base/json.h"
#include "bench/study/outcome.h"
#include "bench/study/study.h"

#define HEAD                                                                                       \
    "{\"title\":\"T\",\"citation\":{\"authors\":\"A\",\"title\":\"P\",\"venue\":\"V\","            \
    "\"year\":2001},\"scenarios\":{\"near\":{\"rows\":[{\"transport\":\"sse\"},{\"transport\":"    \
    "\"short-poll\",\"poll\":\"pause\"}]},\"far\":{\"like\":\"near\",\"link\":\"rtt=90ms\"}}"
#define CLAIM(formula, limits)                                                                     \
    "{\"claim\":\"c\",\"published\":\"p\",\"value\":\"" formula "\"," limits "}"
#define STUDY(claims) HEAD ",\"claims\":[" claims "]}"

static struct study study;
static char path[] = "/tmp/pushlab-test-study-XXXXXX";

/* What study_read() says of the text. */
static int read_text(const char *text, struct err_text *e)
{
    FILE *file;
    int fd, rc;

    strcpy(path + strlen(path) - 6, "XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    file = fdopen(fd, "w");
    fputs(text, file);
    fclose(file);
    rc = study_read(&study, path, e);
    unlink(path);
    return rc;
}

static void read_well(const char *text)
{
    struct err_text e = {""};

    ck_assert_msg(read_text(text, &e) == PL_OK, "%s", e.text);
}

/* ---- reading ---- */

START_TEST(a_scenario_that_is_like_another_has_what_it_does_not_say)
{
    struct scenario *s = calloc(1, sizeof *s);
    struct err_text e;

    read_well(STUDY(CLAIM("1", "\"at_least\":0")));
    ck_assert_int_eq(study_scenario(s, &study, json_at(study.json, "scenarios.far"), &e), PL_OK);
    ck_assert_str_eq(s->links.text[0], "rtt=90ms");
    ck_assert_str_eq(s->name, "far");
    ck_assert_uint_eq(s->nrows, 2);
    ck_assert_str_eq(s->rows[1].id, "short-poll+pause");
    scenario_free(s);
    free(s);
    study_free(&study);
}
END_TEST

static const struct {
    const char *text, *message; /* behind the file's name */
} refusals[] = {
    {"[]", "not an object; accepted: title, citation, repeat, scenarios, claims"},
    {"{}", "title: missing; accepted: a text"},
    {STUDY(CLAIM("1", "\"at_most\":\"2\"")),
     "claims[0].at_most: of another type; accepted: a number"},
    {STUDY(CLAIM("1", "\"limit\":2")),
     "claims[0]: unknown key 'limit'; accepted: claim, where, published, value, unit, at_least, "
     "at_most, computed"},
    {STUDY(CLAIM("1", "\"at_most\":2,\"at_most\":2")),
     "claims[0]: given twice: key 'at_most'; accepted: claim, where, published, value, unit, "
     "at_least, at_most, computed"},
    {STUDY(CLAIM("1", "\"unit\":\"ms\"")),
     "claims[0]: no limits; accepted: at_least, at_most or both"},
    {STUDY(CLAIM("1", "\"at_least\":2,\"at_most\":1")),
     "claims[0]: at_least is above at_most; accepted: a range"},
    {STUDY(CLAIM("1 +", "\"at_most\":1")),
     "claims[0].value: '1 +': a number or a [reference] is missing at 4"},
    {STUDY(CLAIM("[far sse]", "\"at_most\":1")),
     "claims[0].value: [far sse]: not a reference; accepted: [SCENARIO ROW METRIC]"},
    {STUDY(CLAIM("[away sse delivered]", "\"at_most\":1")),
     "claims[0].value: [away sse delivered]: no scenario 'away'; accepted: near, far"},
    {STUDY(CLAIM("[far ws delivered]", "\"at_most\":1")),
     "claims[0].value: [far ws delivered]: no row 'ws'; accepted: sse, short-poll+pause"},
    {STUDY(CLAIM("[far sse speed]", "\"at_most\":1")),
     "claims[0].value: [far sse speed]: 'speed' is not a number of a row; accepted: those of "
     "docs/metrics.md, such as latency_us.mean"},
    {HEAD ",\"repeat\":0,\"claims\":[]}", "repeat: out of range; accepted: 1 to 100"},
};

START_TEST(a_study_is_refused_naming_place_and_what_is_accepted)
{
    struct err_text e = {""};
    size_t file = strlen(path) + 2;

    ck_assert_int_eq(read_text(refusals[_i].text, &e), PL_EINVAL);
    ck_assert_mem_eq(e.text, path, strlen(path));
    ck_assert_str_eq(e.text + file, refusals[_i].message);
}
END_TEST

START_TEST(a_scenario_is_refused_in_its_place)
{
    struct err_text e = {""};

    ck_assert_int_eq(read_text("{\"title\":\"T\",\"citation\":{\"authors\":\"A\",\"title\":\"P\","
                               "\"venue\":\"V\",\"year\":1},\"scenarios\":{\"a\":{\"rows\":[]}},"
                               "\"claims\":[]}",
                               &e),
                     PL_EINVAL);
    ck_assert_str_eq(e.text + strlen(path), ": scenarios.a: rows: '[]' is empty; accepted: a list "
                                            "of 1 to 64 objects");
}
END_TEST

/* ---- judging ---- */

static cJSON *repeat(const char *id, double mean_us, const char *disturbed)
{
    cJSON *row = cJSON_CreateObject(), *latency;

    cJSON_AddStringToObject(row, "id", id);
    cJSON_AddNumberToObject(row, "delivered", 10);
    latency = cJSON_AddObjectToObject(row, "latency_us");
    json_add_number(latency, "mean", mean_us);
    cJSON_AddItemToObject(row, "disturbed", cJSON_Parse(disturbed));
    return row;
}

/* near has three good repeats of each row, far one row without repeats. Ratios to sse: 4.9, 5,
 * 5.1. */
static cJSON *runs(void)
{
    const double means_us[] = {49e3, 50e3, 51e3};
    cJSON *o = cJSON_CreateObject(), *near = cJSON_AddObjectToObject(o, "near"),
          *far = cJSON_AddObjectToObject(o, "far"), *repeats, *rows;

    repeats = cJSON_AddArrayToObject(near, "repeats");
    for (int i = 0; i < 3; i++) {
        cJSON_AddItemToArray(repeats, repeat("short-poll+pause", means_us[i], "[]"));
        cJSON_AddItemToArray(repeats, repeat("sse", 10e3, "[]"));
    }
    cJSON_AddItemToArray(repeats, repeat("sse", 999e3, "[\"the server was stopped\"]"));
    rows = cJSON_AddArrayToObject(near, "rows");
    cJSON_AddItemToArray(rows, repeat("short-poll+pause", 50e3, "[]"));
    cJSON_AddItemToArray(rows, repeat("sse", 10e3, "[]"));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(far, "rows"), repeat("sse", 45e3, "[\"x\"]"));
    return o;
}

/* The first claim of the study's outcome. */
static cJSON *judged(const char *text, bool anyway)
{
    cJSON *all = runs(), *outcome;

    read_well(text);
    outcome = outcome_of(&study, all, anyway);
    cJSON_Delete(all);
    study_free(&study);
    return outcome;
}

#define RATIO "[near short-poll+pause latency_us.mean] / [near sse latency_us.mean]"
/* 5 ± t(2) 0.1 / √3 = 5 ± 0.2484 */
#define HALF 0.24841

static const struct {
    const char *text, *verdict, *kind, *why;
    double value;
    bool anyway;
} claims[] = {
    {STUDY(CLAIM(RATIO, "\"at_least\":4.75,\"at_most\":5.25")), "holds", "measured", "", 5, false},
    {STUDY(CLAIM(RATIO, "\"at_least\":4.76")), "can't be told", "measured",
     "the interval reaches over the limit", 5, false},
    {STUDY(CLAIM(RATIO, "\"at_most\":4.75")), "does not hold", "measured", "", 5, false},
    {STUDY(CLAIM(RATIO, "\"at_most\":4.76")), "can't be told", "measured",
     "the interval reaches over the limit", 5, false},
    {STUDY(CLAIM("100000 * 871 * 8", "\"at_least\":696800000,\"at_most\":696800000")), "holds",
     "computed", "", 696.8e6, false},
    {STUDY(CLAIM("2 + 2", "\"at_least\":5")), "does not hold", "computed", "", 4, false},
    {STUDY(CLAIM(RATIO, "\"computed\":true,\"at_least\":1")), "holds", "computed", "", 5, false},
    {STUDY(CLAIM("[far sse latency_us.mean]", "\"at_least\":1")), "can't be told", "measured",
     "far, sse: too many repeats were disturbed", NAN, false},
    {STUDY(CLAIM("[far sse latency_us.mean]", "\"at_least\":1")), "can't be told", "measured",
     "one repeat has no interval", 45e3, true},
    {STUDY(CLAIM("[far short-poll+pause latency_us.mean]", "\"at_least\":1")), "can't be told",
     "measured", "far, short-poll+pause: not measured", NAN, true},
    {STUDY(CLAIM("[near sse requests_per_update]", "\"at_least\":1")), "can't be told", "measured",
     "near, sse: requests_per_update is not known", NAN, false},
};

START_TEST(a_claim_holds_where_its_whole_interval_does)
{
    cJSON *outcome = judged(claims[_i].text, claims[_i].anyway);
    const cJSON *claim = json_at(outcome, "claims")->child;
    double value = json_number(claim, "value");

    ck_assert_str_eq(json_text(claim, "verdict"), claims[_i].verdict);
    ck_assert_str_eq(json_text(claim, "kind"), claims[_i].kind);
    ck_assert_str_eq(json_text(claim, "why"), claims[_i].why);
    if (isnan(claims[_i].value))
        ck_assert(isnan(value));
    else
        ck_assert_double_eq_tol(value, claims[_i].value, 1e-9);
    cJSON_Delete(outcome);
}
END_TEST

/* The disturbed one is left out, as in every summary. */
START_TEST(the_interval_is_that_of_the_repeats)
{
    cJSON *outcome = judged(STUDY(CLAIM(RATIO, "\"at_least\":1")), true);
    const cJSON *claim = json_at(outcome, "claims")->child;

    ck_assert_double_eq_tol(json_number(claim, "ci95.low"), 5 - HALF, 1e-4);
    ck_assert_double_eq_tol(json_number(claim, "ci95.high"), 5 + HALF, 1e-4);
    ck_assert_double_eq(json_number(claim, "repeats"), 3);
    cJSON_Delete(outcome);
}
END_TEST

START_TEST(an_outcome_is_written_for_people)
{
    cJSON *outcome = judged(STUDY(CLAIM(RATIO, "\"at_least\":4,\"unit\":\"times\"")), false);
    struct buf text = {0};
    struct writer w = {.out = &text};

    outcome_put_markdown(&w, outcome);
    ck_assert_ptr_nonnull(strstr(writer_text(&w), "| c | p | at least 4\u00a0times | 5.00 "
                                                  "±0.25\u00a0times | **holds** |\n"));
    text.len = 0;
    outcome_put_text(&w, outcome);
    ck_assert_ptr_nonnull(strstr(writer_text(&w), "\nholds          c\n               published: p;"
                                                  " here: 5.00 ±0.25"));
    ck_assert_ptr_nonnull(strstr(writer_text(&w), "A: P. V, 2001\n"));
    ck_assert_ptr_nonnull(strstr(writer_text(&w), "1 claim holds here, 0 do not, 0 can't be told"));
    buf_free(&text);
    cJSON_Delete(outcome);
}
END_TEST

/* ---- those that come with pushlab ---- */

START_TEST(the_studies_that_come_along_can_be_read)
{
    char folder[1024], file[2048];
    struct err_text e = {""};
    int n = 0;
    const struct dirent *entry;
    DIR *dir;

    ck_assert(data_find(folder, sizeof folder, DATA_STUDIES, ""));
    dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (strstr(entry->d_name, ".json") == NULL)
            continue;
        snprintf(file, sizeof file, "%s/%s", folder, entry->d_name);
        ck_assert_msg(study_read(&study, file, &e) == PL_OK, "%s", e.text);
        study_free(&study);
        n++;
    }
    closedir(dir);
    ck_assert_int_ge(n, 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("study");
    TCase *tc = tcase_create("study");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, a_scenario_that_is_like_another_has_what_it_does_not_say);
    tcase_add_loop_test(tc, a_study_is_refused_naming_place_and_what_is_accepted, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tc, a_scenario_is_refused_in_its_place);
    tcase_add_loop_test(tc, a_claim_holds_where_its_whole_interval_does, 0,
                        sizeof claims / sizeof *claims);
    tcase_add_test(tc, the_interval_is_that_of_the_repeats);
    tcase_add_test(tc, an_outcome_is_written_for_people);
    tcase_add_test(tc, the_studies_that_come_along_can_be_read);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
