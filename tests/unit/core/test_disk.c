#include "unit.h"

#include "parley/core/disk.h"

static void test_disk__tells_the_room_of_a_place(void **state)
{
    (void)state;
    assert_true(disk_free_bytes("/tmp") > 0);
    assert_true(disk_free_bytes("/proc") >= 0);
}

static void test_disk__without_a_place_has_none(void **state)
{
    (void)state;
    assert_int_equal(disk_free_bytes("/no/such/place"), -1);
    assert_int_equal(disk_free_bytes(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk__tells_the_room_of_a_place),
        cmocka_unit_test(test_disk__without_a_place_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
