/* HdrHistogram's V2 encoding, big-endian:
 *
 *   offset  0  cookie 0x1c849303 | 0x10 (the nibble is a word size that V2 does not use)
 *           4  payload length in bytes
 *           8  normalizing index offset: 0 unless the counts were shifted
 *          12  significant figures
 *          16  lowest discernible value
 *          24  highest trackable value
 *          32  ratio of a double's value to an integer's: 1.0
 *          40  payload: the counts from index 0 up; a negative one is a run of empty buckets
 *
 * A count is ZigZag LEB128-64b9B: seven bits a byte, lowest first, the top bit says that
 * another follows; the ninth byte carries eight. Compressed: cookie 0x1c849304 | 0x10, the
 * length of what follows, and the above as a zlib stream (RFC 1950).
 */
#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <zlib.h>

#include "lib/base/err.h"
#include "lib/hdr/hdr.h"

#define COOKIE            UINT32_C(0x1c849313)
#define COOKIE_COMPRESSED UINT32_C(0x1c849314)
#define COOKIE_WORD_SIZE  UINT32_C(0xf0)
#define RATIO_ONE         UINT64_C(0x3ff0000000000000) /* 1.0 as IEEE 754 binary64 */

enum {
    HEADER_BYTES = 40,
    COMPRESSED_HEADER_BYTES = 8,
    WORD_BYTES_MAX = 9,
    COUNTS_LEN_MAX = 47 << 17, /* 1 .. 2^63-1 with 5 figures */
    INFLATE_STEP_BYTES = 4096,
    BASE64_LEN_MAX = 1 << 27,
};

/* ---- encode ---- */

/* to has room for WORD_BYTES_MAX. Returns the bytes written. */
static size_t put_word(uint8_t *to, int64_t value)
{
    uint64_t zigzag = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
    size_t n = 0;

    while (n < WORD_BYTES_MAX - 1 && zigzag > 0x7f) {
        to[n++] = (uint8_t)(zigzag | 0x80);
        zigzag >>= 7;
    }
    to[n++] = (uint8_t)zigzag;
    return n;
}

/* The counts up to the last that is not zero; a lone zero is itself, not a run. */
static size_t put_counts(uint8_t *to, const struct hdr *h)
{
    struct hdr_iter it = {0};
    int32_t done = 0;
    size_t n = 0;

    while (hdr_iter_next(h, &it)) {
        int32_t zeros = it.index - 1 - done;

        if (zeros > 0)
            n += put_word(to + n, zeros == 1 ? 0 : -zeros);
        n += put_word(to + n, it.count);
        done = it.index;
    }
    return done > 0 ? n : put_word(to, 0);
}

/* A count and the run before it: at most two words for every count that is not zero. */
static size_t payload_bytes_max(const struct hdr *h)
{
    struct hdr_iter it = {0};
    size_t nonzero = 1;

    while (hdr_iter_next(h, &it))
        nonzero++;
    return nonzero * 2 * WORD_BYTES_MAX;
}

int hdr_encode(const struct hdr *h, struct buf *out)
{
    uint8_t *to;
    size_t payload;

    if (buf_reserve(out, HEADER_BYTES + payload_bytes_max(h)) < 0)
        return PL_ENOMEM;
    to = out->data + out->len;
    payload = put_counts(to + HEADER_BYTES, h);
    be_put(to, COOKIE, 4);
    be_put(to + 4, payload, 4);
    be_put(to + 8, 0, 4);
    be_put(to + 12, (uint64_t)h->significant_figures, 4);
    be_put(to + 16, (uint64_t)h->lowest_discernible_value, 8);
    be_put(to + 24, (uint64_t)h->highest_trackable_value, 8);
    be_put(to + 32, RATIO_ONE, 8);
    out->len += HEADER_BYTES + payload;
    return PL_OK;
}

