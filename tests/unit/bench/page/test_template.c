/* bench/page/template.c and run_words.c: what each tag does, and that no value acts as markup. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/base/json.h"
#include "bench/page/run_words.h"

/* The texts of this test, in place of those that are embedded. */
const struct template_file template_files[] = {
    {"test.txt", "A comment.\n"
                 "[value]\n{a.b} {n as ms} {missing}\n"
                 "[if]\n{if yes}y{else}n{end}{if not yes}y{elif n > 2}e{else}n{end}"
                 "{if name = sse and n < 4}a{end}{if missing or no}b{end}{if name = x}c{end}"
                 "{if missing = 0}d{end}{if missing < 1}e{end}{if name > 0}f{end}\n"
                 "[each]\n{each list}{comma}{.}{end}; {each list}{comma and}{.}{end}; "
                 "{each none}x{else}none{end}; {each a}{b}{end}\n"
                 "[agree]\n{n} {it is|they are}, {one} {it is|they are}, {list} {way|ways}\n"
                 "[capital]\n{^list} things\n"
                 "[prose]\nOne\n  two {n} ,\n  {if yes}three {end} . {n} %\n"
                 "[lines]\n<ul>\n  {if yes}\n  <li>{n}</li>\n  {else}\n  no\n  {end}\n</ul>\n"
                 "[brace]\na{{b}\n"
                 "[outer]\n({text value})({prose strong})\n"
                 "[strong]\n{name} is `code`\n"
                 "[hostile]\n{evil}|{words evil}|{code evil}|{render sentence}\n"
                 "[url]\n{url path}\n"
                 "[at]\n{@which as count}{text @text}{@at}\n"
                 "[range]\n{low x.y} {high-row x.y} {range x.y} {span x.y} {spread x.y} {has x.y}\n"
                 "[sum]\n{low a+b}, {high a/b}, {sum a}\n"
                 "[rows]\n{all-rows x.y} {is|are} {top-rows x.y} {is|are} {bottom-rows x.y}\n"
                 "[more]\n{compare x.y|sends|send|requests|fewest| B}.\n"
                 "[compare]\n{if not has @path}none{elif alike @path}{all-rows @path} "
                 "{@one|@many} {words thing}{else}{top-rows @path} {@one|@many} the most {words "
                 "thing} ({high @path}{words unit}), {bottom-rows @path} the {words least}{end}\n"
                 "[list]\na  | b\n1 | x y\n2 |\n\n[listed]\n{each table list}{a}={b};{end}\n"
                 "[loop]\n{text loop}\n[deep]\n{each a}{text deep}{end}\n[bad word]\n{nothing "
                 "arg}\n[bad end]\n{if a}x\n[bad tag]\n{if a\n"
                 "[bad format]\n{n as miles}\n[bad text]\n{text nowhere}\n[loose end]\na{end}b\n"},
    {"whole.html", "<p>{n}</p>\n"},
    {NULL, NULL},
};

static struct buf out;
static struct template_fill t;
static cJSON *item;

static void set_up(void)
{
    out = (struct buf){0};
    t = (struct template_fill){.w = {.out = &out}, .words = {run_words}};
    item = cJSON_Parse(
        "{\"a\":{\"b\":\"x\"},\"n\":3,\"one\":1,\"yes\":true,\"no\":false,\"name\":"
        "\"sse\",\"list\":[\"p\",\"q\",\"r\"],\"none\":[],\"which\":\"n\",\"text\":"
        "\"brace\",\"at\":\"@at\",\"path\":\"a b/c?\\\"\",\"sentence\":\"**1** `sse`\\\\*\"}");
    cJSON_AddStringToObject(item, "evil",
                            "<script>&\"'*_`|[x](y)\\\x01"
                            "9\x02\x1b[31m\n");
    ck_assert_ptr_nonnull(item);
    template_enter(&t, item);
}

static void tear_down(void)
{
    template_end(&t, "test", NULL);
    buf_free(&out);
    cJSON_Delete(item);
}

static void fills(const char *name, enum output output, const char *expected)
{
    out.len = 0;
    t.output = output;
    t.gap = false;
    template_put(&t, name);
    ck_assert_int_eq(t.w.rc, 0);
    ck_assert_str_eq(writer_text(&t.w), expected);
}

