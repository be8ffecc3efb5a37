#include "waits.h"

static void test_wait__is_told_once_however_deep(void **state)
{
    (void)state;
    struct waits waits;
    waits_watch(&waits);
    blocking_begin();
    assert_int_equal(waits.begun_count, 1);
    blocking_begin();
    blocking_end();
    assert_int_equal(waits.begun_count, 1);
    assert_int_equal(waits.ended_count, 0);
    blocking_end();
    blocking_begin();
    blocking_end();
    assert_int_equal(waits_count(&waits), 2);
}

static void test_wait__is_nothing_to_a_thread_without_hooks(void **state)
{
    (void)state;
    struct waits waits;
    waits_watch(&waits);
    blocking_hooks_set(NULL);
    blocking_begin();
    blocking_end();
    assert_int_equal(waits_count(&waits), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wait__is_told_once_however_deep),
        cmocka_unit_test(test_wait__is_nothing_to_a_thread_without_hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
