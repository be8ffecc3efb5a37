#include "unit.h"

#include "parley/core/list.h"

enum { MANY = 1000, CAP_BYTES = 256 * 1024 };

static void test_list__keeps_all_elements_in_order(void **state)
{
    (void)state;
    struct arena *a = arena_new(CAP_BYTES);
    struct list list = { NULL, 0 };
    const int64_t *items;

    for (int64_t i = 0; i < MANY; i++) {
        int64_t *added = list_add(a, &list, sizeof(*added));
        assert_non_null(added);
        assert_int_equal(*added, 0);
        *added = i;
    }
    assert_int_equal(list.count, MANY);
    items = list.items;
    for (int64_t i = 0; i < MANY; i++)
        assert_int_equal(items[i], i);
    arena_free(a);
}

static void test_list__past_the_cap_stays_as_it_was(void **state)
{
    (void)state;
    struct arena *a = arena_new(1024);
    struct list list = { NULL, 0 };
    size_t count = 0;

    while (list_add(a, &list, 64) != NULL)
        count++;
    assert_true(count > 0);
    assert_int_equal(list.count, count);
    assert_int_equal(arena_check(a), ERR_NO_MEMORY);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list__keeps_all_elements_in_order),
        cmocka_unit_test(test_list__past_the_cap_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
