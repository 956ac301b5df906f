#include "balancer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "proc_others.h"

enum {
    READY_S = 10,
    STOP_S = 3,
    POLL_MS = 5,
    TEMPLATE_MAX_BYTES = 1 << 20,
    WORD_BYTES = 32,
    ARGS_MAX = 10,
};

#define NGINX_MODULES "/usr/lib/nginx/modules"

const struct balancer_kind *balancer_kind(int kind)
{
    static const struct balancer_kind kinds[] = {
        [BALANCER_NONE] = {"none", HOSTS_PAIR, 0, NULL, NULL},
        [BALANCER_DIRECT] = {"direct", HOSTS_PAIR, 0, NULL, NULL},
        [BALANCER_DNS] = {"dns", HOSTS_FANNED, 0, NULL, NULL},
        [BALANCER_HAPROXY_TCP] = {"haproxy-tcp", HOSTS_BALANCED, 4, "haproxy", "haproxy-tcp.cfg"},
        [BALANCER_NGINX_STREAM] = {"nginx-stream", HOSTS_BALANCED, 4, "nginx", "nginx-stream.conf"},
        [BALANCER_HAPROXY_HTTP] = {"haproxy-http", HOSTS_BALANCED, 7, "haproxy",
                                   "haproxy-http.cfg"},
        [BALANCER_NGINX_HTTP] = {"nginx-http", HOSTS_BALANCED, 7, "nginx", "nginx-http.conf"},
    };

    return &kinds[kind];
}

/* ---- the template ---- */

/* The word of len bytes that begins and ends with '@', or 0: capitals and digits in between. */
static size_t word_at(const char *text)
{
    size_t len = 1;

    while (isupper((unsigned char)text[len]) || isdigit((unsigned char)text[len]))
        len++;
    return text[len] == '@' && len > 1 && len < WORD_BYTES ? len + 1 : 0;
}

static const char *meaning(const char *word, const struct balancer_words *w)
{
    if (strcmp(word, "@LISTEN@") == 0)
        return w->listen;
    if (strcmp(word, "@FOLDER@") == 0)
        return w->folder;
    if (strcmp(word, "@MODULES@") == 0)
        return NGINX_MODULES;
    if (strcmp(word, "@SERVER1@") == 0 && w->nservers > 0)
        return w->servers[0];
    if (strcmp(word, "@SERVER2@") == 0 && w->nservers > 1)
        return w->servers[1];
    return NULL;
}

static int put_word(struct buf *out, const char *text, size_t len, const struct balancer_words *w,
                    struct err_text *e)
{
    char word[WORD_BYTES + 1];
    const char *what;

    snprintf(word, sizeof word, "%.*s", (int)len, text);
    what = meaning(word, w);
    if (what != NULL)
        return buf_add(out, what, strlen(what));
    return err_set(e, LAB_EINVAL,
                   "%s means nothing with %zu server%s; accepted: @LISTEN@, @SERVER1@, @SERVER2@, "
                   "@FOLDER@, @MODULES@",
                   word, w->nservers, w->nservers == 1 ? "" : "s");
}

int balancer_fill(struct buf *out, const char *template, const struct balancer_words *w,
                  struct err_text *e)
{
    int rc = LAB_OK;

    while (rc == LAB_OK && *template != '\0') {
        size_t plain = strcspn(template, "@"), len;

        rc = buf_add(out, template, plain);
        template += plain;
        if (rc < 0 || *template == '\0')
            break;
        len = word_at(template);
        rc = len > 0 ? put_word(out, template, len, w, e) : buf_add(out, "@", 1);
        template += len > 0 ? len : 1;
    }
    return rc;
}

/* ---- its folder ---- */

static int make_folder(struct balancer *b, struct err_text *e)
{
    const char *base = getenv("TMPDIR");

    snprintf(b->folder, sizeof b->folder, "%s/pushlab-balancer-XXXXXX",
             base != NULL && base[0] != '\0' ? base : "/tmp");
    if (mkdtemp(b->folder) != NULL)
        return LAB_OK;
    err_set(e, LAB_ESYS, "%.200s: %s", b->folder, strerror(errno));
    b->folder[0] = '\0';
    return LAB_ESYS;
}

static int write_config(const char *path, const char *template_path, const struct balancer_words *w,
                        struct err_text *e)
{
    struct buf template = {0}, text = {0};
    struct err_text why = {""};
    int rc = file_read(&template, template_path, TEMPLATE_MAX_BYTES, e);