static int compress_into(struct buf *out, const struct buf *plain)
{
    uLongf len = compressBound((uLong)plain->len);
    uint8_t *to;

    if (buf_reserve(out, COMPRESSED_HEADER_BYTES + len) < 0)
        return PL_ENOMEM;
    to = out->data + out->len;
    if (compress(to + COMPRESSED_HEADER_BYTES, &len, plain->data, (uLong)plain->len) != Z_OK)
        return PL_ENOMEM; /* there is room: nothing else can fail */
    be_put(to, COOKIE_COMPRESSED, 4);
    be_put(to + 4, len, 4);
    out->len += COMPRESSED_HEADER_BYTES + len;
    return PL_OK;
}

int hdr_encode_compressed(const struct hdr *h, struct buf *out)
{
    struct buf plain = {0};
    int rc = hdr_encode(h, &plain);

    if (rc == PL_OK)
        rc = compress_into(out, &plain);
    buf_free(&plain);
    return rc;
}

/* ---- decode ---- */

/* Bytes consumed, or PL_EPROTO when they end in the middle. */
static int get_word(int64_t *value, const uint8_t *from, size_t len)
{
    uint64_t zigzag = 0;

    for (size_t i = 0; i < len; i++) {
        bool ninth = i == WORD_BYTES_MAX - 1;
        uint64_t bits = ninth ? from[i] : from[i] & 0x7f;

        zigzag |= bits << (7 * i);
        if (!ninth && (from[i] & 0x80) != 0)
            continue;
        *value = (int64_t)(zigzag >> 1 ^ ((zigzag & 1) ? UINT64_MAX : 0));
        return (int)i + 1;
    }
    return PL_EPROTO;
}

/* Set the count at index, the next to be read. */
static int take_count(struct hdr *h, int32_t index, int64_t count)
{
    if (index >= h->counts_len || count > INT64_MAX - h->total_count)
        return PL_EPROTO;
    h->counts[index] = count;
    h->total_count += count;
    return PL_OK;
}

static int take_payload(struct hdr *h, const uint8_t *from, size_t len)
{
    int32_t index = 0;
    int64_t word = 0;

    while (len > 0) {
        int used = get_word(&word, from, len);

        if (used < 0)
            return PL_EPROTO;
        from += used;
        len -= (size_t)used;
        if (word < index - (int64_t)h->counts_len) /* a run past the end */
            return PL_EPROTO;
        if (word >= 0 && take_count(h, index, word) < 0)
            return PL_EPROTO;
        index += word < 0 ? (int32_t)-word : 1;
    }
    return PL_OK;
}

static void find_min_and_max(struct hdr *h)
{
    struct hdr_iter it = {0};

    while (hdr_iter_next(h, &it)) {
        if (h->min_value == INT64_MAX)
            h->min_value = hdr_lowest_equivalent(h, it.value);
        h->max_value = it.value;
    }
}

/* The header's configuration makes h. */
static int init_from_header(struct hdr *h, const uint8_t *from)
{
    int64_t lowest = (int64_t)be_get(from + 16, 8), highest = (int64_t)be_get(from + 24, 8);
    int rc;

    if ((be_get(from, 4) | COOKIE_WORD_SIZE) != (COOKIE | COOKIE_WORD_SIZE))
        return PL_EPROTO;
    if (be_get(from + 8, 4) != 0 || be_get(from + 32, 8) != RATIO_ONE)
        return PL_EPROTO; /* shifted or scaled: not a histogram of integers as they were */
    rc = hdr_init(h, lowest, highest, (int)be_get(from + 12, 4));
    return rc == PL_EINVAL ? PL_EPROTO : rc;
}

int hdr_decode(struct hdr *h, const uint8_t *data, size_t len)
{
    int rc;

    *h = (struct hdr){0};
    if (len < HEADER_BYTES || be_get(data + 4, 4) != len - HEADER_BYTES)
        return PL_EPROTO;
    rc = init_from_header(h, data);
    if (rc < 0)
        return rc;
    if (take_payload(h, data + HEADER_BYTES, len - HEADER_BYTES) < 0) {
        hdr_free(h);
        return PL_EPROTO;
    }
    find_min_and_max(h);
    return PL_OK;
}

