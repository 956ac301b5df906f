#include "lib/proto/transcript.h"

#include <stdlib.h>
#include <string.h>

static const char *const words[TRANSCRIPT_WHATS] = {
    [TRANSCRIPT_SAY] = "say",
    [TRANSCRIPT_REMARK] = "remark",
    [TRANSCRIPT_OPEN] = "open",
    [TRANSCRIPT_CONNECTED] = "connected",
    [TRANSCRIPT_SENT] = "sent",
    [TRANSCRIPT_RECEIVED] = "received",
    [TRANSCRIPT_RECORD_SENT] = "record-sent",
    [TRANSCRIPT_RECORD_RECEIVED] = "record-received",
    [TRANSCRIPT_TLS_SENT] = "tls-sent",
    [TRANSCRIPT_TLS_RECEIVED] = "tls-received",
    [TRANSCRIPT_SECURED] = "secured",
    [TRANSCRIPT_KERNEL] = "kernel",
    [TRANSCRIPT_SHUT] = "shut",
    [TRANSCRIPT_EOF] = "eof",
    [TRANSCRIPT_RESET] = "reset",
};

int transcript_encode(struct buf *out, const struct transcript_event *e)
{
    static const char digits[] = "0123456789abcdef";
    size_t before = out->len;

    if (buf_printf(out, "%s %u %lld ", words[e->what], e->connection, (long long)e->at_ns) < 0 ||
        buf_reserve(out, 2 * e->len + 1) < 0) {
        out->len = before;
        return PL_ENOMEM;
    }
    for (size_t i = 0; i < e->len; i++) {
        out->data[out->len++] = (uint8_t)digits[e->data[i] >> 4];
        out->data[out->len++] = (uint8_t)digits[e->data[i] & 15];
    }
    out->data[out->len++] = '\n';
    return PL_OK;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place: a byte is shorter than its digits. */
static int decode_hex(struct transcript_event *e, char *hex)
{
    uint8_t *bytes = (uint8_t *)hex;
    size_t n = 0;

    for (; hex[0] != '\0'; hex += 2) {
        int high = hex_value(hex[0]), low = high < 0 ? -1 : hex_value(hex[1]);

        if (low < 0)
            return PL_EPROTO;
        bytes[n++] = (uint8_t)(high << 4 | low);
    }
    e->data = bytes;
    e->len = n;
    return PL_OK;
}

static int decode_word(struct transcript_event *e, const char *word)
{
    for (int i = 0; i < TRANSCRIPT_WHATS; i++) {
        if (strcmp(words[i], word) == 0) {
            e->what = (enum transcript_what)i;
            return PL_OK;
        }
    }
    return PL_EPROTO;
}

int transcript_decode(struct transcript_event *e, char *line)
{
    char *rest = line, *word = strsep(&rest, " "), *number = strsep(&rest, " "), *end;
    char *time = strsep(&rest, " ");

    if (rest == NULL || *number == '\0' || *time == '\0' || decode_word(e, word) < 0)
        return PL_EPROTO;
    e->connection = (unsigned)strtoul(number, &end, 10);
    if (*end != '\0')
        return PL_EPROTO;
    e->at_ns = strtoll(time, &end, 10);
    return *end != '\0' ? PL_EPROTO : decode_hex(e, rest);
}
