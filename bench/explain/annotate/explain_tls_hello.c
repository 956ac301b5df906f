#include "bench/explain/annotate/explain_tls_hello.h"

#include <stdio.h>
#include <string.h>

#include "bench/explain/annotate/explain_tls_words.h"

enum { LIST_CHARS = 100 };

bool explain_tls_1_3(const struct explain_connection *c)
{
    return c->tls_version == 0 ? c->tls_1_3_offered : c->tls_version == EXPLAIN_TLS_1_3;
}

/* ---- reading ---- */

static unsigned take(struct explain_reader *r, size_t bytes)
{
    unsigned value = 0;

    if ((size_t)(r->end - r->at) < bytes) {
        r->short_of = true;
        r->at = r->end;
        return 0;
    }
    for (; bytes > 0; bytes--)
        value = value << 8 | *r->at++;
    return value;
}

/* The next `bytes` bytes as a reader of their own. */
static struct explain_reader take_part(struct explain_reader *r, size_t bytes)
{
    struct explain_reader part = {r->at, r->at, false};

    if ((size_t)(r->end - r->at) < bytes) {
        r->short_of = part.short_of = true;
        r->at = r->end;
        return part;
    }
    part.end = r->at += bytes;
    return part;
}

/* ---- hellos ---- */

static bool names_1_3(struct explain_reader versions, bool up)
{
    if (up)
        take(&versions, 1);
    while (versions.end - versions.at >= 2)
        if (take(&versions, 2) == EXPLAIN_TLS_1_3)
            return true;
    return false;
}

static bool find_1_3(struct explain_reader extensions, bool up)
{
    while (extensions.end > extensions.at) {
        unsigned type = take(&extensions, 2);
        struct explain_reader part = take_part(&extensions, take(&extensions, 2));

        if (!extensions.short_of && type == EXPLAIN_TLS_SUPPORTED_VERSIONS)
            return names_1_3(part, up);
    }
    return false;
}

struct explain_hello explain_hello_read(const uint8_t *message, size_t len, bool up)
{
    struct explain_reader r = {message + TLS_MESSAGE_HEADER_BYTES, message + len, false};
    struct explain_hello h = {.version = take(&r, 2)};

    take_part(&r, TLS_RANDOM_BYTES);
    take_part(&r, take(&r, 1)); /* the session's ID, from before there were tickets */
    if (up) {
        h.suites = take_part(&r, take(&r, 2));
        take_part(&r, take(&r, 1)); /* compression: none */
    } else {
        h.suite = take(&r, 2);
        take(&r, 1);
    }
    h.broken = r.short_of;
    h.retry = !h.broken && tls_message_is_retry(message, len);
    if (r.end - r.at >= 2) /* there may be none */
        h.extensions = take_part(&r, take(&r, 2));
    h.tls_1_3 = find_1_3(h.extensions, up);
    return h;
}

void explain_tls_say(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     unsigned depth, int64_t at_ns, struct explain_tls_word word)
{
    explain_say(x, c, s, EXPLAIN_INSIDE, depth, at_ns);
    explain_set_meaning(x->notes, "%s", word.meaning);
    explain_set_ref(x->notes, word.ref);
}

static void say_signal(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       struct explain_tls_word signal, int64_t at_ns)
{
    explain_tls_say(x, c, s, 2, at_ns, signal);
    explain_set_wire(x->notes, "%s", signal.name);
}

static void say_suites(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       struct explain_reader suites, int64_t at_ns)
{
    const struct explain_tls_word word = {
        NULL, "the ciphers it can do, the one it likes best first",
        explain_tls_1_3(c) ? "RFC 8446 \u00a74.1.2" : "RFC 5246 \u00a77.4.1.2"};
    struct explain_tls_word signal = {.name = NULL};
    const char *first = NULL;
    unsigned count = 0;

    while (suites.end - suites.at >= 2) {
        unsigned suite = take(&suites, 2);

        if (explain_tls_signal_word(suite).name != NULL)
            signal = explain_tls_signal_word(suite);
        else if (count++ == 0)
            first = explain_tls_suite_name(suite);
    }
    explain_tls_say(x, c, s, 2, at_ns, word);
    explain_set_wire(x->notes, "%u cipher suite%s: %s%s", count, count == 1 ? "" : "s",
                     first == NULL ? "(not known here)" : first, count > 1 ? ", \u2026" : "");
    if (signal.name != NULL)
        say_signal(x, c, s, signal, at_ns);
}

