/* bench/page/output.c and svg_inline.c: nothing of others becomes markup, and no two pictures share
 * an id. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "bench/page/output.h"
#include "bench/page/svg_inline.h"

static struct buf out;
static struct writer w;

static void set_up(void)
{
    out = (struct buf){0};
    w = (struct writer){.out = &out};
}

static void tear_down(void)
{
    buf_free(&out);
}

static const char *text(void)
{
    writer_add(&w, "", 1);
    ck_assert_int_eq(w.rc, 0);
    return (const char *)out.data;
}

/* ---- html ---- */

static const struct {
    const char *in, *out;
} escapes[] = {
    {"a < b & c > d", "a &lt; b &amp; c &gt; d"},
    {"\"x\" 'y'", "&quot;x&quot; &#39;y&#39;"},
    {"</script><script>", "&lt;/script&gt;&lt;script&gt;"},
    {"µs – 1 × 2", "µs – 1 × 2"},
    {"\x01\x7f", "\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC2\x85", "\xEF\xBF\xBD"},             /* a C1 control */
    {"a\xFFz", "a\xEF\xBF\xBDz"},             /* never UTF-8 */
    {"\xC2<b>", "\xEF\xBF\xBD&lt;b&gt;"},     /* cut off: the next character is itself */
    {"\xC0\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD"}, /* '<', overlong */
    {"tab\tline\n", "tab\tline\n"},
    {"", ""},
};

START_TEST(text_is_escaped_whatever_it_is)
{
    output_text(&w, OUTPUT_HTML, escapes[_i].in);
    ck_assert_str_eq(text(), escapes[_i].out);
}
END_TEST

static const struct {
    const char *in, *out;
} proses[] = {
    {"**312 µs** over `sse`.", "<strong>312 µs</strong> over <code>sse</code>."},
    {"`<b>`", "<code>&lt;b&gt;</code>"},
    {"**<i>**", "<strong>&lt;i&gt;</strong>"},
    {"open ** and `", "open ** and `"},
    {"2 * 3", "2 * 3"},
    {"", ""},
};

START_TEST(prose_knows_strong_and_code_and_nothing_else)
{
    output_prose(&w, OUTPUT_HTML, proses[_i].in, NULL);
    ck_assert_str_eq(text(), proses[_i].out);
}
END_TEST

START_TEST(name_is_fit_for_an_id)
{
    output_id(&w, "short-poll+close@1000ms\"><");
    ck_assert_str_eq(text(), "short-poll-close-1000ms---");
}
END_TEST

/* ---- svg ---- */

static int inline_svg(const char *svg, const char *prefix)
{
    return svg_inline(&w, svg, strlen(svg), prefix, "A <title>");
}

START_TEST(svg_gets_ids_of_its_own_a_size_from_the_page_and_a_name)
{
    ck_assert_int_eq(
        inline_svg("<?xml version=\"1.0\"?>\n<!DOCTYPE svg>\n<svg width=\"800\" height=\"500\" "
                   "viewBox=\"0 0 800 500\" xmlns=\"http://www.w3.org/2000/svg\">\n"
                   "<title>old</title><desc>gnuplot</desc><!-- a > b -->"
                   "<style class=\"dark\">a{}</style><defs><circle id='gpPt0' r='1'/></defs>"
                   "<use xlink:href='#gpPt0' fill='url(#gpPt0)'/><text>1 &lt; 2</text></svg>",
                   "cdf"),
        0);
    ck_assert_str_eq(text(),
                     "<svg role=\"img\" aria-labelledby=\"cdf-title\" viewBox=\"0 0 800 500\">"
                     "<title id=\"cdf-title\">A &lt;title&gt;</title>\n"
                     "<defs><circle id=\"cdf-gpPt0\" r=\"1\"/></defs>"
                     "<use href=\"#cdf-gpPt0\" fill=\"url(#cdf-gpPt0)\"/><text>1 &lt; 2</text>"
                     "</svg>");
}
END_TEST

static const char *const hostile[] = {
    "<svg><script>alert(1)</script></svg>",
    "<svg><g onclick=\"alert(1)\"/></svg>",
    "<svg><g ONLOAD='x'/></svg>",
    "<svg><style>body{display:none}</style></svg>",
    "<svg><foreignObject><p>hello</p></foreignObject></svg>",
    "<svg><image href=\"https://example.org/x.png\"/></svg>",
    "<svg><use href=\"https://example.org/x.svg#a\"/></svg>",
    "<svg><use href=\"javascript:alert(1)\"/></svg>",
    "<svg><rect fill=\"url(https://example.org/a)\"/></svg>",
    "<svg><rect fill=\"URL('https://example.org/a')\"/></svg>",
    "<svg><rect fill=\"&#117;rl(https://example.org/a)\"/></svg>",
    "<svg><rect style=\"fill:\\75rl(https://example.org/a)\"/></svg>",
    "<svg><rect style=\"position:fixed\"/></svg>",
    "<svg><g></svg>",
    "<svg></svg><svg></svg>",
    "<svg/><p>after</p>",
    "<p>before</p><svg/>",
    "<svg><g a=\"1/></svg>",
    "<svg><g a=b/></svg>",
    "<svg",
    "<svg><!-- never over</svg>",
    "plain text",
    "",
};

START_TEST(svg_that_could_act_or_is_none_is_refused_and_leaves_nothing)
{
    writer_puts(&w, "before");
    ck_assert_int_eq(inline_svg(hostile[_i], "x"), PL_EPROTO);
    ck_assert_str_eq(text(), "before");
}
END_TEST

START_TEST(svg_cut_anywhere_is_refused)
{
    static const char whole[] = "<svg viewBox='0 0 1 1'><g id='a'><rect x=\"1\"/></g></svg>";

    for (size_t len = 0; len + 1 < sizeof whole; len++) {
        char *part = strndup(whole, len);

        ck_assert_int_eq(svg_inline(&w, part, len, "x", ""), PL_EPROTO);
        free(part);
    }
    ck_assert_int_eq(inline_svg(whole, "x"), 0);
}
END_TEST

START_TEST(svg_embeds_as_base64_rfc4648_10)
{
    static const char *const vectors[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const encoded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                          "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};

    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        out.len = 0;
        svg_embed(&w, vectors[i], strlen(vectors[i]), "a \"b\"");
        text();
        out.len--;
        ck_assert_ptr_eq(strstr((char *)out.data, "<img alt=\"a &quot;b&quot;\" src=\"data:"),
                         (char *)out.data);
        ck_assert_ptr_nonnull(strstr((char *)out.data, encoded[i]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("html");
    TCase *tc = tcase_create("html");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, text_is_escaped_whatever_it_is, 0, sizeof escapes / sizeof *escapes);
    tcase_add_loop_test(tc, prose_knows_strong_and_code_and_nothing_else, 0,
                        sizeof proses / sizeof *proses);
    tcase_add_test(tc, name_is_fit_for_an_id);
    tcase_add_test(tc, svg_gets_ids_of_its_own_a_size_from_the_page_and_a_name);
    tcase_add_loop_test(tc, svg_that_could_act_or_is_none_is_refused_and_leaves_nothing, 0,
                        sizeof hostile / sizeof *hostile);
    tcase_add_test(tc, svg_cut_anywhere_is_refused);
    tcase_add_test(tc, svg_embeds_as_base64_rfc4648_10);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
