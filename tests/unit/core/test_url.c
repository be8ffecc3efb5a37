#include "parley/core/url.h"

#include "unit.h"

static struct url split(const char *text, enum url_query query)
{
    struct url url;
    if (url_split(str_from(text), query, &url) != ERR_OK)
        fail_msg("%s", text);
    return url;
}

#define assert_part(part, text) \
    do { \
        if (!str_eq_c(part, text)) \
            fail_msg("%.*s instead of %s", STR_FMT(part), text); \
    } while (0)

static void test_url__has_its_parts(void **state)
{
    const struct url url = split("mysql+x://me:p@ss@db.example.org:3307/parley?a=1&b", URL_QUERY);
    (void)state;
    assert_part(url.scheme, "mysql+x");
    assert_part(url.user, "me");
    assert_part(url.password, "p@ss");
    assert_part(url.host, "db.example.org");
    assert_part(url.port, "3307");
    assert_part(url.host_port, "db.example.org:3307");
    assert_part(url.path, "/parley");
    assert_part(url.query, "a=1&b");
}

static void test_url__leaves_absent_what_is_not_there(void **state)
{
    const struct url url = split("host", URL_QUERY);
    (void)state;
    assert_part(url.host, "host");
    assert_null(url.scheme.ptr);
    assert_null(url.user.ptr);
    assert_null(url.password.ptr);
    assert_null(url.port.ptr);
    assert_null(url.path.ptr);
    assert_null(url.query.ptr);
    assert_part(split("", URL_QUERY).host, "");
    assert_non_null(split("://h", URL_QUERY).scheme.ptr);
    assert_non_null(split("h:", URL_QUERY).port.ptr);
    assert_non_null(split(":@h", URL_QUERY).password.ptr);
}

static void test_url__keeps_a_password_that_nobody_encoded(void **state)
{
    (void)state;
    assert_part(split("redis://:a/b?c@h:1/2", URL_NO_QUERY).password, "a/b?c");
    assert_part(split("redis://:a/b?c@h:1/2", URL_NO_QUERY).path, "/2");
    assert_part(split("mysql://u:a/b@h/x?ca=c@d", URL_QUERY).password, "a/b");
    assert_part(split("mysql://u:a/b@h/x?ca=c@d", URL_QUERY).query, "ca=c@d");
}

static void test_url__has_no_user_without_a_host(void **state)
{
    const struct url url = split("sqlite:////srv/a@b.db", URL_QUERY);
    (void)state;
    assert_part(url.path, "//srv/a@b.db");
    assert_part(url.host_port, "");
    assert_null(url.user.ptr);
}

static void test_url__takes_addresses_in_brackets(void **state)
{
    struct url url = split("x://u@[::1]:3308/", URL_QUERY);
    (void)state;
    assert_part(url.host, "::1");
    assert_part(url.port, "3308");
    assert_part(url.host_port, "[::1]:3308");
    assert_null(split("[::1]", URL_QUERY).port.ptr);
    assert_err(url_split(STR("x://[::1"), URL_QUERY, &url), ERR_INVALID);
    assert_err(url_split(STR("x://[::1]8/"), URL_QUERY, &url), ERR_INVALID);
    assert_part(url.port, "3308");
}

static void test_url__has_a_port_that_is_one(void **state)
{
    static const char *const bad[] = { "h:0", "h:65536", "h:x", "h:-1", "h:1:2", "h:99999999999999999999" };
    struct url url = split("h:65535", URL_QUERY);
    int port = 7;
    (void)state;
    assert_ok(url_port(&url, 80, &port));
    assert_int_equal(port, 65535);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        url = split(bad[i], URL_QUERY);
        assert_err(url_port(&url, 80, &port), ERR_INVALID);
        assert_int_equal(port, 65535);
    }
    url = split("h", URL_QUERY);
    assert_ok(url_port(&url, 80, &port));
    assert_int_equal(port, 80);
    url = split("h:/", URL_QUERY);
    assert_ok(url_port(&url, 0, &port));
    assert_int_equal(port, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_url__has_its_parts),
        cmocka_unit_test(test_url__leaves_absent_what_is_not_there),
        cmocka_unit_test(test_url__keeps_a_password_that_nobody_encoded),
        cmocka_unit_test(test_url__has_no_user_without_a_host),
        cmocka_unit_test(test_url__takes_addresses_in_brackets),
        cmocka_unit_test(test_url__has_a_port_that_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
