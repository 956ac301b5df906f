#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "clients/document/typist.h"
#include "lib/base/utf8.h"

enum { STEPS = 20000 };

struct tally {
    uint32_t types, erases, goes, typed_chars, cursor, length;
};

/* Take one step, as whoever holds the text would. */
static void take(struct typist *t, struct tally *n, struct typist_step *step)
{
    typist_next(t, n->cursor, n->length, step);
    if (step->what == TYPIST_TYPES) {
        n->types++;
        n->typed_chars += step->chars;
        n->cursor += step->chars;
        n->length += step->chars;
    } else if (step->what == TYPIST_ERASES) {
        n->erases++;
        if (step->chars == 0 || step->chars > n->cursor)
            ck_abort_msg("erases %u characters at %u", step->chars, n->cursor);
        n->cursor -= step->chars;
        n->length -= step->chars;
    } else {
        n->goes++;
        if (step->index > n->length)
            ck_abort_msg("goes to %u of %u", step->index, n->length);
        n->cursor = step->index;
    }
}

START_TEST(typist_steps_are_a_poisson_process)
{
    struct typist t;
    struct tally n = {0};
    struct typist_step step;
    uint32_t longer = 0;
    int64_t last_ns;

    typist_init(&t, 1, 4.0, 0);
    for (int i = 0; i < STEPS; i++) {
        last_ns = t.due_ns;
        take(&t, &n, &step);
        if (t.due_ns <= last_ns)
            ck_abort_msg("step %d does not come later", i);
        longer += t.due_ns - last_ns > NS_PER_S / 4;
    }
    /* Mean and the share above it, exp(-1): each within five standard deviations. */
    ck_assert_double_eq_tol((double)t.due_ns / STEPS, 0.25e9, 0.25e9 * 5 / 141);
    ck_assert_double_eq_tol(longer / (double)STEPS, 0.3679, 5 * 0.0034);
}
END_TEST

START_TEST(typist_does_all_that_writers_do)
{
    struct typist t;
    struct tally n = {0};
    struct typist_step step;

    typist_init(&t, 2, 2.0, 0);
    for (int i = 0; i < STEPS; i++)
        take(&t, &n, &step);
    ck_assert_uint_gt(n.types, STEPS * 7 / 10);
    ck_assert_uint_gt(n.erases, STEPS / 20);
    ck_assert_uint_gt(n.goes, STEPS / 50);
    ck_assert_uint_gt(n.length, TYPIST_TEXT_CHARS / 2);
}
END_TEST

START_TEST(typist_keeps_a_long_text_from_growing)
{
    struct typist t;
    struct tally n = {.length = 2 * TYPIST_TEXT_CHARS};
    struct typist_step step;

    typist_init(&t, 3, 1.0, 0);
    for (int i = 0; i < STEPS; i++)
        take(&t, &n, &step);
    ck_assert_uint_lt(n.length, TYPIST_TEXT_CHARS + TYPIST_TEXT_CHARS / 4);
}
END_TEST

static size_t without_last(const char *text, size_t len, uint32_t chars)
{
    for (; chars > 0; chars--) {
        do
            len--;
        while (((unsigned char)text[len] & 0xc0) == 0x80);
    }
    return len;
}

/* Follow a typist to the first rewriting, or going elsewhere: up to there the slips are typed
 * again, so that what was typed is a sentence of the book as far as it has come. Returns how
 * many slips there were. */
static uint32_t follow(uint64_t seed)
{
    char text[4096];
    size_t len = 0;
    struct typist t;
    struct tally n = {.cursor = 100, .length = 200};
    struct typist_step step;
    uint32_t slips = 0;

    typist_init(&t, seed, 5.0, 0);
    for (const char *sentence = t.at, *at = sentence;; at = t.at) {
        take(&t, &n, &step);
        if (step.what == TYPIST_MOVES || (step.what == TYPIST_ERASES && t.at == at))
            return slips;
        if (step.what == TYPIST_TYPES) {
            memcpy(text + len, step.text, step.text_bytes);
            len += step.text_bytes;
        } else {
            len = without_last(text, len, step.chars);
            slips++;
        }
        if (t.at != sentence + len || memcmp(text, sentence, len) != 0)
            ck_abort_msg("%.*s", (int)len, text);
    }
}

START_TEST(typist_mends_what_went_wrong)
{
    uint32_t slips = 0;

    for (uint64_t seed = 0; seed < 200; seed++)
        slips += follow(seed);
    ck_assert_uint_gt(slips, 100);
}
END_TEST

START_TEST(typist_types_whole_characters_not_more_than_the_time_allows)
{
    struct typist t;
    struct tally n = {0};
    struct typist_step step;

    typist_init(&t, 4, 1.0, 0);
    for (int i = 0; i < STEPS; i++) {
        int64_t gap_ns = t.gap_ns;
        struct utf8 check = {0};

        take(&t, &n, &step);
        if (step.what != TYPIST_TYPES)
            continue;
        if (!utf8_feed(&check, (const uint8_t *)step.text, step.text_bytes) || !utf8_done(&check))
            ck_abort_msg("step %d is not UTF-8", i);
        if (step.chars == 0 || step.chars > TYPIST_BATCH_CHARS_MAX ||
            (step.chars > 1 &&
             (double)(step.chars - 1) * 1e9 > (double)gap_ns * TYPIST_CHARS_PER_S))
            ck_abort_msg("%u characters after %lld ns", step.chars, (long long)gap_ns);
    }
}
END_TEST

START_TEST(typist_of_the_same_seed_writes_the_same)
{
    struct typist a, b;
    struct tally na = {0}, nb = {0};
    struct typist_step sa, sb;

    typist_init(&a, 5, 3.0, 0);
    typist_init(&b, 5, 3.0, 1000);
    for (int i = 0; i < 1000; i++) {
        take(&a, &na, &sa);
        take(&b, &nb, &sb);
        if (sa.what != sb.what || sa.text != sb.text || sa.chars != sb.chars ||
            a.due_ns + 1000 != b.due_ns)
            ck_abort_msg("step %d differs", i);
    }
    typist_init(&b, 6, 3.0, 0);
    ck_assert_int_ne(a.due_ns, b.due_ns);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("typist");
    TCase *tc = tcase_create("typist");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, typist_steps_are_a_poisson_process);
    tcase_add_test(tc, typist_does_all_that_writers_do);
    tcase_add_test(tc, typist_keeps_a_long_text_from_growing);
    tcase_add_test(tc, typist_mends_what_went_wrong);
    tcase_add_test(tc, typist_types_whole_characters_not_more_than_the_time_allows);
    tcase_add_test(tc, typist_of_the_same_seed_writes_the_same);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
