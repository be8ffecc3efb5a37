#include "unit.h"

#include <string.h>

#include "parley/domain/people/email.h"
#include "parley/domain/people/username.h"

static void test_username__is_made_of_what_stands_before_the_at(void **state)
{
    (void)state;
    static const struct {
        const char *email, *username;
    } cases[] = {
        { "alice@example.org", "alice" },
        { "Alice.Smith@example.org", "alice.smith" },
        { "alice+news@example.org", "alice" },
        { "+news@example.org", "news" },
        { "-a-@example.org", "a" },
        { "o'neil_2@example.org", "oneil_2" },
        { "\xC3\xA9\xC3\xA9@example.org", "user" },
        { "..@example.org", "user" },
        { "", "user" },
        { "no-at-sign", "no-at-sign" },
    };
    char username[USERNAME_BYTES];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        username_from_email(str_from(cases[i].email), username);
        assert_string_equal(username, cases[i].username);
    }
}

static void test_username__stays_within_its_length(void **state)
{
    (void)state;
    char email[200], username[USERNAME_BYTES], varied[USERNAME_BYTES];

    memset(email, 'a', sizeof(email));
    username_from_email((struct str){ email, sizeof(email) }, username);
    assert_in_range(strlen(username), 1, USERNAME_MAX_CHARS);
    username_vary(str_from(username), varied);
    assert_in_range(strlen(varied), strlen(username) + 2, USERNAME_MAX_CHARS);
}

static void test_username__varied_ones_differ_and_keep_their_beginning(void **state)
{
    (void)state;
    char first[USERNAME_BYTES], second[USERNAME_BYTES];

    username_vary(STR("alice"), first);
    username_vary(STR("alice"), second);
    assert_memory_equal(first, "alice-", 6);
    assert_string_not_equal(first, second);
}

static void test_email__is_one_key_however_it_is_typed(void **state)
{
    (void)state;
    struct arena *a = arena_new(4096);

    assert_str(email_normalise(a, STR("  Alice.B@Example.ORG\t")), "alice.b@example.org");
    assert_str(email_normalise(a, STR("")), "");
    assert_str(email_normalise(a, STR("u@B\u00dcCHER.example")), "u@xn--bcher-kva.example");
    assert_str(email_normalise(a, STR("u@bu\u0308cher.example")), "u@xn--bcher-kva.example");
    assert_str(email_normalise(a, STR("u@XN--BCHER-KVA.example")), "u@xn--bcher-kva.example");
    assert_str(email_normalise(a, STR("JOSE\u0301@example.org")), "jos\u00e9@example.org");
    assert_str(email_normalise(a, STR("stra\u00dfe+b@example.org")), "stra\u00dfe+b@example.org");
    assert_null(email_normalise(a, (struct str){ NULL, 0 }).ptr);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_username__is_made_of_what_stands_before_the_at),
        cmocka_unit_test(test_username__stays_within_its_length),
        cmocka_unit_test(test_username__varied_ones_differ_and_keep_their_beginning),
        cmocka_unit_test(test_email__is_one_key_however_it_is_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
