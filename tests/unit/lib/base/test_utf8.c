#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"

static bool valid(const uint8_t *text, size_t len)
{
    struct utf8 u = {0};

    return utf8_feed(&u, text, len) && utf8_done(&u);
}

/* RFC 3629 §3, its table of bit distributions, applied to any number whatever. */
static size_t code_point_encode(uint8_t out[4], uint32_t c, size_t bytes)
{
    static const uint8_t lead[] = {0, 0x00, 0xc0, 0xe0, 0xf0};

    for (size_t i = bytes; i-- > 1; c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    out[0] = (uint8_t)(lead[bytes] | c);
    return bytes;
}

static size_t shortest_bytes(uint32_t c)
{
    if (c < 0x80)
        return 1;
    if (c < 0x800)
        return 2;
    return c < 0x10000 ? 3 : 4;
}

START_TEST(utf8_accepts_the_examples_of_rfc3629_7)
{
    static const char *const texts[] = {
        "\x41\xe2\x89\xa2\xce\x91\x2e",
        "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4",
        "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
        "\xef\xbb\xbf\xf0\xa3\x8e\xb4",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert(valid((const uint8_t *)texts[i], strlen(texts[i])));
}
END_TEST

START_TEST(utf8_accepts_every_code_point_in_its_shortest_form_only)
{
    uint8_t text[4];

    for (uint32_t c = 0; c < 0x200000; c++) {
        bool is_scalar_value = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);

        for (size_t bytes = shortest_bytes(c); bytes <= 4; bytes++) {
            bool expected = is_scalar_value && bytes == shortest_bytes(c);

            code_point_encode(text, c, bytes);
            if (valid(text, bytes) != expected)
                ck_abort_msg("U+%X in %zu bytes", c, bytes);
        }
    }
}
END_TEST

/* Where the grammar of RFC 3629 §4 breaks: the first byte that no valid text could have there. */
static const struct {
    const char *text;
    size_t wrong_at;
} broken[] = {
    {"\x80", 0}, /* a tail without a lead */
    {"\xbf", 0},
    {"a\x80", 1},
    {"\xc0\x80", 0}, /* overlong NUL: C0 never occurs */
    {"\xc1\xbf", 0},
    {"\xc2\x41", 1}, /* tail missing */
    {"\xc2\xc2", 1},
    {"\xe0\x80\xaf", 1}, /* overlong / */
    {"\xe0\x9f\xbf", 1},
    {"\xe2\x28\xa1", 1},
    {"\xe2\x82\x28", 2},
    {"\xed\xa0\x80", 1}, /* surrogates, U+D800 to U+DFFF */
    {"\xed\xbf\xbf", 1},
    {"\xf0\x80\x80\xaf", 1},
    {"\xf0\x8f\xbf\xbf", 1},
    {"\xf0\x9f\x98\x41", 3},
    {"\xf4\x90\x80\x80", 1}, /* U+110000 */
    {"\xf5\x80\x80\x80", 0},
    {"\xf8\x88\x80\x80\x80", 0}, /* the five and six byte forms of RFC 2279 */
    {"\xfc\x84\x80\x80\x80\x80", 0},
    {"\xfe", 0},
    {"\xff", 0},
    {"0123456789abcdef\xff", 16}, /* behind whole words of ASCII */
    {"01234567\xc3\xa4ghijklmn\xc3(", 19},
    /* "κόσμε", a surrogate, "edited": the text of many conformance suites */
    {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80 edited", 12},
};

START_TEST(utf8_rejects_at_the_first_wrong_byte_rfc3629_4)
{
    const uint8_t *text = (const uint8_t *)broken[_i].text;
    size_t len = strlen(broken[_i].text), wrong_at = broken[_i].wrong_at;
    struct utf8 u = {0}, bytewise = {0};

    ck_assert(!valid(text, len));
    ck_assert(utf8_feed(&u, text, wrong_at));
    ck_assert(!utf8_feed(&u, text + wrong_at, 1));
    for (size_t i = 0; i < wrong_at; i++)
        ck_assert(utf8_feed(&bytewise, text + i, 1));
    ck_assert(!utf8_feed(&bytewise, text + wrong_at, 1));
}
END_TEST

START_TEST(utf8_accepts_a_text_in_any_split)
{
    static const char text[] = "plain words, then \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 and more";
    const uint8_t *t = (const uint8_t *)text;
    size_t len = sizeof text - 1;

    for (size_t a = 0; a <= len; a++) {
        for (size_t b = a; b <= len; b++) {
            struct utf8 u = {0};

            ck_assert(utf8_feed(&u, t, a));
            ck_assert(utf8_feed(&u, t + a, b - a));
            ck_assert(utf8_feed(&u, t + b, len - b));
            ck_assert(utf8_done(&u));
        }
    }
}
END_TEST

START_TEST(utf8_knows_that_a_code_point_is_unfinished)
{
    static const uint8_t text[] = {0xf0, 0x9f, 0x98, 0x80};
    struct utf8 u = {0};

    ck_assert(utf8_done(&u));
    for (size_t i = 0; i < sizeof text; i++) {
        ck_assert(utf8_feed(&u, text + i, 1));
        ck_assert(utf8_done(&u) == (i == 3));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tc = tcase_create("utf8");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, utf8_accepts_the_examples_of_rfc3629_7);
    tcase_add_test(tc, utf8_accepts_every_code_point_in_its_shortest_form_only);
    tcase_add_loop_test(tc, utf8_rejects_at_the_first_wrong_byte_rfc3629_4, 0,
                        sizeof broken / sizeof *broken);
    tcase_add_test(tc, utf8_accepts_a_text_in_any_split);
    tcase_add_test(tc, utf8_knows_that_a_code_point_is_unfinished);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
