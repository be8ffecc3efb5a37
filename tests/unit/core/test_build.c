#include "unit.h"

#include "parley/core/build.h"
#include "parley/core/limits.h"

static void test_build_id__is_hex_or_empty_and_always_the_same(void **state)
{
    struct arena *a = arena_new(64 * KIB);
    struct str id = build_id(a), again = build_id(a);

    (void)state;
    assert_non_null(id.ptr);
    assert_true(str_eq(id, again));
    assert_int_equal(id.len % 2, 0);
    for (size_t i = 0; i < id.len; i++)
        assert_true(str_hex_digit(id.ptr[i]) >= 0);
    arena_free(a);
}

static void test_build_id__past_the_cap_is_absent(void **state)
{
    struct arena *a = arena_new(16);

    (void)state;
    assert_non_null(arena_alloc(a, 16));
    assert_null(build_id(a).ptr);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_build_id__is_hex_or_empty_and_always_the_same),
        cmocka_unit_test(test_build_id__past_the_cap_is_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
