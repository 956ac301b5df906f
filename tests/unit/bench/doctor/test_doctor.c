/* bench/doctor/doctor*.c: from facts to findings and what to type */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/doctor/doctor.h"
#include "bench/doctor/doctor_write.h"
#include "bench/base/json.h"

/* What was found of the program that is judged by that check. */
static struct doctor_program *tool(struct doctor_facts *f, const char *check)
{
    size_t i = 0;

    while (doctor_tools[i].check.name != NULL && strcmp(doctor_tools[i].check.name, check) != 0)
        i++;
    ck_assert_ptr_nonnull(doctor_tools[i].check.name);
    ck_assert_uint_lt(i, DOCTOR_TOOLS_MAX);
    return &f->tools[i];
}

/* A machine with nothing to be wished for. */
static struct doctor_facts healthy(void)
{
    struct doctor_facts f = {.has_apt = true,
                             .namespaces_by_user = true,
                             .limits = {.unprivileged_userns = 1,
                                        .max_user_namespaces = 1000,
                                        .max_net_namespaces = 1000,
                                        .apparmor_userns = -1},
                             .files_soft = 1024,
                             .files_allowed = 65536,
                             .port_low = 32768,
                             .port_high = 60999,
                             .cores = 4,
                             .quota = INFINITY,
                             .load = 0.1,
                             .waited = 0.01,
                             .clock_source = "tsc",
                             .clock_step_ns = 1,
                             .clock_read_ns = 25,
                             .results = "results",
                             .free_bytes = INT64_C(80) << 30};

    for (size_t i = 0; i < DOCTOR_TOOLS_MAX; i++)
        strcpy(f.tools[i].path, "/usr/bin/tool");
    strcpy(tool(&f, "gnuplot")->version, "gnuplot 5.4 patchlevel 6");
    strcpy(f.own[DOCTOR_SERVER].path, "/bin/pushlab-server");
    strcpy(f.own[DOCTOR_SERVER].version, "pushlab-server " PUSHLAB_VERSION);
    strcpy(f.own[DOCTOR_CLIENT].path, "/bin/pushlab-client");
    strcpy(f.own[DOCTOR_CLIENT].version, "pushlab-client " PUSHLAB_VERSION);
    return f;
}

static struct doctor_finding finding_of(const char *name, const struct doctor_facts *f)
{
    struct doctor_finding finding = {0};

    for (size_t i = 0; doctor_examine(i, f, &finding); i++)
        if (strcmp(finding.check->name, name) == 0)
            return finding;
    ck_abort_msg("no check is called %s", name);
    return finding;
}

/* ---- one thing wrong at a time ---- */

static void refuse_by_sysctl(struct doctor_facts *f)
{
    f->namespaces_errno = EPERM;
    f->limits.unprivileged_userns = 0;
}
static void refuse_by_count(struct doctor_facts *f)
{
    f->namespaces_errno = ENOSPC;
    f->limits.max_user_namespaces = 0;
}
static void refuse_net_by_count(struct doctor_facts *f)
{
    f->is_root = true;
    f->namespaces_errno = ENOSPC;
    f->limits.max_net_namespaces = 0;
}
static void refuse_by_apparmor(struct doctor_facts *f)
{
    f->namespaces_errno = EPERM;
    f->limits.apparmor_userns = 1;
}
static void refuse_without_reason(struct doctor_facts *f)
{
    f->namespaces_errno = EPERM;
}
static void lack_tun(struct doctor_facts *f)
{
    f->link_errno = ENOENT;
}
static void forbid_tun(struct doctor_facts *f)
{
    f->link_errno = EACCES;
}
static void limit_files(struct doctor_facts *f)
{
    f->files_allowed = 512;
}
static void limit_files_hard(struct doctor_facts *f)
{
    f->files_allowed = 100;
}
static void fill_disk(struct doctor_facts *f)
{
    f->free_bytes = 1 << 20;
}
static void fill_most_of_the_disk(struct doctor_facts *f)
{
    f->free_bytes = 100 << 20;
}
static void forbid_results(struct doctor_facts *f)
{
    f->results_errno = EACCES;
}
static void take_cores(struct doctor_facts *f)
{
    f->cores = 1;
}
static void set_quota(struct doctor_facts *f)
{
    f->quota = 0.2;
}
static void make_wait(struct doctor_facts *f)
{
    f->waited = 0.35;
}
static void save_power(struct doctor_facts *f)
{
    strcpy(f->governor, "powersave");
}
static void slow_clock(struct doctor_facts *f)
{
    strcpy(f->clock_source, "acpi_pm");
    f->clock_read_ns = 1500;
}
static void coarse_clock(struct doctor_facts *f)
{
    f->clock_step_ns = 4000000;
}
static void be_busy(struct doctor_facts *f)
{
    f->load = 2.5;
}
static void take_port(struct doctor_facts *f)
{
    f->port_errno = EADDRINUSE;
}
static void take_ports(struct doctor_facts *f)
{
    f->port_low = 60000;
}
static void hide_ports(struct doctor_facts *f)
{
    f->port_low = f->port_high = -1;
}
static void remove_gnuplot(struct doctor_facts *f)
{
    tool(f, "gnuplot")->path[0] = '\0';
}
static void remove_gnuplot_as_root(struct doctor_facts *f)
{
    f->is_root = true;
    tool(f, "gnuplot")->path[0] = '\0';
}
static void remove_gnuplot_elsewhere(struct doctor_facts *f)
{
    f->has_apt = false;
    tool(f, "gnuplot")->path[0] = '\0';
}
static void age_gnuplot(struct doctor_facts *f)
{
    strcpy(tool(f, "gnuplot")->version, "gnuplot 4.6 patchlevel 7");
}
static void remove_server(struct doctor_facts *f)
{
    f->own[DOCTOR_SERVER] = (struct doctor_program){.path = ""};
}
static void age_client(struct doctor_facts *f)
{
    strcpy(f->own[DOCTOR_CLIENT].version, "pushlab-client 0.0.9");
}
static void remove_stream(struct doctor_facts *f)
{
    tool(f, "nginx-stream")->unproven = true;
}
static void remove_browsers(struct doctor_facts *f)
{
    tool(f, "browser")->path[0] = '\0';
}
static void remove_websockets(struct doctor_facts *f)
{
    tool(f, "python")->unproven = true;
}
static void remove_peers(struct doctor_facts *f)
{
    tool(f, "node")->unproven = true;
}

