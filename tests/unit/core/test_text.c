#include "parley/core/text.h"

#include "unit.h"

static void test_text__shows_something_or_nothing(void **state)
{
    static const char *const nothing[] = {
        "", " ", "\n\t", "\u3000", "\u200b", "\u00a0\u2003", "\ufeff", "\u2060", "\u3164", "\u00ad", "\u2800", "\u202e",
    };
    static const char *const something[] = { "a", " . ", "\u3000x", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
                                             "\u6f22" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(nothing); i++)
        if (text_shows(str_from(nothing[i])))
            fail_msg("shows, number %zu", i);
    for (size_t i = 0; i < COUNT_OF(something); i++)
        if (!text_shows(str_from(something[i])))
            fail_msg("does not show, number %zu", i);
    assert_false(text_hides(STR("a b")));
    assert_true(text_hides(STR("a\u200bb")) && text_hides(STR("a\u00a0b")));
}

static void test_text__lines_have_no_controls_and_turn_nothing(void **state)
{
    (void)state;
    assert_true(text_is_line(STR("a b\u200d")) && text_is_line(STR("")));
    assert_false(text_is_line(STR("a\nb")) || text_is_line(STR("a\x7f")) || text_is_line(STR("a\xc2\x85")) ||
                 text_is_line(STR("a\u2028")));
    assert_true(text_turns_direction(STR("a\u202ex")) && text_turns_direction(STR("\u2066x")));
    assert_false(text_turns_direction(STR("\u05d0\u200f")));
    assert_str(text_trim(STR("\u3000 a b\u00a0\r\n")), "a b");
    assert_str(text_trim(STR(" \u2003")), "");
}

static void test_text__has_forms(void **state)
{
    struct arena *a = arena_new(4096);
    struct str out;

    (void)state;
    assert_ok(text_compact(a, STR("123 456"), &out));
    assert_str(out, "123456");
    assert_ok(text_compact(a, STR("ABCDE\u00a0-\u2011FGHIJ\n"), &out));
    assert_str(out, "ABCDEFGHIJ");
    assert_ok(text_compose(a, STR("Pa\u0308ss \ufb01 "), &out));
    assert_str(out, "P\u00e4ss \ufb01 ");
    assert_err(text_compose(a, STR("\xff"), &out), ERR_INVALID);
    assert_ok(text_lower(a, STR("JOSE\u0301 Stra\u00dfe"), &out));
    assert_str(out, "jos\u00e9 stra\u00dfe");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text__shows_something_or_nothing),
        cmocka_unit_test(test_text__lines_have_no_controls_and_turn_nothing),
        cmocka_unit_test(test_text__has_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
