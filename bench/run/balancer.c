#include "bench/run/balancer.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/file.h"

enum { TEMPLATE_MAX_BYTES = 1 << 20, WORD_MAX_BYTES = 33 };

#define NGINX_MODULES "/usr/lib/nginx/modules"

const struct balancer_kind *balancer_kind(int kind)
{
    static const struct balancer_kind kinds[] = {
        [BALANCER_NONE] = {HOSTS_PAIR, 0, NULL, NULL},
        [BALANCER_DIRECT] = {HOSTS_PAIR, 0, NULL, NULL},
        [BALANCER_DNS] = {HOSTS_FANNED, 0, NULL, NULL},
        [BALANCER_HAPROXY_TCP] = {HOSTS_BALANCED, 4, "haproxy", "haproxy-tcp.cfg"},
        [BALANCER_NGINX_STREAM] = {HOSTS_BALANCED, 4, "nginx", "nginx-stream.conf"},
        [BALANCER_HAPROXY_HTTP] = {HOSTS_BALANCED, 7, "haproxy", "haproxy-http.cfg"},
        [BALANCER_NGINX_HTTP] = {HOSTS_BALANCED, 7, "nginx", "nginx-http.conf"},
    };

    return &kinds[kind];
}

/* ---- the template ---- */

/* The length of the word that begins here, @CAPITALS1@, or 0. */
static size_t word_at(const char *text)
{
    size_t len = 1;

    while (isupper((unsigned char)text[len]) || isdigit((unsigned char)text[len]))
        len++;
    return text[len] == '@' && len > 1 && len + 1 < WORD_MAX_BYTES ? len + 1 : 0;
}

/* What stands for the word of len bytes; NULL when nothing does. */
static const char *meaning(const char *word, size_t len, const struct balancer_words *w)
{
    const struct {
        const char *name, *text;
    } words[] = {
        {"@LISTEN@", w->listen},
        {"@SERVER1@", w->nservers > 0 ? w->servers[0] : NULL},
        {"@SERVER2@", w->nservers > 1 ? w->servers[1] : NULL},
        {"@FOLDER@", w->folder},
        {"@MODULES@", NGINX_MODULES},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].name) == len && strncmp(words[i].name, word, len) == 0)
            return words[i].text;
    return NULL;
}

static int put_word(struct buf *out, const char *word, size_t len, const struct balancer_words *w,
                    struct err_text *e)
{
    const char *text = meaning(word, len, w);

    if (text != NULL)
        return buf_add(out, text, strlen(text));
    return err_set(e, PL_EINVAL,
                   "%.*s means nothing with %zu server%s; accepted: @LISTEN@, @SERVER1@, "
                   "@SERVER2@, @FOLDER@, @MODULES@",
                   (int)len, word, w->nservers, w->nservers == 1 ? "" : "s");
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

static bool is_haproxy(const struct balancer_kind *kind)
{
    return strcmp(kind->program, "haproxy") == 0;
}

int balancer_reload_signal(const struct balancer_kind *kind)
{
    return is_haproxy(kind) ? SIGUSR2 : SIGHUP;
}

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

int balancer_start(struct service *s, struct supervisor *sup, const struct balancer_kind *kind,
                   const char *config_path, const struct balancer_words *w,
                   const struct child_place *place, uint16_t port, struct err_text *e)
{
    struct balancer_words words = *w;
    char config[PATH_MAX + 16];
    /* In the foreground, and with nothing of the machine's own configuration. Only a master process
     * reloads, into another worker. */
    char *haproxy[] = {s->program, w->reloads ? "-W" : "-db", "-db", "-q", "-f", config, NULL};
    /* In a user namespace, root is the only user that nginx can run as. */
    char *nginx[] = {s->program, "-c",     config, "-p",         s->folder,
                     "-e",       "stderr", "-g",   "user root;", NULL};
    int rc = service_prepare(s, kind->program, "-v", e);

    if (rc < 0)
        return rc;
    words.folder = s->folder;
    snprintf(config, sizeof config, "%s/config", s->folder);
    rc = write_config(config, config_path, &words, e);
    if (rc < 0)
        return rc;
    return service_start(s, sup, is_haproxy(kind) ? haproxy : nginx, place, port, e);
}