START_TEST(values_are_in_bold_in_prose_and_a_missing_one_is_a_dash)
{
    fills("value", OUTPUT_TERMINAL, "x 3 ms –");
    fills("value", OUTPUT_PROSE, "**x** **3 ms** **–**");
    fills("whole.html", OUTPUT_HTML, "<p>3</p>\n");
}
END_TEST

START_TEST(conditions_compare_numbers_and_words)
{
    fills("if", OUTPUT_TERMINAL, "yea");
}
END_TEST

START_TEST(each_goes_over_lists_and_into_items)
{
    fills("each", OUTPUT_TERMINAL, "p, q, r; p, q and r; none; x");
}
END_TEST

START_TEST(words_agree_with_the_last_value)
{
    fills("agree", OUTPUT_TERMINAL, "3 they are, 1 it is, three ways");
    fills("capital", OUTPUT_TERMINAL, "Three things");
}
END_TEST

START_TEST(prose_has_single_spaces_and_none_in_front_of_punctuation)
{
    fills("prose", OUTPUT_PROSE, "One two **3**, three. **3**\u00a0%");
}
END_TEST

START_TEST(lines_of_nothing_but_tags_leave_no_line)
{
    fills("lines", OUTPUT_HTML, "<ul>\n  <li>3</li>\n</ul>");
}
END_TEST

START_TEST(texts_hold_braces_and_other_texts)
{
    fills("brace", OUTPUT_HTML, "a{b}");
    fills("outer", OUTPUT_HTML,
          "(x 3 ms –)(<strong>sse</strong> is "
          "<code>code</code>)");
}
END_TEST

START_TEST(no_value_acts_as_markup)
{
    fills("hostile", OUTPUT_HTML,
          "&lt;script&gt;&amp;&quot;&#39;*_`|[x](y)\\\xEF\xBF\xBD"
          "9\xEF\xBF\xBD\xEF\xBF\xBD[31m\n|&lt;script&gt;&amp;&quot;&#39;*_`|[x](y)\\\xEF\xBF\xBD"
          "9\xEF\xBF\xBD\xEF\xBF\xBD[31m\n|`<script>&\"'*_?|[x](y)\\\xEF\xBF\xBD"
          "9\xEF\xBF\xBD\xEF\xBF\xBD[31m `|<strong>1</strong> <code>sse</code>*");
    fills("hostile", OUTPUT_TERMINAL,
          "<script>&\"'*_`|[x](y)\\\xEF\xBF\xBD"
          "9\xEF\xBF\xBD\xEF\xBF\xBD[31m |<script>&\"'*_`|[x](y)\\\xEF\xBF\xBD"
          "9\xEF\xBF\xBD\xEF\xBF\xBD[31m |`<script>&\"'*_?|[x](y)\\\xEF\xBF\xBD"
          "9\xEF\xBF\xBD\xEF\xBF\xBD[31m `|1 sse*");
}
END_TEST

START_TEST(no_value_acts_in_markdown_nor_as_prose)
{
    static const char escaped[] = "\\<script>\\&\"'\\*\\_\\`\\|\\[x\\](y)\\\\\xEF\xBF\xBD"
                                  "9\xEF\xBF\xBD\xEF\xBF\xBD\\[31m ";
    struct buf html = {0};
    struct writer w = {.out = &html};

    out.len = 0;
    output_text(&t.w, OUTPUT_PROSE, json_text(item, "evil"));
    ck_assert_str_eq(writer_text(&t.w), escaped);
    output_prose(&w, OUTPUT_HTML, escaped, NULL);
    ck_assert_str_eq(writer_text(&w), "&lt;script&gt;&amp;&quot;&#39;*_`|[x](y)\\\xEF\xBF\xBD"
                                      "9\xEF\xBF\xBD\xEF\xBF\xBD[31m ");
    html.len = 0;
    output_prose(&w, OUTPUT_MARKDOWN, escaped, NULL);
    ck_assert_str_eq(writer_text(&w), "&lt;script>&amp;\"'\\*\\_\\`\\|\\[x\\](y)\\\\\xEF\xBF\xBD"
                                      "9\xEF\xBF\xBD\xEF\xBF\xBD\\[31m ");
    html.len = 0;
    output_prose(&w, OUTPUT_TERMINAL,
                 "**1 ms**\x01"
                 "3\x02 \\*a\\* `b`",
                 NULL);
    ck_assert_str_eq(writer_text(&w), "1\u00a0ms\u00a0[3] *a* b");
    buf_free(&html);
}
END_TEST

