#include "unit.h"

#include <ctype.h>

#include "../../../app/auth/common_password.h"
#include "parley/core/limits.h"

/* The generated list itself, as the program holds it. */
struct table {
    size_t length_bytes, count;
    const char *passwords;
};

#include "common_passwords.inc"

static const char *password_at(const struct table *t, size_t i)
{
    return t->passwords + i * (t->length_bytes + 1);
}

static void test_common_password__the_famous_ones_are_known(void **state)
{
    (void)state;
    static const char *const famous[] = { "password", "12345678", "qwertyuiop", "iloveyou", "trustno1",
                                          "sunshine", "11111111", "1q2w3e4r",   "football", "princess" };

    for (size_t i = 0; i < COUNT_OF(famous); i++)
        assert_true(common_password_is(str_from(famous[i])));
}

static void test_common_password__every_one_of_ten_thousand_is_found_in_any_case(void **state)
{
    (void)state;
    char upper[PASSWORD_MAX_BYTES + 1];
    size_t count = 0;

    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        for (size_t i = 0; i < tables[t].count; i++, count++) {
            struct str password = str_from(password_at(&tables[t], i));

            assert_int_equal(password.len, tables[t].length_bytes);
            assert_true(common_password_is(password));
            for (size_t c = 0; c < password.len; c++)
                upper[c] = (char)toupper((unsigned char)password.ptr[c]);
            assert_true(common_password_is((struct str){ upper, password.len }));
        }
    }
    assert_int_equal(count, 10000);
}

static void test_common_password__what_is_not_listed_is_none(void **state)
{
    (void)state;
    static const struct str others[] = { STR_INIT(""),
                                         STR_INIT("passworc"),
                                         STR_INIT("passwor"),
                                         STR_INIT("password "),
                                         STR_INIT(" password"),
                                         STR_INIT("password\0"),
                                         STR_INIT("p\xc3\xa1ssword"),
                                         STR_INIT("correct horse battery staple"),
                                         STR_INIT("\x01\x01\x01\x01\x01\x01\x01\x01"),
                                         STR_INIT("\xff\xff\xff\xff\xff\xff\xff\xff") };
    char longest[PASSWORD_MAX_BYTES + 1];

    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(common_password_is(others[i]));
    memset(longest, 'a', sizeof(longest));
    assert_false(common_password_is((struct str){ longest, PASSWORD_MAX_BYTES }));
    assert_false(common_password_is((struct str){ longest, PASSWORD_MAX_BYTES + 1 }));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_common_password__the_famous_ones_are_known),
        cmocka_unit_test(test_common_password__every_one_of_ten_thousand_is_found_in_any_case),
        cmocka_unit_test(test_common_password__what_is_not_listed_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
