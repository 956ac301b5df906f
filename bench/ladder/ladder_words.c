#include "bench/ladder/ladder_words.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/units.h"
#include "lib/proto/transport_info.h"

/* A row's name begins with its transport's: "sse", "short-poll+close@250ms". */
static const struct transport_info *find_transport(const char *row)
{
    char name[32];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(row, "+@"), row);
    return transport_info_find(name);
}

static const char *plural(unsigned count)
{
    return count == 1 ? "" : "s";
}

static void make_title(struct ladder_words *w, const struct ladder_about *about)
{
    const char *row = about->exchange != NULL ? about->exchange : about->row;
    const struct transport_info *t = find_transport(row != NULL ? row : "");
    bool closes = row != NULL && strstr(row, "+close") != NULL;

    if (t == NULL) {
        snprintf(w->how, sizeof w->how, "%s", about->how != NULL ? about->how : "");
        snprintf(w->title, sizeof w->title, "%s",
                 row != NULL && row[0] != '\0' ? row : "Packets on the wire");
        return;
    }
    snprintf(w->title, sizeof w->title, "%s%s", t->label,
             closes ? ", a new connection for each request" : "");
    snprintf(w->how, sizeof w->how, "%s", t->how);
}

static void make_what(struct ladder_words *w, const struct ladder_page *p,
                      const struct ladder_about *about)
{
    bool row = about->row != NULL && about->exchange == NULL;
    char time[32];

    ladder_time_text(time, sizeof time, p->end_ns);
    snprintf(w->what, sizeof w->what, "%s%s%s%s%s \u00b7 %s %s of one client's %s, to scale",
             row ? "row " : "", row ? about->row : "", row ? " \u00b7 " : "",
             about->link == NULL   ? "captured"
             : p->ladder->sketched ? ""
                                   : "link ",
             about->link != NULL ? about->link : "",
             p->steps < p->ladder->count ? "the first" : "all", time,
             p->ladder->sketched ? "messages" : "packets");
}

static void close_sketch(struct ladder_words *w, const struct ladder_counts *n)
{
    snprintf(w->closing[0], sizeof w->closing[0],
             "In this picture: what the client recorded; no packets were captured. %u TCP "
             "handshake%s,",
             n->handshakes, plural(n->handshakes));
    snprintf(w->closing[1], sizeof w->closing[1],
             "%u round trip%s waited for, %u update%s delivered.", n->round_trips,
             plural(n->round_trips), n->updates, plural(n->updates));
}

/* The caller knows more than packets show, such as the content of TLS records. */
static void close_exchange(struct ladder_words *w, const struct ladder_about *about)
{
    for (size_t i = 0; i < LADDER_CLOSING_LINES; i++)
        snprintf(w->closing[i], sizeof w->closing[i], "%s",
                 about->sum[i] != NULL ? about->sum[i] : "");
}

static void make_closing(struct ladder_words *w, const struct ladder_counts *n, bool encrypted)
{
    char bytes[UNITS_TEXT_BYTES], each[UNITS_TEXT_BYTES] = "";

    units_format_count(bytes, (double)n->bytes);
    if (n->updates > 0)
        units_format_count(each, (double)((n->bytes + n->updates / 2) / n->updates));
    snprintf(w->closing[0], sizeof w->closing[0],
             "In this picture: %u packet%s (%u only acknowledge%s), %s bytes with TCP/IP headers, "
             "%u TCP handshake%s,",
             n->packets, plural(n->packets), n->acks, n->acks == 1 ? "s" : "", bytes, n->handshakes,
             plural(n->handshakes));
    if (encrypted)
        snprintf(w->closing[1], sizeof w->closing[1],
                 "%u round trip%s of handshakes waited for; what follows is encrypted.",
                 n->round_trips, plural(n->round_trips));
    else if (n->updates > 0)
        snprintf(w->closing[1], sizeof w->closing[1],
                 "%u round trip%s waited for, %u update%s delivered: %.1f packets and %s bytes "
                 "each.",
                 n->round_trips, plural(n->round_trips), n->updates, plural(n->updates),
                 (double)n->packets / n->updates, each);
    else
        snprintf(w->closing[1], sizeof w->closing[1],
                 "%u round trip%s waited for, no update delivered.", n->round_trips,
                 plural(n->round_trips));
}

void ladder_words_make(struct ladder_words *w, const struct ladder_page *p,
                       const struct ladder_about *about, const struct ladder_counts *counts)
{
    make_title(w, about);
    make_what(w, p, about);
    if (about->exchange != NULL)
        close_exchange(w, about);
    else if (p->ladder->sketched)
        close_sketch(w, counts);
    else
        make_closing(w, counts, p->ladder->encrypted);
    snprintf(w->description, sizeof w->description,
             "Ladder diagram: the client on the left, the server on the right, time downwards. %s "
             "%s %s",
             w->how, w->closing[0], w->closing[1]);
}

const char *ladder_words_legend(enum ladder_kind kind, bool encrypted)
{
    static const char *const legends[LADDER_KINDS] = {
        [LADDER_HANDSHAKE] = "handshake",
        [LADDER_REQUEST] = "request",
        [LADDER_RESPONSE] = "response without data",
        [LADDER_DATA] = "data: updates",
        [LADDER_MESSAGE] = "message from the client",
        [LADDER_CONTROL] = "hello, heartbeat, ping, pong",
        [LADDER_TEARDOWN] = "teardown",
        [LADDER_ACK] = "TCP acknowledgment only",
    };

    if (encrypted && kind == LADDER_REQUEST)
        return "client, encrypted";
    if (encrypted && kind == LADDER_DATA)
        return "server, encrypted";
    return legends[kind];
}
