#include "unit.h"

#include "parley/core/emoji.h"

static void check(const char *text, const char *wanted)
{
    char emoji[EMOJI_BYTES];

    assert_int_equal(emoji_canonical(str_from(text), emoji), ERR_OK);
    assert_string_equal(emoji, wanted);
    assert_int_equal(emoji_canonical(str_from(emoji), emoji), ERR_OK);
    assert_string_equal(emoji, wanted);
}

static void refuse(const char *text)
{
    char emoji[EMOJI_BYTES];

    assert_int_equal(emoji_canonical(str_from(text), emoji), ERR_INVALID);
}

static void test_emoji__of_each_form_is_taken(void **state)
{
    (void)state;
    check("\U0001F44D", "\U0001F44D");
    check("\U0001F44D\U0001F3FD", "\U0001F44D\U0001F3FD");                 /* with a skin tone */
    check("\U0001F1E9\U0001F1EA", "\U0001F1E9\U0001F1EA");                 /* a flag */
    check("\U0001F3FB", "\U0001F3FB");                                     /* a skin tone by itself */
    check("\U0001F3F4\u200D\u2620\uFE0F", "\U0001F3F4\u200D\u2620\uFE0F"); /* a pirate's flag */
    check("\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",
          "\U0001F3F4\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F"); /* Scotland's */
    check("\U0001F468\U0001F3FB\u200D\u2764\uFE0F\u200D\U0001F48B\u200D\U0001F468\U0001F3FF",
          "\U0001F468\U0001F3FB\u200D\u2764\uFE0F\u200D\U0001F48B\u200D\U0001F468\U0001F3FF");
    check("\U0001FAE8", "\U0001FAE8"); /* of Unicode 15 */
}

static void test_emoji__has_one_form(void **state)
{
    (void)state;
    check("\u2764", "\u2764\uFE0F");
    check("\u2764\uFE0F", "\u2764\uFE0F");
    check("\U0001F44D\uFE0F", "\U0001F44D"); /* coloured anyway */
    check("1\u20E3", "1\uFE0F\u20E3");
    check("\u261D\uFE0F\U0001F3FD", "\u261D\U0001F3FD");
    check("\U0001F441\u200D\U0001F5E8", "\U0001F441\uFE0F\u200D\U0001F5E8\uFE0F");
}

static void test_emoji__something_else_is_refused(void **state)
{
    (void)state;
    refuse("");
    refuse("a");
    refuse("1");
    refuse("#");
    refuse(":)");
    refuse(":thumbsup:");
    refuse("\U0001F44D\U0001F44D");
    refuse("\U0001F44D ");
    refuse("\U0001F1E9");
    refuse("\U0001F1E9\U0001F1EA\U0001F1EB");
    refuse("\u2764\uFE0E"); /* the letter, said so */
    refuse("\U0001F44D\u200D");
    refuse("\u200D\U0001F44D");
    refuse("\u200D");
    refuse("\uFE0F");
    refuse("\U0001F697\U0001F3FD"); /* a car has no skin */
    refuse("\U0001F3F4\U000E0067");
    refuse("\U0001F44D\xFF");
    refuse("\xF0\x9F\x91");
}

static void test_emoji__that_does_not_fit_is_refused(void **state)
{
    (void)state;
    refuse(
        "\U0001F468\u200D\U0001F468\u200D\U0001F468\u200D\U0001F468\u200D\U0001F468\u200D\U0001F468\u200D\U0001F468\u200D"
        "\U0001F468\u200D\U0001F468\u200D\U0001F468");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_emoji__of_each_form_is_taken),
        cmocka_unit_test(test_emoji__has_one_form),
        cmocka_unit_test(test_emoji__something_else_is_refused),
        cmocka_unit_test(test_emoji__that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
