#include "../../../app/bus/driver.h"

#include "arena_fixture.h"
#include "unit.h"

static struct redis_address parsed(const char *url)
{
    const struct config config = { .redis_url = url, .redis_host = "" };
    struct redis_address address;
    const char *reason = "";
    if (redis_address_from_config(arena, &config, &address, &reason) != ERR_OK)
        fail_msg("%s: %s", url, reason);
    return address;
}

static void test_redis_address__has_the_port_of_an_address_in_brackets(void **state)
{
    const struct redis_address address = parsed("redis://[::1]:6380/2");
    (void)state;
    assert_string_equal(address.host, "::1");
    assert_int_equal(address.port, 6380);
    assert_int_equal(address.database, 2);
}

static void test_redis_address__takes_a_password_that_nobody_encoded(void **state)
{
    (void)state;
    assert_string_equal(parsed("redis://:a/b?c@d@h:1/0").password, "a/b?c@d");
    assert_string_equal(parsed("redis://me:p%40ss@h").password, "p@ss");
    assert_string_equal(parsed("redis://me:p%40ss@h").user, "me");
}

static void test_redis_address__has_defaults(void **state)
{
    (void)state;
    assert_string_equal(parsed("redis://").host, "127.0.0.1");
    assert_int_equal(parsed("redis://h:/").port, 6379);
    assert_int_equal(parsed("redis://h").database, 0);
}

static void test_redis_address__takes_sockets(void **state)
{
    (void)state;
    assert_string_equal(parsed("unix:/run/redis.sock").socket, "/run/redis.sock");
    assert_string_equal(parsed("unix:///run/redis.sock?db=3").socket, "/run/redis.sock");
    assert_int_equal(parsed("unix:///run/redis.sock?db=3").database, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redis_address__has_the_port_of_an_address_in_brackets),
        cmocka_unit_test(test_redis_address__takes_a_password_that_nobody_encoded),
        cmocka_unit_test(test_redis_address__has_defaults),
        cmocka_unit_test(test_redis_address__takes_sockets),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