    if (rc == LAB_OK) {
        rc = balancer_fill(&text, (const char *)template.data, w, &why);
        if (rc < 0)
            err_set(e, rc, "%.200s: %s", template_path,
                    why.text[0] != '\0' ? why.text : lab_strerror(rc));
    }
    if (rc == LAB_OK)
        rc = file_write(path, (const char *)text.data, text.len, e);
    buf_free(&template);
    buf_free(&text);
    return rc;
}

/* ---- the program ---- */

/* Balancers live where only root looks for programs. */
static void find_program(char out[PATH_MAX], const char *name)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/local/sbin", "/usr/bin"};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(out, PATH_MAX, "%s/%s", folders[i], name);
        if (access(out, X_OK) == 0)
            return;
    }
    snprintf(out, PATH_MAX, "%s", name);
}

/* The first line of `haproxy -v` and `nginx -v`; on the second's standard error. */
static void ask_version(struct balancer *b, const char *program)
{
    char command[PATH_MAX + 16], *end;
    FILE *f;

    snprintf(command, sizeof command, "'%s' -v 2>&1", program);
    f = popen(command, "re");
    if (f == NULL || fgets(b->version, sizeof b->version, f) == NULL)
        b->version[0] = '\0';
    if (f != NULL)
        pclose(f);
    end = strpbrk(b->version, "\r\n");
    if (end != NULL)
        *end = '\0';
}

static int complain(struct balancer *b, const char *what, struct err_text *e)
{
    char end[300];

    if (b->child.ended)
        child_describe(&b->child, end, sizeof end);
    else
        snprintf(end, sizeof end, "%s", what);
    return err_set(e, LAB_ESYS, "%s %.280s", b->child.name, end);
}

static int await_listening(struct balancer *b, struct nursery *n, uint16_t port, struct err_text *e)
{
    int64_t deadline_ns = clock_now_ns() + READY_S * NS_PER_S;

    while (!proc_listens(b->child.pid, port)) {
        nursery_wait(n, clock_now_ns() + POLL_MS * NS_PER_MS);
        if (b->child.ended || n->interrupts > 0 || clock_now_ns() > deadline_ns)
            return complain(b, "does not listen after 10 s", e);
    }
    return LAB_OK;
}

static int spawn(struct balancer *b, struct nursery *n, const struct balancer_kind *kind,
                 char *program, char *config, const struct child_place *place, struct err_text *e)
{
    /* In the foreground, and with nothing of the machine's own configuration. */
    char *haproxy[ARGS_MAX] = {program, "-db", "-q", "-f", config, NULL};
    char *nginx[ARGS_MAX] = {program, "-c", config, "-p", b->folder, "-e", "stderr", NULL};
    char **argv = strcmp(kind->program, "haproxy") == 0 ? haproxy : nginx;

    return nursery_spawn_in(n, &b->child, kind->program, argv, CHILD_READ_OUT | CHILD_READ_ERR,
                            place, e);
}

int balancer_start(struct balancer *b, struct nursery *n, const struct balancer_kind *kind,
                   const char *config_path, const struct balancer_words *w,
                   const struct child_place *place, uint16_t port, struct err_text *e)
{
    struct balancer_words words = *w;
    char program[PATH_MAX], config[PATH_MAX + 16];
    int rc = make_folder(b, e);

    if (rc < 0)
        return rc;
    words.folder = b->folder;
    snprintf(config, sizeof config, "%s/config", b->folder);
    rc = write_config(config, config_path, &words, e);
    if (rc < 0)
        return rc;
    find_program(program, kind->program);
    ask_version(b, program);
    rc = spawn(b, n, kind, program, config, place, e);
    return rc < 0 ? rc : await_listening(b, n, port, e);
}

int64_t balancer_cpu_ns(const struct balancer *b)
{
    return b->child.pid > 0 && !b->child.ended ? proc_group_cpu_ns(b->child.pid) : 0;
}

void balancer_stop(struct balancer *b, struct nursery *n)
{
    nursery_stop(n, &b->child, STOP_S * NS_PER_S);
    child_free(n, &b->child);
    if (b->folder[0] != '\0')
        file_remove_folder(b->folder);
    b->folder[0] = '\0';
}
