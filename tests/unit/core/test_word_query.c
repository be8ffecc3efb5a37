#include "parley/core/word_query.h"

#include <stdio.h>

#include "arena_fixture.h"

static struct word_query parsed(const char *text)
{
    struct word_query query;

    assert_ok(word_query_parse(arena, str_from(text), &query));
    return query;
}

/* Where the query finds the text, as "from-to from-to"; "-": it does not. */
static const char *found(const char *typed, const char *text)
{
    static char out[2048];
    struct word_query query = parsed(typed);
    struct word_ranges ranges;
    bool matches;
    size_t len = 0;

    assert_ok(word_query_match(&query, str_from(text), &matches, &ranges));
    if (!matches)
        return "-";
    out[0] = '\0';
    for (size_t i = 0; i < ranges.count; i++)
        len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%zu-%zu", i > 0 ? " " : "", ranges.items[i].from,
                                ranges.items[i].to);
    return out;
}

static void test_word_query__wants_every_word(void **state)
{
    (void)state;
    assert_string_equal(found("release plan", "The plan of the release"), "4-8 16-23");
    assert_string_equal(found("release plan", "The release"), "-");
    assert_string_equal(found("cafe", "Un caf\u00e9, deux CAF\u00c9S"), "3-7 14-19");
    assert_string_equal(found("\u0130stanbul", "istanbul"), "0-8");
}

static void test_word_query__takes_its_last_word_as_a_beginning(void **state)
{
    (void)state;
    assert_string_equal(found("rel", "release early"), "0-7");
    assert_string_equal(found("rel early", "release early"), "-");
    assert_string_equal(found("early rel", "release early"), "0-7 8-13");
    assert_string_equal(found("r", "release"), "-");
    assert_string_equal(found("r", "R is a letter"), "0-1");
    assert_string_equal(found("\"rel\"", "release"), "-");
    assert_string_equal(found("\"early rel", "early release"), "0-13");
}

static void test_word_query__finds_phrases(void **state)
{
    (void)state;
    assert_string_equal(found("\"the plan\"", "plan the; the, plan"), "10-19");
    assert_string_equal(found("\"the plan\"", "the big plan"), "-");
    assert_string_equal(found("\u201ethe plan\u201c big", "big: the plan"), "0-3 5-13");
    assert_string_equal(found("example.com", "com example"), "-");
    assert_string_equal(found("example.com", "see www.example.com"), "8-19");
    assert_string_equal(found("\"a a\"", "a a a"), "0-5");
}

static void test_word_query__finds_characters_without_blanks(void **state)
{
    (void)state;
    assert_string_equal(found("\u4eac\u90fd", "\u6771\u4eac\u90fd"), "1-3");
    assert_string_equal(found("\u6771\u4eac\u90fd", "\u6771\u4eac\u90fd\u5e81"), "0-3");
    assert_string_equal(found("\u6771\u4eac\u90fd", "\u4eac\u90fd \u6771\u4eac"), "-");
    assert_string_equal(found("\u4eac", "\u6771\u4eac\u90fd"), "1-2");
    assert_string_equal(found("\u90fd", "\u6771\u4eac\u90fd"), "2-3");
    assert_string_equal(found("\u4eac abc", "\u6771\u4eac\u90fd abcd"), "1-2 4-8");
}

static void test_word_query__asks_for_something(void **state)
{
    struct word_query query;
    char many[100] = "";

    (void)state;
    assert_err(word_query_parse(arena, STR(""), &query), ERR_INVALID);
    assert_err(word_query_parse(arena, STR(" \" - \u3000\""), &query), ERR_INVALID);
    for (size_t i = 0; i < WORD_QUERY_WORDS_MAX; i++)
        memcpy(many + 2 * i, "a ", 2);
    assert_ok(word_query_parse(arena, str_from(many), &query));
    assert_int_equal(query.word_count, WORD_QUERY_WORDS_MAX);
    assert_int_equal(query.phrase_count, WORD_QUERY_WORDS_MAX);
    memcpy(many + (size_t)2 * WORD_QUERY_WORDS_MAX, "b", 1);
    assert_err(word_query_parse(arena, str_from(many), &query), ERR_LIMIT);
}

static void test_word_query__tells_so_many_places(void **state)
{
    struct word_query query = parsed("a");
    struct word_ranges ranges;
    char text[1024];
    bool matches;

    (void)state;
    memset(text, ' ', sizeof(text));
    for (size_t i = 0; i < sizeof(text); i += 2)
        text[i] = 'a';
    assert_ok(word_query_match(&query, (struct str){ text, sizeof(text) }, &matches, &ranges));
    assert_true(matches);
    assert_int_equal(ranges.count, WORD_QUERY_RANGES_MAX);
    assert_int_equal(ranges.items[1].from, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_word_query__wants_every_word),
        cmocka_unit_test(test_word_query__takes_its_last_word_as_a_beginning),
        cmocka_unit_test(test_word_query__finds_phrases),
        cmocka_unit_test(test_word_query__finds_characters_without_blanks),
        cmocka_unit_test(test_word_query__asks_for_something),
        cmocka_unit_test(test_word_query__tells_so_many_places),
    };

    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
