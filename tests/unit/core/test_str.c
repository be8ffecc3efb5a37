#include "unit.h"

static void test_str__split_gives_every_piece(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,");
    struct str piece;
    const char *wanted[] = { "a", "", "b", "" };
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        assert_true(str_split(&rest, ',', &piece));
        assert_str(piece, wanted[i]);
    }
    assert_false(str_split(&rest, ',', &piece));
}

static void test_str__absent_is_not_empty(void **state)
{
    (void)state;
    struct str absent = str_from(NULL);
    struct str piece;
    assert_null(absent.ptr);
    assert_false(str_split(&absent, ',', &piece));
    assert_non_null(STR("").ptr);
    assert_true(str_eq(absent, STR("")));
}

static void test_str__numbers_of_the_whole_range(void **state)
{
    (void)state;
    int64_t n = 7;
    assert_ok(str_to_int64(STR("9223372036854775807"), &n));
    assert_true(n == INT64_MAX);
    assert_ok(str_to_int64(STR("-9223372036854775808"), &n));
    assert_true(n == INT64_MIN);
    assert_ok(str_to_int64(STR("0"), &n));
    assert_true(n == 0);
}

static void test_str__bad_numbers_leave_the_output(void **state)
{
    (void)state;
    const char *bad[] = { "", "-", "+1", "1 ", " 1", "1x", "9223372036854775808", "-9223372036854775809", "1e3" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t n = 7;
        assert_err(str_to_int64(str_from(bad[i]), &n), ERR_INVALID);
        assert_true(n == 7);
    }
}

static void test_str__utf8_is_checked(void **state)
{
    (void)state;
    assert_true(str_is_utf8(STR("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")));
    assert_false(str_is_utf8(STR("\xC0\xAF")));         /* overlong */
    assert_false(str_is_utf8(STR("\xED\xA0\x80")));     /* surrogate */
    assert_false(str_is_utf8(STR("\xF4\x90\x80\x80"))); /* past U+10FFFF */
    assert_false(str_is_utf8(STR("\xE2\x82")));         /* cut short */
    assert_int_equal(str_code_points(STR("a\xC3\xA9\xF0\x9F\x98\x80")), 3);
    assert_int_equal(str_head_code_points(STR("a\xC3\xA9\xF0\x9F\x98\x80z"), 2).len, 3);
    assert_int_equal(str_head_code_points(STR("a\xC3\xA9\xF0\x9F\x98\x80z"), 3).len, 7);
    assert_int_equal(str_head_code_points(STR("a\xC3\xA9"), 9).len, 3);
}

static void test_str__compares_and_trims(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("a"), STR("ab")));
    assert_true(str_starts_with(STR("Bearer x"), STR("Bearer ")));
    assert_true(str_ends_with(STR("x.png"), STR(".png")));
    assert_false(str_ends_with(STR("g"), STR(".png")));
    assert_str(str_trim(STR(" \t a b \r\n")), "a b");
    assert_str(str_tail(STR("abc"), 9), "");
    assert_true(str_index(STR("abc"), 'd') == SIZE_MAX);
    assert_true(str_has_control(STR("a\x7F")));
}

static void test_str__cuts_at_the_first_of_a_byte(void **state)
{
    (void)state;
    struct str s = STR("a=b=c");

    assert_str(str_cut(&s, '='), "b=c");
    assert_str(s, "a");
    assert_null(str_cut(&s, '=').ptr);
    assert_str(s, "a");
    s = STR("a=");
    assert_non_null(str_cut(&s, '=').ptr);
}

static void test_str__hex_digits_are_of_either_case(void **state)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *found = c == 0 ? NULL : strchr(digits, c);
        int value = found == NULL ? -1 : (int)(found - digits) < 16 ? (int)(found - digits) : (int)(found - digits) - 6;

        assert_int_equal(str_hex_digit((char)c), value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str__split_gives_every_piece),
        cmocka_unit_test(test_str__absent_is_not_empty),
        cmocka_unit_test(test_str__numbers_of_the_whole_range),
        cmocka_unit_test(test_str__bad_numbers_leave_the_output),
        cmocka_unit_test(test_str__utf8_is_checked),
        cmocka_unit_test(test_str__compares_and_trims),
        cmocka_unit_test(test_str__cuts_at_the_first_of_a_byte),
        cmocka_unit_test(test_str__hex_digits_are_of_either_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
