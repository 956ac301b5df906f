#include "bench/explain/annotate/explain_tally.h"

#define AT(member) offsetof(struct explain_tally, member)

const struct explain_tally_field explain_tally_fields[] = {
    {"tcp_handshakes", AT(handshakes), false, EXPLAIN_TALLY_ALWAYS},
    {"tls_handshakes", AT(tls_handshakes), false, EXPLAIN_TALLY_ALWAYS},
    {"tls_resumptions", AT(resumptions), false, EXPLAIN_TALLY_ALWAYS},
    {"round_trips", AT(round_trips), false, EXPLAIN_TALLY_ALWAYS},
    {"requests", AT(requests), false, EXPLAIN_TALLY_ALWAYS},
    {"responses", AT(responses), false, EXPLAIN_TALLY_ALWAYS},
    {"frames", AT(frames), false, EXPLAIN_TALLY_ALWAYS},
    {"updates", AT(updates), false, EXPLAIN_TALLY_ALWAYS},
    {"head_bytes", AT(head_bytes), true, EXPLAIN_TALLY_ALWAYS},
    {"framing_bytes", AT(framing_bytes), true, EXPLAIN_TALLY_ALWAYS},
    {"payload_bytes", AT(payload_bytes), true, EXPLAIN_TALLY_ALWAYS},
    {"tls_record_bytes", AT(record_bytes), true, EXPLAIN_TALLY_DIFFERS},
    {"packets", AT(packets), true, EXPLAIN_TALLY_CAPTURED},
    {"packets", AT(kernel_segments), true, EXPLAIN_TALLY_UNSEEN},
    {"packet_bytes", AT(packet_bytes), true, EXPLAIN_TALLY_CAPTURED},
    {"tcp_ip_header_bytes", AT(header_bytes), true, EXPLAIN_TALLY_CAPTURED},
    {"sent_again_bytes", AT(again_bytes), true, EXPLAIN_TALLY_CAPTURED},
    {"pure_acks", AT(pure_acks), false, EXPLAIN_TALLY_CAPTURED},
    {"lost", AT(lost), false, EXPLAIN_TALLY_CAPTURED},
    {"sent_again", AT(again), false, EXPLAIN_TALLY_CAPTURED},
    {NULL, 0, false, EXPLAIN_TALLY_ALWAYS},
};

void explain_tally_add(struct explain_tally *to, const struct explain_tally *t)
{
    for (const struct explain_tally_field *f = explain_tally_fields; f->name != NULL; f++) {
        void *sum = (char *)to + f->offset;
        const void *part = (const char *)t + f->offset;

        if (!f->by_direction) {
            *(unsigned *)sum += *(const unsigned *)part;
            continue;
        }
        for (int up = 0; up < 2; up++)
            ((uint64_t *)sum)[up] += ((const uint64_t *)part)[up];
    }
}
