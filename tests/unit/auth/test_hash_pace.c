#include "../../../app/auth/hash_pace.h"

#include "unit.h"

#include <sys/resource.h>

#include "parley/core/clock.h"

/* A hash that began at 0, with nothing used. */
static struct hash_pace pace_of(enum hash_pace_kind kind, _Atomic int64_t *wanted_until_us)
{
    *wanted_until_us = 0;
    return (struct hash_pace){ .kind = kind, .wanted_until_us = wanted_until_us };
}

static void test_hash_pace__pauses_only_while_interrupted_time_after_time(void **state)
{
    _Atomic int64_t wanted_until_us;
    struct hash_pace pace = pace_of(HASH_PACE_YIELDING, &wanted_until_us);
    static const struct {
        struct hash_pace_seen seen;
        bool pauses;
    } cases[] = {
        { { .now_us = 500, .interrupted_count = 0 }, false },
        { { .now_us = 5500, .interrupted_count = 1 }, false }, /* once */
        { { .now_us = 10500, .interrupted_count = 1 }, false },
        { { .now_us = 15500, .interrupted_count = 2 }, false },
        { { .now_us = 20500, .interrupted_count = 4 }, true }, /* time after time */
        { { .now_us = 21000, .interrupted_count = 4 }, true },
        { { .now_us = 35000, .interrupted_count = 5 }, true }, /* and again meanwhile */
        { { .now_us = 50000, .interrupted_count = 5 }, true },
        { { .now_us = 55500, .interrupted_count = 5 }, false },
        { { .now_us = 60500, .interrupted_count = 6 }, false },
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
    struct hash_pace_seen seen = { .now_us = 500 };

    (void)state;
    assert_int_equal(hash_pace_pause_us(&other, &seen), 0);
    seen.interrupted_count = 1;
    assert_int_equal(hash_pace_pause_us(&one, &seen), 0);
    seen.interrupted_count = 2;
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

static long sleeps_count(void)
{
    struct rusage usage;

    assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
    return usage.ru_nvcsw;
}

/*
 * The thread computes and does nothing that could sleep: whoever sleeps is the handler. Between two pauses it must come to
 * compute, also where a pause is longer than the time to the next.
 */
static void assert_sleeps(enum hash_pace_kind kind)
{
    _Atomic int64_t wanted_until_us = INT64_MAX;
    int64_t end_us = clock_monotonic_us() + 20 * US_PER_S;
    long before_count;
    struct hash_pace pace;

    hash_pace_handle_signals();
    hash_pace_init(&pace, kind, &wanted_until_us);
    assert_true(pace.has_timer);
    before_count = sleeps_count();
    hash_pace_begin(&pace);
    pace.seen.own_cpu_us -= US_PER_MINUTE; /* as if it had used so much, whatever it gets beside other tests */
    while (sleeps_count() < before_count + 20 && clock_monotonic_us() < end_us)
        continue;
    hash_pace_end(&pace);
    hash_pace_release(&pace);
    assert_true(clock_monotonic_us() < end_us);
#ifndef __SANITIZE_THREAD__ /* which holds signals back until the next call that it knows */
    assert_true(sleeps_count() >= before_count + 20);
#endif
}

static void test_hash_pace__a_timer_lets_the_thread_sleep(void **state)
{
    (void)state;
    assert_sleeps(HASH_PACE_YIELDING);
    assert_sleeps(HASH_PACE_LIMITED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_pace__pauses_only_while_interrupted_time_after_time),
        cmocka_unit_test(test_hash_pace__all_pause_where_one_is_interrupted),
        cmocka_unit_test(test_hash_pace__normal_priority_has_a_half_and_a_quarter_beside_requests),
        cmocka_unit_test(test_hash_pace__a_timer_lets_the_thread_sleep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
