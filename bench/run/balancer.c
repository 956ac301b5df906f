#include "bench/run/balancer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/file.h"

enum { TEMPLATE_MAX_BYTES = 1 << 20, WORD_BYTES = 32, ARGS_MAX = 10 };

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
    return err_set(e, PL_EINVAL,
                   "%s means nothing with %zu server%s; accepted: @LISTEN@, @SERVER1@, @SERVER2@, "
                   "@FOLDER@, @MODULES@",
                   word, w->nservers, w->nservers == 1 ? "" : "s");
}

int balancer_fill(struct buf *out, const char *template, const struct balancer_words *w,
                  struct err_text *e)
{
    int rc = PL_OK;

    while (rc == PL_OK && *template != '\0') {
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

/* ---- the program ---- */

static int write_config(const char *path, const char *template_path, const struct balancer_words *w,
                        struct err_text *e)
{
    struct buf template = {0}, text = {0};
    struct err_text why = {""};
    int rc = file_read(&template, template_path, TEMPLATE_MAX_BYTES, e);

    if (rc == PL_OK) {
        rc = balancer_fill(&text, (const char *)template.data, w, &why);
        if (rc < 0)
            err_set(e, rc, "%.200s: %s", template_path,
                    why.text[0] != '\0' ? why.text : pl_strerror(rc));
    }
    if (rc == PL_OK)
        rc = file_write(path, (const char *)text.data, text.len, e);
    buf_free(&template);
    buf_free(&text);
    return rc;
}

static int spawn(struct service *s, struct supervisor *sup, const struct balancer_kind *kind,
                 char *config, const struct child_place *place, uint16_t port, struct err_text *e)
{
    /* In the foreground, and with nothing of the machine's own configuration. */
    char *haproxy[ARGS_MAX] = {s->program, "-db", "-q", "-f", config, NULL};
    /* A user namespace has no user but root to become, nor to give a folder to. */
    char *nginx[ARGS_MAX] = {s->program, "-c",     config, "-p",         s->folder,
                             "-e",       "stderr", "-g",   "user root;", NULL};
    char **argv = strcmp(kind->program, "haproxy") == 0 ? haproxy : nginx;

    return service_start(s, sup, argv, place, port, e);
}

int balancer_start(struct service *s, struct supervisor *sup, const struct balancer_kind *kind,
                   const char *config_path, const struct balancer_words *w,
                   const struct child_place *place, uint16_t port, struct err_text *e)
{
    struct balancer_words words = *w;
    char config[PATH_MAX + 16];
    int rc = service_prepare(s, kind->program, "-v", e);

    if (rc < 0)
        return rc;
    words.folder = s->folder;
    snprintf(config, sizeof config, "%s/config", s->folder);
    rc = write_config(config, config_path, &words, e);
    return rc < 0 ? rc : spawn(s, sup, kind, config, place, port, e);
}
