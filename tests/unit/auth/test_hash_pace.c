#include "../../../app/auth/hash_pace.h"

#include "unit.h"

/* A hash that began at 0, with nothing used. */
static struct hash_pace pace_of(enum hash_pace_kind kind, _Atomic int64_t *wanted_until_us)
{
    *wanted_until_us = 0;
    return (struct hash_pace){ .kind = kind, .wanted_until_us = wanted_until_us };
}

static void test_hash_pace__pauses_only_while_interrupted(void **state)
{
    _Atomic int64_t wanted_until_us;
    struct hash_pace pace = pace_of(HASH_PACE_YIELDING, &wanted_until_us);
    static const struct {
        struct hash_pace_seen seen;
        bool pauses;
    } cases[] = {
        { { .now_us = 500, .own_cpu_us = 500, .interrupted_count = 0 }, false },
        { { .now_us = 1000, .own_cpu_us = 1000, .interrupted_count = 1 }, true },
        { { .now_us = 15000, .own_cpu_us = 14000, .interrupted_count = 1 }, true },
        { { .now_us = 40000, .own_cpu_us = 38000, .interrupted_count = 1 }, false },
        { { .now_us = 40500, .own_cpu_us = 38000, .interrupted_count = 5 }, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(hash_pace_pause_us(&pace, &cases[i].seen) > 0, cases[i].pauses);
}

/* A processor that nobody interrupts fetches nothing from one where others wait. */
static void test_hash_pace__all_pause_where_one_is_interrupted(void **state)
{
    _Atomic int64_t wanted_until_us;
    struct hash_pace one = pace_of(HASH_PACE_YIELDING, &wanted_until_us);
    struct hash_pace other = pace_of(HASH_PACE_YIELDING, &wanted_until_us);
    struct hash_pace_seen seen = { .now_us = 500, .own_cpu_us = 500 };

    (void)state;
    assert_int_equal(hash_pace_pause_us(&other, &seen), 0);
    seen.interrupted_count = 1;
    assert_true(hash_pace_pause_us(&one, &seen) > 0);
    seen.interrupted_count = 0;
    assert_true(hash_pace_pause_us(&other, &seen) > 0);
}

static void test_hash_pace__normal_priority_has_a_half_and_a_quarter_beside_requests(void **state)
{
    _Atomic int64_t wanted_until_us;
    struct hash_pace pace = pace_of(HASH_PACE_LIMITED, &wanted_until_us);
    static const struct {
        struct hash_pace_seen seen;
        int64_t pause_us;
    } cases[] = {
        { { .now_us = 500, .own_cpu_us = 500, .process_cpu_us = 500 }, 500 },
        { { .now_us = 2000, .own_cpu_us = 1000, .process_cpu_us = 1000 }, 0 },
        { { .now_us = 9000, .own_cpu_us = 500, .process_cpu_us = 600 }, 0 },
        { { .now_us = 2000, .own_cpu_us = 1000, .process_cpu_us = 3000 }, 2000 },
        { { .now_us = 4000, .own_cpu_us = 1000, .process_cpu_us = 5000 }, 0 },
        { { .now_us = 1000, .own_cpu_us = 900, .process_cpu_us = 2000 }, 2000 }, /* the longest */
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(hash_pace_pause_us(&pace, &cases[i].seen), cases[i].pause_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_pace__pauses_only_while_interrupted),
        cmocka_unit_test(test_hash_pace__all_pause_where_one_is_interrupted),
        cmocka_unit_test(test_hash_pace__normal_priority_has_a_half_and_a_quarter_beside_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
