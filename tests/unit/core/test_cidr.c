#include "unit.h"

#include <stdio.h>

#include "parley/core/cidr.h"
#include "parley/core/limits.h"

static void assert_normal(const char *typed, const char *wanted)
{
    struct buf out;
    size_t bad = 99;

    buf_init(&out, 10000);
    if (cidr_list_normalise(str_from(typed), &out, &bad) != ERR_OK)
        fail_msg("\"%s\": item %zu is bad", typed, bad);
    assert_int_equal(bad, 99);
    assert_str(buf_str(&out), wanted);
    buf_release(&out);
}

static void assert_bad(const char *typed, size_t wanted)
{
    struct buf out;
    size_t bad = 99;

    buf_init(&out, 10000);
    if (cidr_list_normalise(str_from(typed), &out, &bad) != ERR_INVALID)
        fail_msg("\"%s\" was taken", typed);
    assert_int_equal(bad, wanted);
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void test_cidr__lists_have_one_form(void **state)
{
    (void)state;
    assert_normal("192.0.2.1", "192.0.2.1");
    assert_normal(" 192.0.2.1 ,\t198.51.100.0/24 ", "192.0.2.1,198.51.100.0/24");
    assert_normal("192.0.2.1/32,192.0.2.1", "192.0.2.1");
    assert_normal("0.0.0.0/0", "0.0.0.0/0");
    assert_normal("2001:DB8:0:0::1/128", "2001:db8::1");
    assert_normal("2001:db8::/32,::/0", "2001:db8::/32,::/0");
    assert_normal("10.0.0.0/8,10.0.0.0/9", "10.0.0.0/8,10.0.0.0/9");
}

static void test_cidr__a_mapped_address_is_the_ipv4_address(void **state)
{
    (void)state;
    assert_normal("::ffff:192.0.2.1", "192.0.2.1");
    assert_normal("::FFFF:c000:201,192.0.2.1", "192.0.2.1");
    assert_normal("::ffff:10.0.0.0/104", "10.0.0.0/8");
    assert_normal("::ffff:0.0.0.0/96", "0.0.0.0/0");
    assert_normal("::192.0.2.1", "::192.0.2.1");
}

static void test_cidr__the_bad_item_is_named(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        "x",
        "192.0.2",
        "192.0.2.1.5",
        "192.0.2.256",
        "192.0.2.01",
        "192.0.2.1/",
        "192.0.2.0/33",
        "192.0.2.1/24",
        "10.0.0.0/08",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "192.0.2.1:80",
        "[::1]",
        "fe80::1%lo",
        "::1/129",
        "2001:db8::1/32",
        "1:2:3:4:5:6:7",
        "/8",
        "localhost",
        "10.0.0.0/0",
        "::ffff:0:0/95",
        "192.0.2.0/ 24",
        "0x7f.0.0.1",
        "10.0.0.0/+8",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_bad(bad[i], 0);
    assert_bad("192.0.2.1,", 1);
    assert_bad(",192.0.2.1", 0);
    assert_bad("192.0.2.1,10.0.0.0/8,nonsense,x", 2);
    assert_bad("192.0.2.1 198.51.100.1", 0);
}

static void test_cidr__a_list_has_its_end(void **state)
{
    struct buf typed;

    (void)state;
    buf_init(&typed, 10000);
    for (int i = 0; i < CIDR_LIST_MAX; i++)
        buf_addf(&typed, "%s10.0.0.%d", i > 0 ? "," : "", i);
    assert_normal(typed.ptr, typed.ptr);
    buf_add_c(&typed, ",10.0.0.0");
    assert_bad(typed.ptr, CIDR_LIST_MAX);
    buf_release(&typed);
}

static void test_cidr__lists_cover_one_another(void **state)
{
    (void)state;
    assert_true(cidr_list_covers(STR("10.0.0.0/8,::1"), STR("10.1.0.0/16,10.2.3.4,::1")));
    assert_true(cidr_list_covers(STR("0.0.0.0/0"), STR("10.0.0.0/8")));
    assert_false(cidr_list_covers(STR("10.1.0.0/16"), STR("10.0.0.0/8")));
    assert_false(cidr_list_covers(STR("10.0.0.0/8"), STR("10.0.0.1,192.0.2.1")));
    assert_false(cidr_list_covers(STR("0.0.0.0/0"), STR("::1")));
}

static void test_cidr__finds_addresses(void **state)
{
    static const struct {
        const char *list, *address;
        bool wanted;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1", true },
        { "192.0.2.1", "192.0.2.2", false },
        { "192.0.2.1", "::ffff:192.0.2.1", true },
        { "192.0.2.1", "::192.0.2.1", false },
        { "198.51.100.0/25", "198.51.100.127", true },
        { "198.51.100.0/25", "198.51.100.128", false },
        { "10.0.0.0/7", "11.255.255.255", true },
        { "10.0.0.0/7", "12.0.0.0", false },
        { "0.0.0.0/0", "203.0.113.9", true },
        { "0.0.0.0/0", "2001:db8::1", false },
        { "::/0", "2001:db8::1", true },
        { "::/0", "203.0.113.9", false },
        { "::/0", "::ffff:203.0.113.9", false },
        { "2001:db8::/33", "2001:db8:7fff::1", true },
        { "2001:db8::/33", "2001:db8:8000::1", false },
        { "192.0.2.1,2001:db8::1", "2001:db8::1", true },
        { "192.0.2.1,2001:db8::1", "2001:db8::2", false },
        { "", "192.0.2.1", false },
        { "192.0.2.1", "", false },
        { "192.0.2.1", "192.0.2.1/32", false },
        { "nonsense,192.0.2.1", "192.0.2.1", true },
        { "0.0.0.0/0", "unix:", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (cidr_list_has(str_from(cases[i].list), str_from(cases[i].address)) != cases[i].wanted)
            fail_msg("\"%s\" in \"%s\"", cases[i].address, cases[i].list);
    assert_false(cidr_list_has((struct str){ NULL, 0 }, STR("192.0.2.1")));
    assert_false(cidr_list_has(STR("0.0.0.0/0"), (struct str){ NULL, 0 }));
    assert_false(cidr_list_has(STR("0.0.0.0/0"), (struct str){ "192.0.2.1\0x", 11 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cidr__lists_have_one_form),
        cmocka_unit_test(test_cidr__a_mapped_address_is_the_ipv4_address),
        cmocka_unit_test(test_cidr__the_bad_item_is_named),
        cmocka_unit_test(test_cidr__a_list_has_its_end),
        cmocka_unit_test(test_cidr__lists_cover_one_another),
        cmocka_unit_test(test_cidr__finds_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
