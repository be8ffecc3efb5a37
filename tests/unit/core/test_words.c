#include "parley/core/words.h"

#include <stdio.h>

#include "unit.h"

/* The words of a text as "word@from-to", with a + behind those of a pair and a . behind a single character. */
struct listing {
    char text[1024];
    size_t len;
    size_t count;
    size_t end_at; /* after so many words; 0: never */
};

static enum err list_word(void *arg, const struct word *word)
{
    struct listing *l = arg;
    static const char *const ends[] = { [WORD_WHOLE] = "", [WORD_PAIR] = "+", [WORD_SINGLE] = "." };

    assert_true(word->text.len > 0 && word->text.len <= WORD_MAX_BYTES && str_is_utf8(word->text));
    assert_true(word->from < word->first_to && word->first_to <= word->to);
    l->len += (size_t)snprintf(l->text + l->len, sizeof(l->text) - l->len, "%s%.*s%s@%zu-%zu", l->len > 0 ? " " : "",
                               STR_FMT(word->text), ends[word->kind], word->from, word->to);
    l->count++;
    return l->count == l->end_at ? ERR_LIMIT : ERR_OK;
}

static void assert_words(const char *text, const char *words)
{
    struct listing l = { .len = 0 };

    assert_ok(words_each(str_from(text), list_word, &l));
    assert_string_equal(l.text, words);
}

static void test_words__are_told_with_their_places(void **state)
{
    (void)state;
    assert_words("", "");
    assert_words(" .,; \u2014 \U0001f44d", "");
    assert_words("Hello, World!", "hello@0-5 world@7-12");
    assert_words("  a-b_c 3.14", "a@2-3 b@4-5 c@6-7 3@8-9 14@10-12");
    assert_words("\U0001f44d na\u00efve", "naive@2-7");
}

static void test_words__lose_marks_of_scripts_that_are_read_without(void **state)
{
    (void)state;
    assert_words("caf\u00e9 Cafe\u0301", "cafe@0-4 cafe@5-10");
    assert_words("\u0130STANBUL \u0131l\u0131k", "istanbul@0-8 ilik@9-13");
    assert_words("\u039f\u0394\u039f\u03a3 \u03bf\u03b4\u03cc\u03c2",
                 "\u03bf\u03b4\u03bf\u03c3@0-4 \u03bf\u03b4\u03bf\u03c3@5-9");
    assert_words("\u0439\u043e\u0433", "\u0438\u043e\u0433@0-3");
    assert_words("\u0645\u064f\u062d\u064e\u0645\u0651\u062f \u0645\u0640\u062d",
                 "\u0645\u062d\u0645\u062f@0-7 \u0645\u062d@8-11");
    /* Of others they are letters. */
    assert_words("\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d\u0926\u0940@0-6");
    assert_words("\ud55c\uad6d\uc5b4", "\ud55c\uad6d\uc5b4@0-3");
}

static void test_words__have_one_form_of_compatible_letters(void **state)
{
    (void)state;
    assert_words("Stra\u00dfe STRASSE \u1e9e", "strasse@0-6 strasse@7-14 ss@15-16");
    assert_words("\ufb01n \uff21\uff22", "fin@0-2 ab@3-5");
    assert_words("don't don\u2019t 'x'", "dont@0-5 dont@6-11 x@13-14");
    assert_words("a\u00adb \u00bd", "ab@0-3 1@4-5 2@4-5");
    assert_words("\ufdfa", "\u0635\u0644\u0649@0-1 \u0627\u0644\u0644\u0647@0-1 \u0639\u0644\u064a\u0647@0-1 "
                           "\u0648\u0633\u0644\u0645@0-1");
}

static void test_words__are_pairs_where_no_blanks_are_written(void **state)
{
    (void)state;
    assert_words("\u6771\u4eac\u90fd", "\u6771\u4eac+@0-2 \u4eac\u90fd+@1-3 \u90fd.@2-3");
    assert_words("\u4eac", "\u4eac.@0-1");
    assert_words("\u7b2c3\u7ae0", "\u7b2c.@0-1 3@1-2 \u7ae0.@2-3");
    assert_words("PC\u3092\u4f7f", "pc@0-2 \u3092\u4f7f+@2-4 \u4f7f.@3-4");
    /* Half-width kana with their sign of voice, and the sign of a long vowel. */
    assert_words("\uff76\uff9e\uff70", "\u30ac\u30fc+@0-3 \u30fc.@2-3");
    /* Thai marks belong to the letter below them. */
    assert_words("\u0e17\u0e35\u0e48", "\u0e17\u0e35\u0e48.@0-3");
    assert_words("\u6771\u3002\u4eac", "\u6771.@0-1 \u4eac.@2-3");
}

static void test_words__are_cut_between_characters(void **state)
{
    struct listing l = { .len = 0 };
    char text[400];

    (void)state;
    for (size_t i = 0; i < sizeof(text) - 1; i += 3)
        memcpy(text + i, "\ud55c", 3);
    text[sizeof(text) - 1] = '\0';
    assert_ok(words_each((struct str){ text, 399 }, list_word, &l));
    assert_int_equal(l.count, 1);
    assert_int_equal(strchr(l.text, '@') - l.text, 63);
    assert_string_equal(strchr(l.text, '@'), "@0-133");
}

static void test_words__end_with_an_error(void **state)
{
    struct listing l = { .end_at = 2 };

    (void)state;
    assert_err(words_each(STR("a b c"), list_word, &l), ERR_LIMIT);
    assert_string_equal(l.text, "a@0-1 b@2-3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words__are_told_with_their_places),
        cmocka_unit_test(test_words__lose_marks_of_scripts_that_are_read_without),
        cmocka_unit_test(test_words__have_one_form_of_compatible_letters),
        cmocka_unit_test(test_words__are_pairs_where_no_blanks_are_written),
        cmocka_unit_test(test_words__are_cut_between_characters),
        cmocka_unit_test(test_words__end_with_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
