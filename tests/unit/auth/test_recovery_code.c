#include "unit.h"

#include <string.h>

#include "keys_fixture.h"
#include "parley/auth/recovery_code.h"

static struct keys_fixture fixture;
static struct keys *keys;

static int setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    keys = fixture_open(&fixture);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    keys_free(keys);
    fixture_release(&fixture);
    return 0;
}

static const struct uuid alice = { { 1 } }, bob = { { 2 } };

static void test_recovery_code__has_two_groups_of_five(void **state)
{
    (void)state;
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
    char seen[33] = "", code[RECOVERY_CODE_BYTES], other[RECOVERY_CODE_BYTES];

    for (int i = 0; i < 400; i++) {
        recovery_code_new(code);
        assert_int_equal(strlen(code), 11);
        assert_int_equal(code[5], '-');
        for (size_t j = 0; j < 11; j++) {
            if (j == 5)
                continue;
            assert_non_null(strchr(letters, code[j]));
            seen[strchr(letters, code[j]) - letters] = 1;
        }
    }
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(seen[i], 1);
    recovery_code_new(other);
    assert_string_not_equal(code, other);
}

static void test_recovery_code__is_the_same_however_it_is_typed(void **state)
{
    (void)state;
    static const char *const typed[] = { "01abc-xyz10", "01ABC-XYZ10", "01abcxyz10", "oiabc-xyzlo",
                                         " O1-a-b-c xyz L0 " };
    uint8_t wanted[SHA256_BYTES], hash[SHA256_BYTES];

    assert_ok(recovery_code_hash(keys, &alice, str_from(typed[0]), wanted));
    for (size_t i = 1; i < COUNT_OF(typed); i++) {
        assert_ok(recovery_code_hash(keys, &alice, str_from(typed[i]), hash));
        assert_memory_equal(hash, wanted, sizeof(hash));
    }
}

static void test_recovery_code__is_bound_to_its_user_and_server(void **state)
{
    (void)state;
    struct keys_fixture other;
    struct keys *foreign;
    uint8_t a[SHA256_BYTES], b[SHA256_BYTES];

    assert_ok(recovery_code_hash(keys, &alice, STR("01abc-xyz10"), a));
    assert_ok(recovery_code_hash(keys, &bob, STR("01abc-xyz10"), b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_ok(recovery_code_hash(keys, &alice, STR("01abc-xyz11"), b));
    assert_memory_not_equal(a, b, sizeof(a));
    fixture_init(&other);
    foreign = fixture_open(&other);
    assert_ok(recovery_code_hash(foreign, &alice, STR("01abc-xyz10"), b));
    assert_memory_not_equal(a, b, sizeof(a));
    keys_free(foreign);
    fixture_release(&other);
}

static void test_recovery_code__what_cannot_be_one_is_refused(void **state)
{
    (void)state;
    static const struct str wrong[] = {
        { NULL, 0 },
        STR_INIT(""),
        STR_INIT("-----"),
        STR_INIT("01abc-xyz1"),
        STR_INIT("01abc-xyz100"),
        STR_INIT("01abc_xyz10"),
        STR_INIT("u1abc-xyz10"),
        { "01abc-xyz1\0", 11 },
    };
    uint8_t hash[SHA256_BYTES];

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_err(recovery_code_hash(keys, &alice, wrong[i], hash), ERR_CODE_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovery_code__has_two_groups_of_five),
        cmocka_unit_test(test_recovery_code__is_the_same_however_it_is_typed),
        cmocka_unit_test(test_recovery_code__is_bound_to_its_user_and_server),
        cmocka_unit_test(test_recovery_code__what_cannot_be_one_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
