#include "bench/link/tool/link_summary.h"

#include <cjson/cJSON.h>

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static void print_flow(FILE *out, const char *who, const cJSON *f)
{
    fprintf(out, "%-10s %9.0f %12.0f %12.0f %6.0f %6.0f %6.0f %9.0f %8.0f %7.0f\n", who,
            number(f, "packets"), number(f, "bytes"), number(f, "payload_bytes"), number(f, "syns"),
            number(f, "fins"), number(f, "rsts"), number(f, "pure_acks"),
            number(f, "retransmissions"), number(f, "lost"));
}

void link_summary_print(FILE *out, const char *json, size_t len)
{
    cJSON *root = cJSON_ParseWithLength(json, len);
    const cJSON *tcp = member(root, "tcp");
    const cJSON *late = member(root, "late_us"), *spec = member(root, "spec");

    if (cJSON_IsObject(tcp) && cJSON_IsString(spec)) {
        fprintf(out, "link: %s\n", spec->valuestring);
        fprintf(out, "%-10s %9s %12s %12s %6s %6s %6s %9s %8s %7s\n", "TCP from", "packets",
                "bytes", "payload", "SYN", "FIN", "RST", "pure ACK", "repeated", "lost");
        print_flow(out, "client", member(tcp, "up"));
        print_flow(out, "server", member(tcp, "down"));
        fprintf(out,
                "connections %.0f, handshakes completed %.0f, dropped by the emulator itself %.0f\n"
                "packets handed over late: p50 %.0f us, p99 %.0f us, most %.0f us\n",
                number(tcp, "connections"), number(tcp, "handshakes"), number(root, "own_drops"),
                number(late, "p50"), number(late, "p99"), number(late, "max"));
    }
    cJSON_Delete(root);
}
