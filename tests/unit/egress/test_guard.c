#include "parley/egress/guard.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

#include "unit.h"

static bool is_inner(const char *text)
{
    struct sockaddr_in in = { .sin_family = AF_INET };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return guard_is_inner((struct sockaddr *)&in);
    if (inet_pton(AF_INET6, text, &in6.sin6_addr) != 1)
        fail_msg("%s is no address", text);
    return guard_is_inner((struct sockaddr *)&in6);
}

static void check_all(const char *const *addresses, bool inner)
{
    for (size_t i = 0; addresses[i] != NULL; i++) {
        if (is_inner(addresses[i]) != inner)
            fail_msg("%s should be %s", addresses[i], inner ? "inner" : "public");
    }
}

static void test_guard__knows_inner_ipv4(void **state)
{
    (void)state;
    static const char *const inner[] = { "0.0.0.0",      "0.1.2.3",         "10.0.0.0",   "10.255.255.255",
                                         "100.64.0.0",   "100.127.255.255", "127.0.0.1",  "127.255.255.255",
                                         "169.254.0.1",  "169.254.169.254", "172.16.0.0", "172.31.255.255",
                                         "192.0.0.1",    "192.0.0.170",     "192.0.2.1",  "192.88.99.1",
                                         "192.168.0.1",  "192.168.255.255", "198.18.0.0", "198.19.255.255",
                                         "198.51.100.1", "203.0.113.1",     "224.0.0.1",  "239.255.255.255",
                                         "240.0.0.1",    "255.255.255.255", NULL };
    check_all(inner, true);
}

static void test_guard__lets_public_ipv4_pass(void **state)
{
    (void)state;
    static const char *const outer[] = {
        "1.1.1.1",         "9.255.255.255",   "11.0.0.0",       "100.63.255.255", "100.128.0.0",     "126.255.255.255",
        "128.0.0.1",       "169.253.255.255", "169.255.0.0",    "172.15.255.255", "172.32.0.0",      "192.0.1.0",
        "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",     "223.255.255.255", NULL
    };
    check_all(outer, false);
}

static void test_guard__knows_inner_ipv6(void **state)
{
    (void)state;
    static const char *const inner[] = {
        "::",         "::1",        "::2",     "fc00::1", "fd12:3456::1",    "fe80::1",
        "febf::1",    "fec0::1",    "ff02::1", "ff0e::1", "100::1",          "2001:db8::1",
        "2001:20::1", "2001:10::1", "3fff::1", "5f00::1", "2620:4f:8000::1", NULL
    };
    check_all(inner, true);
}

static void test_guard__lets_public_ipv6_pass(void **state)
{
    (void)state;
    static const char *const outer[] = {
        "2606:4700:4700::1111", "2a00:1450:4001::200e", "2001:4860:4860::8888", "2003::1", "2400::1", NULL
    };
    check_all(outer, false);
}

static void test_guard__looks_into_ipv6_forms_of_ipv4(void **state)
{
    (void)state;
    static const char *const inner[] = { "::ffff:127.0.0.1",
                                         "::ffff:10.1.2.3",
                                         "::ffff:169.254.169.254", /* mapped */
                                         "::ffff:0:127.0.0.1",     /* SIIT, RFC 2765 */
                                         "::127.0.0.1",
                                         "::8.8.8.8", /* compatible: gone from the net */
                                         "64:ff9b::127.0.0.1",
                                         "64:ff9b::192.168.1.1",
                                         "64:ff9b::169.254.169.254", /* NAT64 */
                                         "64:ff9b:1::8.8.8.8",
                                         "64:ff9b:1::127.0.0.1", /* NAT64 of one's own network */
                                         "2002:7f00:1::",
                                         "2002:c0a8:101::1",
                                         "2002:a9fe:a9fe::", /* 6to4 */
                                         "2002:808:808::1",  /* even of a public address */
                                         "2001:0:53aa:64c:0:7fff:80ff:fffe",
                                         "2001::1", /* Teredo */
                                         "2a00:1450::5efe:10.0.0.1",
                                         "2a00:1450::200:5efe:127.0.0.1", /* ISATAP */
                                         NULL };
    static const char *const outer[] = { "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2a00:1450::5efe:8.8.8.8", NULL };
    check_all(inner, true);
    check_all(outer, false);
}

static void test_guard__refuses_other_families(void **state)
{
    (void)state;
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    assert_true(guard_is_inner((struct sockaddr *)&un));
}

static void test_guard__knows_the_ports(void **state)
{
    (void)state;
    assert_true(guard_is_port_allowed(443));
    assert_true(guard_is_port_allowed(80));
    assert_false(guard_is_port_allowed(22));
    assert_false(guard_is_port_allowed(6379));
    assert_false(guard_is_port_allowed(0));
    assert_false(guard_is_port_allowed(65616)); /* 80, after a wrap */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard__knows_inner_ipv4),
        cmocka_unit_test(test_guard__lets_public_ipv4_pass),
        cmocka_unit_test(test_guard__knows_inner_ipv6),
        cmocka_unit_test(test_guard__lets_public_ipv6_pass),
        cmocka_unit_test(test_guard__looks_into_ipv6_forms_of_ipv4),
        cmocka_unit_test(test_guard__refuses_other_families),
        cmocka_unit_test(test_guard__knows_the_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
