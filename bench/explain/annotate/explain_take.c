#include "bench/explain/annotate/explain_take.h"

#include <stdlib.h>
#include <string.h>

static int read_transcript(struct explain_take *t, struct err_text *e)
{
    char *at = (char *)t->text.data, *line;
    size_t lines = 1;

    for (const char *c = at; *c != '\0'; c++)
        lines += *c == '\n';
    t->events = calloc(lines, sizeof *t->events);
    if (t->events == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    while ((line = strsep(&at, "\n")) != NULL) {
        if (*line == '\0')
            continue;
        if (transcript_decode(&t->events[t->event_count], line) < 0)
            return err_set(e, PL_EPROTO, "the client's transcript can't be read");
        t->event_count++;
    }
    return PL_OK;
}

/* Of "ADDR:PORT"; 0: there is none. */
static unsigned long port_of(const struct transcript_event *e)
{
    const uint8_t *end = e->data + e->len, *at = memrchr(e->data, ':', e->len);
    unsigned long port = 0;

    for (at = at == NULL ? end : at + 1; at < end && port < 100000; at++)
        port = port * 10 + (unsigned long)(*at - '0') % 10;
    return port;
}

/* The client has said which ports it was given; others' packets are left out. */
static void number_packets(struct explain_take *t)
{
    for (size_t i = 0; i < t->event_count; i++) {
        const struct transcript_event *e = &t->events[i];

        if (e->what != TRANSCRIPT_CONNECTED)
            continue;
        for (size_t k = 0; k < t->packet_count; k++)
            if (t->packets[k].client_port == port_of(e))
                t->packets[k].connection = e->connection;
    }
}

static void place_fins(struct explain_take *t)
{
    for (size_t i = 0; i < t->event_count; i++)
        if (t->events[i].what == TRANSCRIPT_SHUT)
            explain_packets_place_fin(t->packets, t->packet_count, t->events[i].connection,
                                      t->events[i].at_ns);
}

int explain_take_read(struct explain_take *t, struct err_text *e)
{
    int rc = read_transcript(t, e);

    if (rc == PL_OK && t->pcapng.len > 0)
        rc = explain_packets_read(&t->packets, &t->packet_count, t->pcapng.data, t->pcapng.len, e);
    if (rc == PL_OK) {
        number_packets(t);
        place_fins(t);
    }
    return rc;
}

void explain_take_annotate(struct explain *x, const struct explain_take *t)
{
    size_t e = 0, p = 0;

    while (e < t->event_count || p < t->packet_count) {
        if (p == t->packet_count ||
            (e < t->event_count && t->events[e].at_ns < t->packets[p].order_ns))
            explain_event(x, &t->events[e++]);
        else if (t->packets[p].connection > 0)
            explain_packet(x, &t->packets[p++]);
        else
            p++;
    }
}

void explain_take_free(struct explain_take *t)
{
    buf_free(&t->text);
    buf_free(&t->pcapng);
    free(t->events);
    free(t->packets);
}
