#include "clients/document/typist.h"

#include <math.h>
#include <stdbool.h>

#include "lib/base/clock.h"

/* From "Alice's Adventures in Wonderland" by Lewis Carroll (1865). */
static const char *const sentences[] = {
    "Alice was beginning to get very tired of sitting by her sister on the bank, and of having "
    "nothing to do: once or twice she had peeped into the book her sister was reading, but it "
    "had no pictures or conversations in it, “and what is the use of a book,” thought Alice "
    "“without pictures or conversations?”\n",
    "So she was considering in her own mind (as well as she could, for the hot day made her feel "
    "very sleepy and stupid), whether the pleasure of making a daisy-chain would be worth the "
    "trouble of getting up and picking the daisies, when suddenly a White Rabbit with pink eyes "
    "ran close by her.\n",
    "There was nothing so very remarkable in that; nor did Alice think it so very much out of "
    "the way to hear the Rabbit say to itself, “Oh dear! Oh dear! I shall be late!” ",
    "In another moment down went Alice after it, never once considering how in the world she was "
    "to get out again.\n",
    "Either the well was very deep, or she fell very slowly, for she had plenty of time as she "
    "went down to look about her and to wonder what was going to happen next. ",
    "Down, down, down. Would the fall never come to an end? ",
    "“Curiouser and curiouser!” cried Alice. ",
    "“Begin at the beginning,” the King said gravely, “and go on till you come to the end: then "
    "stop.”\n",
};

enum { SENTENCES = sizeof sentences / sizeof *sentences, TYPO_CHARS_MAX = 3 };

/* Of all steps in the middle of a sentence. */
static const double typo_share = 0.08;
static const double rewrite_share = 0.02;
static const double move_share = 0.03;
/* Of all moves: to the end of the text, where most writing happens. */
static const double to_the_end_share = 0.5;

static uint32_t below(struct typist *t, uint32_t n)
{
    return (uint32_t)(rng_uniform(&t->rng) * n);
}

static void begin_sentence(struct typist *t)
{
    t->at = sentences[below(t, SENTENCES)];
    t->typed = 0;
}

static void wait_for_next(struct typist *t)
{
    t->gap_ns = 1 + (int64_t)rng_exponential(&t->rng, t->mean_gap_ns);
    t->due_ns += t->gap_ns;
}

void typist_init(struct typist *t, uint64_t seed, double rate_hz, int64_t start_ns)
{
    *t = (struct typist){.mean_gap_ns = (double)NS_PER_S / rate_hz, .due_ns = start_ns};
    rng_seed(&t->rng, seed);
    begin_sentence(t);
    wait_for_next(t);
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* What a good typist manages in gap_ns, at least one character. */
static uint32_t batch_chars(int64_t gap_ns)
{
    double chars = round((double)gap_ns / (double)NS_PER_S * TYPIST_CHARS_PER_S);

    return (uint32_t)fmin(fmax(chars, 1.0), TYPIST_BATCH_CHARS_MAX);
}

static void type(struct typist *t, struct typist_step *out)
{
    uint32_t wanted = batch_chars(t->gap_ns);

    *out = (struct typist_step){.what = TYPIST_TYPES, .text = t->at};
    while (out->chars < wanted && *t->at != '\0') {
        t->at++;
        while (is_continuation(*t->at))
            t->at++;
        out->chars++;
    }
    out->text_bytes = (size_t)(t->at - out->text);
    t->typed += out->chars;
}

static void erase(struct typist *t, uint32_t chars, struct typist_step *out)
{
    *out = (struct typist_step){.what = TYPIST_ERASES, .chars = chars};
    t->typed = t->typed > chars ? t->typed - chars : 0;
}

/* Delete the last characters and type them again. */
static void correct_typo(struct typist *t, uint32_t cursor, struct typist_step *out)
{
    uint32_t chars = 1 + below(t, TYPO_CHARS_MAX);

    if (chars > t->typed)
        chars = t->typed;
    if (chars > cursor)
        chars = cursor;
    for (uint32_t i = 0; i < chars; i++) {
        t->at--;
        while (is_continuation(*t->at))
            t->at--;
    }
    erase(t, chars, out);
}

/* Delete what is before the cursor, whoever wrote it. */
static void rewrite(struct typist *t, uint32_t cursor, struct typist_step *out)
{
    uint32_t chars = 1 + below(t, TYPIST_REWRITE_CHARS_MAX);

    erase(t, chars < cursor ? chars : cursor, out);
}

static void move(struct typist *t, uint32_t length, struct typist_step *out)
{
    *out = (struct typist_step){.what = TYPIST_MOVES, .index = length};
    if (rng_uniform(&t->rng) >= to_the_end_share)
        out->index = below(t, length + 1);
    begin_sentence(t);
}

static void choose(struct typist *t, uint32_t cursor, uint32_t length, struct typist_step *out)
{
    double chance = rng_uniform(&t->rng);

    if (cursor > 0 && length > TYPIST_TEXT_CHARS && chance < 0.5)
        rewrite(t, cursor, out);
    else if (*t->at == '\0')
        move(t, length, out);
    else if (cursor > 0 && t->typed > 0 && chance < typo_share)
        correct_typo(t, cursor, out);
    else if (cursor > 0 && chance < typo_share + rewrite_share)
        rewrite(t, cursor, out);
    else if (length > 0 && chance < typo_share + rewrite_share + move_share)
        move(t, length, out);
    else
        type(t, out);
}

void typist_next(struct typist *t, uint32_t cursor, uint32_t length, struct typist_step *out)
{
    choose(t, cursor, length, out);
    wait_for_next(t);
}