/* One whole zlib stream, no more and no less. Bounded: what no histogram can need is not one. */
static int inflate_all(z_stream *z, struct buf *plain)
{
    const size_t limit = HEADER_BYTES + (size_t)COUNTS_LEN_MAX * WORD_BYTES_MAX;
    int rc = Z_OK;

    while (rc == Z_OK && plain->len <= limit) {
        if (buf_reserve(plain, INFLATE_STEP_BYTES) < 0)
            return PL_ENOMEM;
        z->next_out = plain->data + plain->len;
        z->avail_out = (uInt)(plain->cap - plain->len);
        rc = inflate(z, Z_NO_FLUSH);
        plain->len = plain->cap - z->avail_out;
    }
    if (rc == Z_MEM_ERROR)
        return PL_ENOMEM;
    return rc == Z_STREAM_END && z->avail_in == 0 ? PL_OK : PL_EPROTO;
}

int hdr_decode_compressed(struct hdr *h, const uint8_t *data, size_t len)
{
    struct buf plain = {0};
    z_stream z = {0};
    int rc;

    *h = (struct hdr){0};
    if (len < COMPRESSED_HEADER_BYTES || be_get(data + 4, 4) != len - COMPRESSED_HEADER_BYTES ||
        (be_get(data, 4) | COOKIE_WORD_SIZE) != (COOKIE_COMPRESSED | COOKIE_WORD_SIZE))
        return PL_EPROTO;
    z.next_in = (z_const Bytef *)(uintptr_t)(data + COMPRESSED_HEADER_BYTES); /* only read */
    z.avail_in = (uInt)(len - COMPRESSED_HEADER_BYTES);
    if (inflateInit(&z) != Z_OK)
        return PL_ENOMEM;
    rc = inflate_all(&z, &plain);
    inflateEnd(&z);
    if (rc == PL_OK)
        rc = hdr_decode(h, plain.data, plain.len);
    buf_free(&plain);
    return rc;
}

/* ---- base64 ---- */

static int add_base64(struct buf *out, const struct buf *bytes)
{
    size_t len = (bytes->len + 2) / 3 * 4;

    if (len > BASE64_LEN_MAX || buf_reserve(out, len + 1) < 0) /* it also writes a NUL */
        return PL_ENOMEM;
    EVP_EncodeBlock(out->data + out->len, bytes->data, (int)bytes->len);
    out->len += len;
    return PL_OK;
}

int hdr_encode_base64(const struct hdr *h, struct buf *out)
{
    struct buf bytes = {0};
    int rc = hdr_encode_compressed(h, &bytes);

    if (rc == PL_OK)
        rc = add_base64(out, &bytes);
    buf_free(&bytes);
    return rc;
}

/* Whole quanta of four characters, padded at the end only (RFC 4648 §4). EVP_DecodeBlock
 * alone would also take padding anywhere and white space around. */
static bool is_base64(const char *text, size_t len, size_t *padding)
{
    size_t letters = len;

    while (letters > 0 && len - letters < 2 && text[letters - 1] == '=')
        letters--;
    *padding = len - letters;
    for (size_t i = 0; i < letters; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '+' && text[i] != '/')
            return false;
    return len > 0 && len % 4 == 0 && len <= BASE64_LEN_MAX;
}

int hdr_decode_base64(struct hdr *h, const char *text, size_t len)
{
    size_t padding;
    uint8_t *bytes;
    int n, rc = PL_EPROTO;

    *h = (struct hdr){0};
    if (!is_base64(text, len, &padding))
        return PL_EPROTO;
    bytes = malloc(len / 4 * 3);
    if (bytes == NULL)
        return PL_ENOMEM;
    n = EVP_DecodeBlock(bytes, (const uint8_t *)text, (int)len);
    if (n >= 0)
        rc = hdr_decode_compressed(h, bytes, (size_t)n - padding);
    free(bytes);
    return rc;
}
