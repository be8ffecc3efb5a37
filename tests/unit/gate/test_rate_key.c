#include "../../../app/gate/rate_key.h"

#include "unit.h"

static struct rate_key of_address(const char *ip)
{
    struct rate_key key;

    rate_key_address(str_from(ip), &key);
    return key;
}

static bool same_bucket(const char *a, const char *b)
{
    struct rate_key key_a = of_address(a), key_b = of_address(b);

    return str_eq(rate_key_str(&key_a), rate_key_str(&key_b));
}

static void test_rate_key__ipv6_counts_per_64(void **state)
{
    (void)state;
    assert_true(same_bucket("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"));
    assert_false(same_bucket("2001:db8:0:1::1", "2001:db8:0:2::1"));
    assert_false(same_bucket("::1", "0.0.0.1"));
}

static void test_rate_key__ipv4_counts_wholly(void **state)
{
    (void)state;
    assert_true(same_bucket("192.0.2.1", "192.0.2.1"));
    assert_false(same_bucket("192.0.2.1", "192.0.2.2"));
}

static void test_rate_key__ipv4_in_the_clothes_of_ipv6_is_ipv4(void **state)
{
    (void)state;
    assert_true(same_bucket("::ffff:192.0.2.1", "192.0.2.1"));
    assert_true(same_bucket("::ffff:c000:201", "192.0.2.1"));
    assert_false(same_bucket("::ffff:192.0.2.1", "::ffff:192.0.2.2"));
}

static void test_rate_key__what_is_no_address_is_one(void **state)
{
    (void)state;
    assert_true(same_bucket("unix:", ""));
    assert_true(same_bucket("192.0.2.1.5", "an address of far too many characters for one, so it is cut off"));
    assert_false(same_bucket("", "192.0.2.1"));
}

static void test_rate_key__a_key_counts_for_itself_and_sessions_for_their_user(void **state)
{
    struct principal one = { .user = { .bytes = { 1 } }, .session = { .bytes = { 2 } } };
    struct principal other = { .user = { .bytes = { 1 } }, .session = { .bytes = { 3 } } };
    struct principal key = { .user = { .bytes = { 1 } }, .credential = CREDENTIAL_API_KEY, .key = { .bytes = { 4 } } };
    struct rate_key of_one, of_other, of_key;

    (void)state;
    rate_key_principal(&one, &of_one);
    rate_key_principal(&other, &of_other);
    rate_key_principal(&key, &of_key);
    assert_true(str_eq(rate_key_str(&of_one), rate_key_str(&of_other)));
    assert_false(str_eq(rate_key_str(&of_one), rate_key_str(&of_key)));
}

static void test_rate_key__account_and_address_are_one_key(void **state)
{
    struct rate_key account, here, there;

    (void)state;
    rate_key_account(STR("alice@example.org"), &account);
    rate_key_account_at(STR("alice@example.org"), STR("192.0.2.1"), &here);
    rate_key_account_at(STR("alice@example.org"), STR("192.0.2.2"), &there);
    assert_false(str_eq(rate_key_str(&account), rate_key_str(&here)));
    assert_false(str_eq(rate_key_str(&here), rate_key_str(&there)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate_key__ipv6_counts_per_64),
        cmocka_unit_test(test_rate_key__ipv4_counts_wholly),
        cmocka_unit_test(test_rate_key__ipv4_in_the_clothes_of_ipv6_is_ipv4),
        cmocka_unit_test(test_rate_key__what_is_no_address_is_one),
        cmocka_unit_test(test_rate_key__a_key_counts_for_itself_and_sessions_for_their_user),
        cmocka_unit_test(test_rate_key__account_and_address_are_one_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
