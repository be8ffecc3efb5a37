#include "../../../app/ai/breaker.h"

#include "unit.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"

#define NOW (1000 * US_PER_S)

static void fail_times(struct breaker *breaker, int count, int64_t now_us)
{
    while (count-- > 0)
        breaker_bad(breaker, AI_FAULT_SERVICE_ERROR, now_us);
}

static void test_breaker__opens_after_so_many_faults_in_a_row(void **state)
{
    struct breaker breaker = { 0 };

    (void)state;
    fail_times(&breaker, AI_BREAKER_ROW - 1, NOW);
    assert_false(breaker_is_open(&breaker, NOW));
    breaker_good(&breaker, NOW);
    fail_times(&breaker, AI_BREAKER_ROW - 1, NOW);
    assert_false(breaker_is_open(&breaker, NOW));
    assert_false(breaker_pass(&breaker));
    fail_times(&breaker, 1, NOW);
    assert_true(breaker_is_open(&breaker, NOW));
    assert_int_equal(breaker.fault, AI_FAULT_SERVICE_ERROR);
    assert_true(breaker_is_open(&breaker, NOW + AI_BREAKER_OPEN_S * US_PER_S - 1));
    assert_false(breaker_is_open(&breaker, NOW + AI_BREAKER_OPEN_S * US_PER_S));
}

static void test_breaker__opens_where_half_fails(void **state)
{
    struct breaker breaker = { 0 };

    (void)state;
    for (int i = 0; i < AI_BREAKER_SEEN_MIN / 2 - 1; i++) {
        breaker_good(&breaker, NOW);
        breaker_bad(&breaker, AI_FAULT_CUT_OFF, NOW);
    }
    breaker_good(&breaker, NOW);
    assert_false(breaker_is_open(&breaker, NOW));
    breaker_bad(&breaker, AI_FAULT_CUT_OFF, NOW);
    assert_true(breaker_is_open(&breaker, NOW));
}

static void test_breaker__bears_a_little_less(void **state)
{
    struct breaker breaker = { 0 };

    (void)state;
    breaker_good(&breaker, NOW);
    for (int i = 0; i < 2 * AI_BREAKER_SEEN_MIN; i++) {
        breaker_good(&breaker, NOW);
        breaker_bad(&breaker, AI_FAULT_CUT_OFF, NOW);
        assert_false(breaker_is_open(&breaker, NOW));
    }
}

static void test_breaker__forgets_what_is_long_ago(void **state)
{
    struct breaker breaker = { 0 };

    (void)state;
    for (int i = 0; i < AI_BREAKER_SEEN_MIN; i++) {
        int64_t now_us = NOW + i * 4 * US_PER_S;

        breaker_good(&breaker, now_us);
        breaker_bad(&breaker, AI_FAULT_CUT_OFF, now_us);
        assert_false(breaker_is_open(&breaker, now_us));
    }
}

/* One tries; when that fails, it is left alone for twice as long, at most AI_BREAKER_OPEN_MAX_S. */
static void test_breaker__doubles(void **state)
{
    static const int wanted_s[] = { 15, 30, 60, 120, 240, 300, 300 };
    struct breaker breaker = { 0 };
    int64_t now_us = NOW;

    (void)state;
    fail_times(&breaker, AI_BREAKER_ROW, now_us);
    for (size_t i = 0; i < COUNT_OF(wanted_s); i++) {
        now_us += wanted_s[i] * US_PER_S;
        assert_true(breaker_is_open(&breaker, now_us - 1));
        assert_false(breaker_is_open(&breaker, now_us));
        assert_true(breaker_pass(&breaker));
        assert_true(breaker_is_open(&breaker, now_us)); /* for all others */
        fail_times(&breaker, 1, now_us);
    }
    now_us += 300 * US_PER_S;
    assert_true(breaker_pass(&breaker));
    breaker_good(&breaker, now_us);
    assert_false(breaker_is_open(&breaker, now_us));
    assert_false(breaker_pass(&breaker));
    fail_times(&breaker, AI_BREAKER_ROW, now_us);
    assert_false(breaker_is_open(&breaker, now_us + 15 * US_PER_S));
}

/* What was under way when it was opened says nothing new. */
static void test_breaker__is_not_lengthened_by_late_faults(void **state)
{
    struct breaker breaker = { 0 };

    (void)state;
    fail_times(&breaker, AI_BREAKER_ROW, NOW);
    fail_times(&breaker, AI_BREAKER_ROW, NOW + 10 * US_PER_S);
    assert_false(breaker_is_open(&breaker, NOW + AI_BREAKER_OPEN_S * US_PER_S));
}

static void test_breaker__lets_another_try(void **state)
{
    struct breaker breaker = { 0 };

    (void)state;
    breaker_open_for(&breaker, AI_FAULT_REFUSED_KEY, 1000, NOW);
    assert_true(breaker_is_open(&breaker, NOW + US_PER_S - 1));
    assert_true(breaker_pass(&breaker));
    assert_true(breaker_is_open(&breaker, NOW + US_PER_S));
    breaker_unknown(&breaker);
    assert_false(breaker_is_open(&breaker, NOW + US_PER_S));
    assert_true(breaker_pass(&breaker));
}

static void test_breaker__is_open_for_a_while_at_most(void **state)
{
    struct breaker breaker = { 0 };

    (void)state;
    breaker_open_for(&breaker, AI_FAULT_RATE_LIMITED, 86400 * INT64_C(1000), NOW);
    assert_false(breaker_is_open(&breaker, NOW + AI_BREAKER_OPEN_MAX_S * US_PER_S));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breaker__opens_after_so_many_faults_in_a_row),
        cmocka_unit_test(test_breaker__opens_where_half_fails),
        cmocka_unit_test(test_breaker__bears_a_little_less),
        cmocka_unit_test(test_breaker__forgets_what_is_long_ago),
        cmocka_unit_test(test_breaker__doubles),
        cmocka_unit_test(test_breaker__is_not_lengthened_by_late_faults),
        cmocka_unit_test(test_breaker__lets_another_try),
        cmocka_unit_test(test_breaker__is_open_for_a_while_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
