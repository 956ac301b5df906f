/* Which runs `pushlab advise` is to read: those named, or the newest of a scenario. */
#include "bench/advise/advise_book.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/json.h"
#include "bench/result/run_file.h"
#include "bench/scenario/scenario.h"

/* ---- runs that are there ---- */

static bool is_run(const char *word, char file[PATH_MAX])
{
    struct stat st;
    int len;

    if (stat(word, &st) < 0)
        return false;
    len = snprintf(file, PATH_MAX, S_ISDIR(st.st_mode) ? "%s/run.json" : "%s", word);
    for (char *at; (at = strstr(file, "//")) != NULL;)
        memmove(at, at + 1, strlen(at));
    return len < PATH_MAX && access(file, F_OK) == 0;
}

static int add_file(struct advise_book *b, const char *file, struct err_text *e)
{
    cJSON *run;
    int rc = run_file_read(&run, file, e);

    if (rc < 0)
        return rc;
    rc = advise_book_add(b, run, file);
    return rc < 0 ? err_set(e, rc, "%s", pl_strerror(rc)) : PL_OK;
}

/* ---- the newest of a scenario ---- */

/* The same scenario, unchanged since, over that link. */
static bool is_of(const cJSON *run, const struct scenario *s, const char *link)
{
    return json_true(run, "complete") && strcmp(json_text(run, "scenario.name"), s->name) == 0 &&
           strcmp(json_text(run, "scenario.link"), link) == 0 &&
           cJSON_Compare(json_at(run, "scenario_file.supplied"), s->supplied, true);
}

/* The path of the newest such run.json, or "" when there is none. */
static void find_newest(char newest[PATH_MAX], const char *results, const struct scenario *s,
                        const char *link)
{
    char when[64] = "", file[PATH_MAX];
    DIR *dir = opendir(results);
    struct dirent *d;

    newest[0] = '\0';
    while (dir != NULL && (d = readdir(dir)) != NULL) {
        cJSON *run;

        if (d->d_name[0] == '.' || strcmp(d->d_name, "latest") == 0 ||
            snprintf(file, sizeof file, "%s/%s/run.json", results, d->d_name) >= PATH_MAX ||
            access(file, R_OK) < 0 || run_file_read(&run, file, NULL) < 0)
            continue;
        if (is_of(run, s, link) && strcmp(json_text(run, "started"), when) > 0) {
            snprintf(when, sizeof when, "%s", json_text(run, "started"));
            snprintf(newest, PATH_MAX, "%s", file);
        }
        cJSON_Delete(run);
    }
    if (dir != NULL)
        closedir(dir);
}

/* Runs `pushlab run` in a process of its own, as a run does not leave its network namespace. Its
 * table goes to stderr. */
static int run_now(const char *path, const char *results, const char *link, struct err_text *e)
{
    pid_t pid;
    int status;

    fprintf(stderr, "pushlab: no complete run of %s over %s below %s: running it now\n", path, link,
            results);
    pid = fork();
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execl("/proc/self/exe", "pushlab", "run", path, "--link", link, "--out", results,
              (char *)NULL);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            pid = -1;
    if (pid < 0)
        return err_set(e, PL_ESYS, "run %.200s: %s", path, strerror(errno));
    return PL_OK; /* find_newest() sees what came of it */
}

static int add_link(struct advise_book *b, const struct scenario *s, const char *path,
                    const char *link, const char *results, struct err_text *e)
{
    char file[PATH_MAX];
    int rc = PL_OK;

    find_newest(file, results, s, link);
    if (file[0] == '\0') {
        rc = run_now(path, results, link, e);
        find_newest(file, results, s, link);
    }
    if (rc == PL_OK && file[0] == '\0')
        rc = err_set(e, PL_EPROTO, "%.200s over %.60s: there is no complete run of it", path, link);
    return rc < 0 ? rc : add_file(b, file, e);
}

static int add_scenario(struct advise_book *b, const char *word, const char *results,
                        struct err_text *e)
{
    struct scenario *s = calloc(1, sizeof *s);
    char path[PATH_MAX];
    int rc;

    if (s == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    scenario_find(path, sizeof path, word);
    rc = scenario_load(s, path, e);
    if (rc == PL_OK) {
        for (size_t i = 0; rc == PL_OK && i < s->links.n; i++)
            rc = add_link(b, s, path, s->links.text[i], results, e);
        scenario_free(s);
    }
    free(s);
    return rc;
}

/* A run.json has rows; a scenario has them too, but no schema. */
static bool is_scenario(const char *file)
{
    cJSON *json;
    bool scenario;

    if (json_read_file(&json, file, 64 << 20, NULL) < 0)
        return false;
    scenario = cJSON_IsObject(json) && json_at(json, "schema") == NULL;
    cJSON_Delete(json);
    return scenario;
}

int advise_book_find(struct advise_book *b, const char *word, const char *results,
                     struct err_text *e)
{
    char file[PATH_MAX];

    if (is_run(word, file) && !is_scenario(file))
        return add_file(b, file, e);
    return add_scenario(b, word, results, e);
}