static const struct {
    void (*spoil)(struct doctor_facts *);
    const char *check;
    enum doctor_verdict verdict;
    const char *fix; /* in its fix */
} cases[] = {
    {refuse_by_sysctl, "namespaces", DOCTOR_MISSING,
     "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
    {refuse_by_count, "namespaces", DOCTOR_MISSING,
     "sudo sysctl -w user.max_user_namespaces=10000"},
    {refuse_net_by_count, "namespaces", DOCTOR_MISSING, "sysctl -w user.max_net_namespaces=10000"},
    {refuse_by_apparmor, "namespaces", DOCTOR_MISSING,
     "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
    {refuse_without_reason, "namespaces", DOCTOR_MISSING, "run as root"},
    {refuse_without_reason, "tun", DOCTOR_MISSING, "namespaces first"},
    {lack_tun, "tun", DOCTOR_MISSING, "sudo modprobe tun"},
    {forbid_tun, "tun", DOCTOR_MISSING, "sudo chmod 0666 /dev/net/tun"},
    {limit_files, "files", DOCTOR_WARN, "hard nofile 65536"},
    {limit_files_hard, "files", DOCTOR_MISSING, "hard nofile 65536"},
    {fill_disk, "results", DOCTOR_MISSING, "remove old runs"},
    {fill_most_of_the_disk, "results", DOCTOR_WARN, "remove old runs"},
    {forbid_results, "results", DOCTOR_MISSING, "--out FOLDER"},
    {take_cores, "cores", DOCTOR_WARN, "two cores"},
    {set_quota, "cores", DOCTOR_WARN, "CPUQuota=200%"},
    {save_power, "cores", DOCTOR_WARN, "echo performance | sudo tee"},
    {slow_clock, "clock", DOCTOR_WARN, "available_clocksource"},
    {coarse_clock, "clock", DOCTOR_WARN, "high-resolution timers"},
    {be_busy, "load", DOCTOR_WARN, "top"},
    {make_wait, "load", DOCTOR_WARN, "top"},
    {take_port, "port", DOCTOR_WARN, "ss -ltnp 'sport = :8080'"},
    {take_ports, "ports", DOCTOR_WARN, "sysctl -w net.ipv4.ip_local_port_range='10240 65535'"},
    {hide_ports, "ports", DOCTOR_WARN, "/proc"},
    {remove_gnuplot, "gnuplot", DOCTOR_MISSING,
     "sudo apt-get install --no-install-recommends gnuplot-nox"},
    {remove_gnuplot_as_root, "gnuplot", DOCTOR_MISSING, "apt-get install"},
    {remove_gnuplot_elsewhere, "gnuplot", DOCTOR_MISSING,
     "install these packages (Debian's names): gnuplot-nox"},
    {age_gnuplot, "gnuplot", DOCTOR_WARN, "gnuplot 5.2 or newer"},
    {remove_server, "programs", DOCTOR_MISSING, "make"},
    {age_client, "programs", DOCTOR_MISSING, "PUSHLAB_CLIENT"},
    {remove_stream, "nginx-stream", DOCTOR_MISSING, "libnginx-mod-stream"},
    {remove_browsers, "browser", DOCTOR_WARN, "firefox-esr"},
    {remove_websockets, "python", DOCTOR_MISSING, "python3-websockets"},
    {remove_peers, "node", DOCTOR_WARN, "make npm-peers"},
};

START_TEST(doctor_says_what_is_wrong_and_what_to_type)
{
    struct doctor_facts f = healthy();
    struct doctor_finding finding;

    ck_assert_int_eq(finding_of(cases[_i].check, &f).verdict, DOCTOR_OK);
    cases[_i].spoil(&f);
    finding = finding_of(cases[_i].check, &f);
    ck_assert_str_eq(doctor_verdict_words[finding.verdict],
                     doctor_verdict_words[cases[_i].verdict]);
    ck_assert_msg(strstr(finding.fix, cases[_i].fix) != NULL, "%s", finding.fix);
    ck_assert(!f.is_root || strstr(finding.fix, "sudo ") == NULL);
    ck_assert_uint_lt(strlen(finding.fix), DOCTOR_TEXT_CHARS - 1); /* not cut off */
}
END_TEST

START_TEST(doctor_is_content_with_a_healthy_machine)
{
    struct doctor_facts f = healthy();
    struct doctor_finding finding;

    for (size_t i = 0; doctor_examine(i, &f, &finding); i++) {
        ck_assert_msg(finding.verdict == DOCTOR_OK, "%s: %s", finding.check->name, finding.found);
        ck_assert_msg(finding.found[0] != '\0', "%s", finding.check->name);
        ck_assert_str_eq(finding.fix, "");
    }
    ck_assert(doctor_is_fit(&f));
}
END_TEST

START_TEST(doctor_does_not_know_the_load_of_a_machine_that_hides_it)
{
    struct doctor_facts f = healthy();

    f.load = NAN;
    ck_assert_int_eq(finding_of("load", &f).verdict, DOCTOR_OK);
}
END_TEST

/* Warnings, and what only other things need, leave `make bench` as it is. */
START_TEST(only_what_make_bench_lacks_makes_a_machine_unfit)
{
    struct doctor_facts f = healthy();

    take_cores(&f);
    be_busy(&f);
    take_port(&f);
    remove_stream(&f);
    for (size_t i = 0; doctor_tools[i].check.name != NULL; i++)
        if (!doctor_tools[i].check.main_job)
            f.tools[i].path[0] = '\0';
    ck_assert(doctor_is_fit(&f));
    remove_gnuplot(&f);
    ck_assert(!doctor_is_fit(&f));
}
END_TEST

START_TEST(doctor_shortens_what_programs_say_of_themselves)
{
    struct doctor_facts f = healthy();

    strcpy(tool(&f, "redis")->version, "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc");
    ck_assert_str_eq(finding_of("redis", &f).found, "Redis server v=7.0.15");
    strcpy(tool(&f, "redis")->version, "some redis");
    ck_assert_str_eq(finding_of("redis", &f).found, "some redis");
}
END_TEST

START_TEST(doctor_says_the_same_as_text_and_as_json)
{
    struct doctor_facts f = healthy();
    struct buf text = {0};
    struct doctor_finding finding;
    const cJSON *check;
    cJSON *json;
    size_t n = 0;

    remove_gnuplot(&f);
    json = doctor_write_json(&f);
    ck_assert_int_eq(doctor_write_text(&text, &f, false), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    ck_assert(cJSON_IsFalse(json_at(json, "fit")));
    cJSON_ArrayForEach(check, json_at(json, "checks"))
    {
        char line[600];

        snprintf(line, sizeof line, "  %-8s %-13s %s: %s\n", json_text(check, "verdict"),
                 json_text(check, "name"), json_text(check, "purpose"), json_text(check, "found"));
        ck_assert_msg(strstr((char *)text.data, line) != NULL, "%s", line);
        ck_assert_int_eq(cJSON_IsNull(json_at(check, "fix")),
                         strcmp(json_text(check, "verdict"), "ok") == 0);
        n++;
    }
    ck_assert(!doctor_examine(n, &f, &finding));
    ck_assert_ptr_nonnull(strstr((char *)text.data, " fix: sudo apt-get install"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "\nmake bench is missing: gnuplot.\n"));
    cJSON_Delete(json);
    buf_free(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doctor");
    TCase *tc = tcase_create("doctor");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, doctor_says_what_is_wrong_and_what_to_type, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_test(tc, doctor_is_content_with_a_healthy_machine);
    tcase_add_test(tc, doctor_does_not_know_the_load_of_a_machine_that_hides_it);
    tcase_add_test(tc, only_what_make_bench_lacks_makes_a_machine_unfit);
    tcase_add_test(tc, doctor_shortens_what_programs_say_of_themselves);
    tcase_add_test(tc, doctor_says_the_same_as_text_and_as_json);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