static void say_suite(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      unsigned suite, int64_t at_ns)
{
    const struct explain_tls_word word = {NULL, "the cipher that was chosen",
                                          explain_tls_1_3(c) ? "RFC 8446 \u00a74.1.3"
                                                             : "RFC 5246 \u00a77.4.1.3"};
    const char *name = explain_tls_suite_name(suite);

    explain_tls_say(x, c, s, 2, at_ns, word);
    explain_set_wire(x->notes, "%s", name == NULL ? "(a cipher not known here)" : name);
}

/* ---- lists in extensions: ": x25519, secp256r1" ---- */

static void add_name(char list[LIST_CHARS], const char *name)
{
    size_t len = strlen(list);

    snprintf(list + len, LIST_CHARS - len, "%s%s", len > 0 ? ", " : "",
             name == NULL ? "another" : name);
}

static void list_versions(char list[LIST_CHARS], struct explain_reader part, bool up)
{
    if (up)
        take(&part, 1);
    while (part.end - part.at >= 2)
        add_name(list, explain_tls_version_name(take(&part, 2)));
}

static void list_groups(char list[LIST_CHARS], struct explain_reader part)
{
    take(&part, 2);
    while (part.end - part.at >= 2)
        add_name(list, explain_tls_group_name(take(&part, 2)));
}

/* Of a HelloRetryRequest only the group is there, else the key as well. */
static void list_shares(char list[LIST_CHARS], struct explain_reader part, bool up)
{
    if (up)
        take(&part, 2);
    while (part.end - part.at >= 2) {
        add_name(list, explain_tls_group_name(take(&part, 2)));
        take_part(&part, take(&part, 2));
    }
}

static void say_extension(struct explain *x, struct explain_connection *c, struct explain_side *s,
                          unsigned type, struct explain_reader part, bool retry, int64_t at_ns)
{
    struct explain_tls_word word = explain_tls_extension_word(type, s->up, explain_tls_1_3(c));
    char list[LIST_CHARS] = "";

    if (type == EXPLAIN_TLS_SUPPORTED_VERSIONS)
        list_versions(list, part, s->up);
    else if (type == EXPLAIN_TLS_SUPPORTED_GROUPS)
        list_groups(list, part);
    else if (type == EXPLAIN_TLS_KEY_SHARE)
        list_shares(list, part, s->up);
    if (type == EXPLAIN_TLS_KEY_SHARE && c->tls_retried && (s->up || retry))
        word.meaning = s->up ? "its half of the key exchange, now for the group that was asked for"
                             : "the group that the server wants a half for";
    explain_tls_say(x, c, s, 2, at_ns, word);
    if (word.name == NULL)
        explain_set_wire(x->notes, "extension %u", type);
    else
        explain_set_wire(x->notes, "%s%s%s", word.name, list[0] != '\0' ? ": " : "", list);
}

void explain_hello_say(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct explain_hello *h, int64_t at_ns)
{
    struct explain_reader all = h->extensions;

    if (h->broken)
        return;
    if (s->up)
        say_suites(x, c, s, h->suites, at_ns);
    else
        say_suite(x, c, s, h->suite, at_ns);
    while (all.end > all.at && x->notes->rc == PL_OK) {
        unsigned type = take(&all, 2);
        struct explain_reader part = take_part(&all, take(&all, 2));

        if (!all.short_of)
            say_extension(x, c, s, type, part, h->retry, at_ns);
    }
}
