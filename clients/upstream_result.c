#include "clients/upstream_result.h"

#include "clients/client_json.h"
#include "clients/latency_text.h"

static int add_counters(struct buf *out, const char *name, const struct upstream_counters *n)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"messages", n->messages},
        {"repeated", n->repeated},
        {"requests", n->requests},
        {"responses", n->responses},
        {"failed_responses", n->failed_responses},
        {"connects", n->connects},
        {"connect_failures", n->connect_failures},
        {"connects_abandoned", n->connects_abandoned},
        {"tls_full_handshakes", n->tls_full_handshakes},
        {"tls_resumed_handshakes", n->tls_resumed_handshakes},
        {"bytes_out", n->payload_bytes_out + n->framing_bytes_out},
        {"payload_bytes_out", n->payload_bytes_out},
        {"framing_bytes_out", n->framing_bytes_out},
    };
    int err = buf_printf(out, "\"%s\":{", name);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && err == PL_OK; i++)
        err = buf_printf(out, "\"%s\":%llu,", rows[i].name, (unsigned long long)rows[i].value);
    return err < 0 ? err : buf_printf(out, "\"bytes_in\":%llu},", (unsigned long long)n->bytes_in);
}

static int add_upstream(const struct upstream *up, struct buf *out)
{
    const struct upstream_account *a = &up->account;
    int err = buf_printf(out, "\"upstream\":{\"workload\":\"%s\",\"senders\":%u,",
                         up->workload->name, (unsigned)up->nsenders);

    if (err == PL_OK)
        err = add_counters(out, "window", &a->window);
    if (err == PL_OK)
        err = add_counters(out, "whole", &a->whole);
    if (err == PL_OK)
        err = client_json_histogram(out, "latency_us", &a->latency_us);
    if (err == PL_OK)
        err = client_json_histogram(out, "echo_us", &a->echo_us);
    if (err == PL_OK)
        err = client_json_histogram(out, "late_us", &a->late_us);
    if (err == PL_OK)
        err = buf_printf(out, "\"order\":{\"lost\":%llu,\"doubled\":%llu,\"reordered\":%llu}},",
                         (unsigned long long)a->lost, (unsigned long long)a->doubled,
                         (unsigned long long)a->reordered);
    return err;
}

static int add_documents(const struct upstream *up, struct buf *out)
{
    int err = buf_printf(out, "\"documents\":");

    if (err == PL_OK && up->workload->add_documents != NULL)
        err = up->workload->add_documents(up->load, out);
    else if (err == PL_OK)
        err = buf_printf(out, "null");
    return err < 0 ? err : buf_add(out, ",", 1);
}

int upstream_json(const struct fleet *f, struct buf *out)
{
    int err;

    if (f->upstream.workload == NULL)
        return buf_printf(out, "\"upstream\":null,\"documents\":null,");
    err = add_upstream(&f->upstream, out);
    return err < 0 ? err : add_documents(&f->upstream, out);
}

void upstream_print(const struct fleet *f, FILE *out)
{
    const struct upstream_account *a = &f->upstream.account;
    double messages = a->window.messages > 0 ? (double)a->window.messages : 1.0;
    char to_others[LATENCY_TEXT_BYTES], echo[LATENCY_TEXT_BYTES];

    if (f->upstream.workload == NULL)
        return;
    latency_text(to_others, hdr_value_at_percentile(&a->latency_us, 50.0));
    latency_text(echo, hdr_value_at_percentile(&a->echo_us, 50.0));
    fprintf(out, "sent       %llu %s by %u clients: p50 to others %s, back to the sender %s\n",
            (unsigned long long)a->window.messages, f->upstream.workload->name,
            (unsigned)f->upstream.nsenders, to_others, echo);
    fprintf(out,
            "per message %.4g requests, %.4g TCP connections, %.4g payload + %.4g framing bytes\n",
            (double)a->window.requests / messages, (double)a->window.connects / messages,
            (double)a->window.payload_bytes_out / messages,
            (double)a->window.framing_bytes_out / messages);
}

const char *upstream_fault(const struct fleet *f)
{
    return f->upstream.failure.text[0] != '\0' ? f->upstream.failure.text : NULL;
}
