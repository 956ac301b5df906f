#include "bench/result/result_duplex.h"

#include "bench/base/json.h"
#include "bench/result/counters.h"

double result_duplex_connects(const cJSON *report)
{
    return counters_or_zero(report, "upstream.whole.connects");
}

double result_duplex_given_up(const cJSON *report)
{
    return counters_or_zero(report, "upstream.whole.connect_failures") +
           counters_or_zero(report, "upstream.whole.connects_abandoned");
}

int result_duplex_check(const cJSON *report, struct err_text *e)
{
    static const char needed[] =
        "upstream.window.messages upstream.window.requests upstream.window.connects "
        "upstream.window.payload_bytes_out upstream.window.framing_bytes_out "
        "upstream.window.bytes_in upstream.whole.connects upstream.latency_us.count "
        "upstream.order.lost upstream.order.doubled upstream.order.reordered";

    return cJSON_IsObject(json_at(report, "upstream")) ? counters_need(report, needed, e) : PL_OK;
}

/* A histogram, or null where nothing was recorded: its zeros are no latencies. */
static void copy_histogram(cJSON *to, const char *name, const cJSON *histogram)
{
    counters_copy_histogram(to, name, json_number(histogram, "count") > 0 ? histogram : NULL);
}

static void add_upstream(cJSON *row, const cJSON *up)
{
    static const char *const histograms[] = {"latency_us", "echo_us", "late_us"};
    double messages = json_number(up, "window.messages"), per = counters_per(messages);
    double framing =
        json_number(up, "window.framing_bytes_out") + json_number(up, "window.bytes_in");
    cJSON *out, *bytes;

    if (!cJSON_IsObject(up)) {
        cJSON_AddNullToObject(row, "upstream");
        return;
    }
    out = cJSON_AddObjectToObject(row, "upstream");
    counters_copy(out, "workload", json_at(up, "workload"));
    counters_copy(out, "senders", json_at(up, "senders"));
    json_add_number(out, "messages", messages);
    json_add_number(out, "requests_per_message", json_number(up, "window.requests") * per);
    json_add_number(out, "handshakes_per_message", json_number(up, "window.connects") * per);
    bytes = cJSON_AddObjectToObject(out, "bytes_per_message");
    json_add_number(bytes, "payload", json_number(up, "window.payload_bytes_out") * per);
    json_add_number(bytes, "framing", framing * per);
    for (size_t i = 0; i < sizeof histograms / sizeof *histograms; i++)
        copy_histogram(out, histograms[i], json_at(up, histograms[i]));
    counters_copy(out, "order", json_at(up, "order"));
}

static void add_documents(cJSON *row, const cJSON *documents)
{
    cJSON *copy;

    copy_histogram(row, "convergence_us", json_at(documents, "convergence_us"));
    copy = cJSON_Duplicate(documents, true);
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "convergence_us");
    cJSON_AddItemToObject(row, "documents", copy != NULL ? copy : cJSON_CreateNull());
}

static void judge_upstream(cJSON *problems, const cJSON *report)
{
    json_append_count(problems, report, "upstream.order.lost", "message never came to a client",
                      "messages never came to a client");
    json_append_count(problems, report, "upstream.order.doubled", "message came twice to a client",
                      "messages came twice to a client");
    json_append_count(problems, report, "upstream.order.reordered",
                      "message came after a later one of its sender",
                      "messages came after a later one of their sender");
    if (json_number(report, "upstream.window.messages") == 0)
        json_append_text(problems, "no message was sent in the window");
}

static void judge_documents(cJSON *problems, const cJSON *documents)
{
    if (!cJSON_IsObject(documents))
        return;
    if (!json_true(documents, "identical"))
        json_append_text(problems, "the clients of a room ended with different documents");
    else if (!(json_number(documents, "bytes") > 0))
        json_append_text(problems, "the documents are empty");
}

static void judge_channels(cJSON *problems, const cJSON *report)
{
    if (cJSON_IsObject(json_at(report, "subscription")))
        json_append_count(problems, report, "out_of_order",
                          "time an older value came after a newer one",
                          "times an older value came after a newer one");
    if (json_number(report, "deadline.within") > json_number(report, "deadline.expected"))
        json_append_text(problems, "more updates were on time than there were");
}

/* Sent again after a connection was lost, and recognised: exactly once, as it should be. */
static void note_duplicates(cJSON *notes, const cJSON *report)
{
    double again = counters_or_zero(report, "server_stats.end.limits.duplicate_posts") -
                   counters_or_zero(report, "server_stats.start.limits.duplicate_posts");

    if (again > 0)
        json_append_printf(notes, "%.0f messages came to the server again and were published once",
                           again);
    json_append_count(notes, report, "upstream.whole.failed_responses", "message's request failed",
                      "messages' requests failed");
}

void result_duplex(cJSON *row, const cJSON *report)
{
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(row, "notes");
    const cJSON *documents = json_at(report, "documents");

    counters_copy(row, "deadline", json_at(report, "deadline"));
    add_upstream(row, json_at(report, "upstream"));
    add_documents(row, documents);
    judge_upstream(problems, report);
    judge_documents(problems, documents);
    judge_channels(problems, report);
    note_duplicates(notes, report);
}
