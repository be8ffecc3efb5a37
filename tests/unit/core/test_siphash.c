#include "parley/core/siphash.h"

#include "unit.h"

/* Key and texts of the paper's appendix: bytes counting up from zero. */
static const struct siphash_key counting = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };
static const char bytes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };

static uint64_t of_first(size_t len)
{
    return siphash(&counting, (struct str){ bytes, len });
}

static void test_siphash__gives_the_papers_value(void **state)
{
    (void)state;
    assert_true(of_first(15) == UINT64_C(0xa129ca6149be45e5));
}

static void test_siphash__takes_every_length(void **state)
{
    (void)state;
    assert_true(of_first(0) == UINT64_C(0x726fdb47dd0e0e31));
    assert_true(of_first(1) == UINT64_C(0x74f839c593dc67fd));
    assert_true(of_first(8) == UINT64_C(0x93f5f5799a932462));
}

static void test_siphash__keys_differ(void **state)
{
    struct siphash_key a = siphash_key_new(), b = siphash_key_new();

    (void)state;
    assert_true(siphash(&a, STR("x")) != siphash(&b, STR("x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash__gives_the_papers_value),
        cmocka_unit_test(test_siphash__takes_every_length),
        cmocka_unit_test(test_siphash__keys_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
