#include "unit.h"

#include "fake_request.h"
#include "parley/http/cookie.h"

/* How many of the name "a" there are in one header or two; *ret_value: the last one. */
static size_t find(const char *first, const char *second, struct str *ret_value)
{
    static struct fake_request fake;

    if (fake.arena != NULL)
        fake_release(&fake); /* the value of the last call is looked at until the next */

    fake_init(&fake, "GET", STR("/"));
    if (first != NULL)
        fake_param(&fake, "HTTP_COOKIE", str_from(first));
    fake_param(&fake, "HTTP_COOKIES", STR("a=other"));
    if (second != NULL)
        fake_param(&fake, "HTTP_COOKIE", str_from(second));
    return http_cookie(fake_ready(&fake), "a", ret_value);
}

static void test_cookie__is_found_among_others(void **state)
{
    struct str value;

    (void)state;
    assert_int_equal(find("b=1; a=2; aa=3; A=4", NULL, &value), 1);
    assert_str(value, "2");
    assert_int_equal(find("a=x=y==", NULL, &value), 1);
    assert_str(value, "x=y==");
    assert_int_equal(find("b=1", "c=2;a=3", &value), 1);
    assert_str(value, "3");
    assert_int_equal(find("a=", NULL, &value), 1);
    assert_int_equal(value.len, 0);
    assert_non_null(value.ptr);
}

static void test_cookie__that_is_not_there_is_absent(void **state)
{
    static const char *const headers[] = { "", ";", "a", "a; b=1", "b=a=1", "=a", "aa=1", "b=\"; c=a\"" };
    struct str value;

    (void)state;
    assert_int_equal(find(NULL, NULL, &value), 0);
    assert_null(value.ptr);
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        assert_int_equal(find(headers[i], NULL, &value), 0);
        assert_null(value.ptr);
    }
}

static void test_cookie__more_than_one_are_counted(void **state)
{
    struct str value;

    (void)state;
    assert_int_equal(find("a=1; a=2", NULL, &value), 2);
    assert_int_equal(find("a=1", "a=1", &value), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cookie__is_found_among_others),
        cmocka_unit_test(test_cookie__that_is_not_there_is_absent),
        cmocka_unit_test(test_cookie__more_than_one_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
