#include "bench/result/result_duplex.h"

#include <math.h>

#include "bench/base/json.h"

static double count_or_zero(const cJSON *report, const char *path)
{
    double n = json_number(report, path);

    return isnan(n) ? 0 : n;
}

double result_duplex_connects(const cJSON *report)
{
    return count_or_zero(report, "upstream.whole.connects");
}

double result_duplex_given_up(const cJSON *report)
{
    return count_or_zero(report, "upstream.whole.connect_failures") +
           count_or_zero(report, "upstream.whole.connects_abandoned");
}

int result_duplex_check(const cJSON *report, struct err_text *e)
{
    static const char *const needed[] = {
        "upstream.window.messages",
        "upstream.window.requests",
        "upstream.window.connects",
        "upstream.window.payload_bytes_out",
        "upstream.window.framing_bytes_out",
        "upstream.window.bytes_in",
        "upstream.whole.connects",
        "upstream.latency_us.count",
        "upstream.order.lost",
        "upstream.order.doubled",
        "upstream.order.reordered",
    };

    if (!cJSON_IsObject(json_at(report, "upstream")))
        return PL_OK;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (isnan(json_number(report, needed[i])))
            return err_set(e, PL_EPROTO, "pushlab-client's report has no number %s", needed[i]);
    return PL_OK;
}

/* A copy, or null. */
static void copy_item(cJSON *to, const char *name, const cJSON *item)
{
    cJSON_AddItemToObject(to, name,
                          item != NULL ? cJSON_Duplicate(item, true) : cJSON_CreateNull());
}

/* A histogram, or null where nothing was recorded: its zeros are no latencies. */
static void copy_histogram(cJSON *to, const char *name, const cJSON *histogram)
{
    copy_item(to, name, json_number(histogram, "count") > 0 ? histogram : NULL);
}

static void add_upstream(cJSON *row, const cJSON *up)
{
    static const char *const histograms[] = {"latency_us", "echo_us", "late_us"};
    double messages = json_number(up, "window.messages");
    double per = messages > 0 ? 1 / messages : NAN;
    double framing =
        json_number(up, "window.framing_bytes_out") + json_number(up, "window.bytes_in");
    cJSON *out, *bytes;

    if (!cJSON_IsObject(up)) {
        cJSON_AddNullToObject(row, "upstream");
        return;
    }
    out = cJSON_AddObjectToObject(row, "upstream");
    copy_item(out, "workload", json_at(up, "workload"));
    copy_item(out, "senders", json_at(up, "senders"));
    json_add_number(out, "messages", messages);
    json_add_number(out, "requests_per_message", json_number(up, "window.requests") * per);
    json_add_number(out, "handshakes_per_message", json_number(up, "window.connects") * per);
    bytes = cJSON_AddObjectToObject(out, "bytes_per_message");
    json_add_number(bytes, "payload", json_number(up, "window.payload_bytes_out") * per);
    json_add_number(bytes, "framing", framing * per);
    for (size_t i = 0; i < sizeof histograms / sizeof *histograms; i++)
        copy_histogram(out, histograms[i], json_at(up, histograms[i]));
    copy_item(out, "order", json_at(up, "order"));
}

static void add_documents(cJSON *row, const cJSON *documents)
{
    cJSON *copy;

    copy_histogram(row, "convergence_us", json_at(documents, "convergence_us"));
    copy = cJSON_Duplicate(documents, true);
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "convergence_us");
    cJSON_AddItemToObject(row, "documents", copy != NULL ? copy : cJSON_CreateNull());
}

static void judge_count(cJSON *problems, const cJSON *report, const char *path, const char *what)
{
    double n = count_or_zero(report, path);

    if (n > 0)
        json_append_printf(problems, "%.0f %s", n, what);
}

static void judge_upstream(cJSON *problems, const cJSON *report)
{
    judge_count(problems, report, "upstream.order.lost", "messages never came to a client");
    judge_count(problems, report, "upstream.order.doubled", "messages came twice to a client");
    judge_count(problems, report, "upstream.order.reordered",
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
        judge_count(problems, report, "out_of_order",
                    "times an older value came after a newer one");
    if (json_number(report, "deadline.within") > json_number(report, "deadline.expected"))
        json_append_text(problems, "more updates were on time than there were");
}

/* Sent again after a connection was lost, and recognised: exactly once, as it should be. */
static void note_duplicates(cJSON *notes, const cJSON *report)
{
    double again = json_number(report, "server_stats.end.limits.duplicate_posts") -
                   count_or_zero(report, "server_stats.start.limits.duplicate_posts");
    double failed = json_number(report, "upstream.whole.failed_responses");

    if (again > 0)
        json_append_printf(notes, "%.0f messages came to the server again and were published once",
                           again);
    if (failed > 0)
        json_append_printf(notes, "%.0f messages' requests failed", failed);
}

void result_duplex(cJSON *row, const cJSON *report)
{
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");
    cJSON *notes = cJSON_GetObjectItemCaseSensitive(row, "notes");
    const cJSON *documents = json_at(report, "documents");

    copy_item(row, "deadline", json_at(report, "deadline"));
    add_upstream(row, json_at(report, "upstream"));
    add_documents(row, documents);
    judge_upstream(problems, report);
    judge_documents(problems, documents);
    judge_channels(problems, report);
    note_duplicates(notes, report);
}