START_TEST(a_name_with_an_underscore_in_a_word_is_left_as_it_is)
{
    output_text(&t.w, OUTPUT_MARKDOWN, "latency_us _x_");
    ck_assert_str_eq(writer_text(&t.w), "latency_us \\_x\\_");
}
END_TEST

START_TEST(tables_are_lists)
{
    fills("listed", OUTPUT_TERMINAL, "1=x y;2=;");
}
END_TEST

START_TEST(urls_are_percent_encoded)
{
    fills("url", OUTPUT_HTML, "a%20b/c%3F%22");
}
END_TEST

START_TEST(an_argument_can_be_taken_from_an_item)
{
    fills("at", OUTPUT_TERMINAL, "3a{b}–"); /* what is put in is not read again */
}
END_TEST

/* ---- rows ---- */

static void use_rows(const char *json)
{
    cJSON_Delete(item);
    item = cJSON_Parse(json);
    t.depth = 0;
    template_enter(&t, item);
}

START_TEST(ranges_name_their_rows)
{
    use_rows("{\"rows\":[{\"id\":\"a\",\"x\":{\"y\":1}},{\"id\":\"b\",\"x\":{\"y\":4}},{\"id\":"
             "\"c\"}]}");
    fills("range", OUTPUT_PROSE,
          "**1** `b` **1** to **4** **1** (`a`) to **4** (`b`) **3.8** to **4.2 "
          "times** **2**");
    fills("rows", OUTPUT_PROSE, "`a` and `b` are `b` is `a`");
    fills("more", OUTPUT_PROSE, "`b` sends the most requests (**4** B), `a` the fewest.");
}
END_TEST

START_TEST(sums_and_ratios_are_numbers_of_a_row)
{
    use_rows("{\"rows\":[{\"a\":6,\"b\":2},{\"a\":1,\"b\":1},{\"a\":3}]}");
    fills("sum", OUTPUT_TERMINAL, "2, 3, 10");
}
END_TEST

START_TEST(comparisons_hold_for_rows_that_are_alike_and_for_none)
{
    use_rows("{\"rows\":[{\"id\":\"a\",\"x\":{\"y\":1}},{\"id\":\"b\",\"x\":{\"y\":1}},{\"id\":"
             "\"c\",\"x\":{\"y\":1}}]}");
    fills("more", OUTPUT_PROSE, "all three rows send requests.");
    use_rows("{\"rows\":[{\"id\":\"a\"}]}");
    fills("more", OUTPUT_PROSE, "none.");
}
END_TEST

/* ---- mistakes of writers ---- */

static const char *const broken[] = {"bad word", "bad end",   "bad tag", "bad format",
                                     "bad text", "loose end", "nowhere"};

START_TEST(a_text_that_is_not_well_formed_is_refused)
{
    struct err_text e = {""};

    template_put(&t, broken[_i]);
    ck_assert_int_eq(template_end(&t, "page.html", &e), PL_EINVAL);
    ck_assert_ptr_eq(strstr(e.text, "page.html: the text ["), e.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("template");
    TCase *tc = tcase_create("template");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, values_are_in_bold_in_prose_and_a_missing_one_is_a_dash);
    tcase_add_test(tc, conditions_compare_numbers_and_words);
    tcase_add_test(tc, each_goes_over_lists_and_into_items);
    tcase_add_test(tc, words_agree_with_the_last_value);
    tcase_add_test(tc, prose_has_single_spaces_and_none_in_front_of_punctuation);
    tcase_add_test(tc, lines_of_nothing_but_tags_leave_no_line);
    tcase_add_test(tc, texts_hold_braces_and_other_texts);
    tcase_add_test(tc, no_value_acts_as_markup);
    tcase_add_test(tc, no_value_acts_in_markdown_nor_as_prose);
    tcase_add_test(tc, a_name_with_an_underscore_in_a_word_is_left_as_it_is);
    tcase_add_test(tc, tables_are_lists);
    tcase_add_test(tc, urls_are_percent_encoded);
    tcase_add_test(tc, an_argument_can_be_taken_from_an_item);
    tcase_add_test(tc, ranges_name_their_rows);
    tcase_add_test(tc, sums_and_ratios_are_numbers_of_a_row);
    tcase_add_test(tc, comparisons_hold_for_rows_that_are_alike_and_for_none);
    tcase_add_loop_test(tc, a_text_that_is_not_well_formed_is_refused, 0,
                        sizeof broken / sizeof *broken);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
