/* Buckets with a clock that the test moves. */
#include "../../../app/gate/rate_table.h"

#include <pthread.h>
#include <stdatomic.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "unit.h"

enum { START_S = 1000 };

/* Three tokens, one comes back each second. */
static struct rate_spot spot_at(uint64_t key, int64_t after_us)
{
    return (struct rate_spot){ .key = key, .limit = { 3, US_PER_S }, .now_us = START_S * US_PER_S + after_us };
}

static bool took(struct rate_table *table, uint64_t key, int64_t after_us)
{
    struct rate_spot spot = spot_at(key, after_us);

    return rate_table_take(table, &spot, 1).has_room;
}

static int64_t until_full_us(struct rate_table *table, uint64_t key, int64_t after_us)
{
    struct rate_spot spot = spot_at(key, after_us);

    return rate_table_take(table, &spot, 0).until_full_us;
}

static int setup(void **state)
{
    *state = rate_table_new();
    return *state == NULL;
}

static int teardown(void **state)
{
    rate_table_free(*state);
    return 0;
}

static void test_rate_table__gives_out_what_a_bucket_holds(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_true(took(*state, 7, 0));
    assert_false(took(*state, 7, 0));
    assert_true(took(*state, 8, 0));
}

static void test_rate_table__a_token_comes_back_in_its_time_and_no_sooner(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_true(took(*state, 7, 0));
    assert_false(took(*state, 7, US_PER_S - 1));
    assert_true(took(*state, 7, US_PER_S));
    assert_false(took(*state, 7, US_PER_S));
    assert_false(took(*state, 7, 2 * US_PER_S - 1));
    assert_true(took(*state, 7, 2 * US_PER_S));
}

static void test_rate_table__never_holds_more_than_a_full_bucket(void **state)
{
    assert_true(took(*state, 7, 0));
    for (int i = 0; i < 3; i++)
        assert_true(took(*state, 7, 100 * US_PER_S));
    assert_false(took(*state, 7, 100 * US_PER_S));
}

static void test_rate_table__says_when_it_will_be_full(void **state)
{
    assert_int_equal(until_full_us(*state, 7, 0), 0);
    assert_true(took(*state, 7, 0));
    assert_true(took(*state, 7, 0));
    assert_int_equal(until_full_us(*state, 7, 0), 2 * US_PER_S);
    assert_int_equal(until_full_us(*state, 7, 300), 2 * US_PER_S - 300);
}

static void test_rate_table__takes_a_token_back(void **state)
{
    struct rate_spot spot = spot_at(7, 0);

    for (int i = 0; i < 3; i++)
        assert_true(took(*state, 7, 0));
    rate_table_give_back(*state, &spot);
    assert_true(took(*state, 7, 0));
    assert_false(took(*state, 7, 0));
    for (int i = 0; i < 10; i++)
        rate_table_give_back(*state, &spot);
    assert_int_equal(until_full_us(*state, 7, 0), 0);
}

static void test_rate_table__learns_what_others_have_spent(void **state)
{
    struct rate_spot spot = spot_at(7, 0);

    rate_table_learn(*state, &spot, 2 * US_PER_S + 1);
    assert_false(took(*state, 7, 0));
    assert_true(took(*state, 7, 1));
    rate_table_learn(*state, &spot, 1); /* older news */
    assert_false(took(*state, 7, 1));
}

static int64_t to_tell(struct rate_table *table, int64_t after_us)
{
    const struct rate_spot spot = { .key = 7, .limit = { 96, US_PER_S }, .now_us = START_S * US_PER_S + after_us };

    return rate_table_take(table, &spot, 1).to_report_count;
}

static void test_rate_table__has_the_first_and_then_every_batch_told(void **state)
{
    assert_int_equal(to_tell(*state, 0), 0);
    assert_int_equal(to_tell(*state, 0), -1);
    assert_int_equal(to_tell(*state, 0), -1);
    assert_int_equal(to_tell(*state, 0), 2); /* a thirty-second part is 3, with this one */
    assert_int_equal(to_tell(*state, 0), -1);
    assert_int_equal(to_tell(*state, 1000 * US_PER_S), -1);
    assert_int_equal(to_tell(*state, 2000 * US_PER_S), 2); /* slow ones cost no more round trips than fast ones */
}

static void test_rate_table__a_small_bucket_is_told_each_time(void **state)
{
    struct rate_spot spot = spot_at(7, 0);

    for (int i = 0; i < 3; i++)
        assert_int_equal(rate_table_take(*state, &spot, 1).to_report_count, 0);
    assert_int_equal(rate_table_take(*state, &spot, 1).to_report_count, -1);
}

/* ---- many ---- */

/* Spread as a keyed hash would. */
static uint64_t hashed(uint64_t n)
{
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

enum { MILLION = 1000000, EMPTY_COUNT = 1000, FIRST_OF_FLOOD = 1000000000 };

static void empty_some(struct rate_table *table)
{
    for (uint64_t n = 1; n <= EMPTY_COUNT; n++)
        for (int i = 0; i < 3; i++)
            assert_true(took(table, hashed(n), 0));
}

static void assert_still_empty(struct rate_table *table)
{
    for (uint64_t n = 1; n <= EMPTY_COUNT; n++)
        assert_false(took(table, hashed(n), US_PER_S / 2));
}

static void test_rate_table__a_million_addresses_cost_32_mb_and_push_no_empty_bucket_out(void **state)
{
    empty_some(*state);
    for (uint64_t n = 0; n < MILLION; n++)
        assert_true(took(*state, hashed(FIRST_OF_FLOOD + n), 0));
    assert_true(rate_table_bytes(*state) <= 32 * 1000 * 1000);
    assert_still_empty(*state);
}

static void test_rate_table__is_bounded_whatever_comes(void **state)
{
    uint64_t refused = 0;

    empty_some(*state);
    for (uint64_t n = 0; n < 2 * MILLION; n++)
        refused += !took(*state, hashed(FIRST_OF_FLOOD + n), 0);
    assert_true(refused > 0 && refused < MILLION);
    assert_true(rate_table_bytes(*state) <= 32 * 1000 * 1000);
    assert_still_empty(*state);
    /* What is full again makes room. */
    for (uint64_t n = 0; n < MILLION; n++)
        assert_true(took(*state, hashed(2 * (uint64_t)FIRST_OF_FLOOD + n), 10 * US_PER_S));
}

static void test_rate_table__is_small_before_and_after_a_flood(void **state)
{
    for (uint64_t n = 0; n < 100; n++)
        assert_true(took(*state, hashed(n), 0));
    assert_true(rate_table_bytes(*state) < 32 * 1024);
    for (uint64_t n = 0; n < MILLION / 10; n++)
        assert_true(took(*state, hashed(n), 0));
    assert_true(rate_table_bytes(*state) > 1000 * 1000);
    for (uint64_t n = 0; n < 1000; n++)
        assert_true(took(*state, hashed(n), 100 * US_PER_S));
    assert_true(rate_table_bytes(*state) < 100 * 1024);
}

/* A flood whose buckets refill while it goes on lives in the places of those that are full. */
static void test_rate_table__reuses_the_places_of_full_buckets(void **state)
{
    for (uint64_t n = 0; n < MILLION; n++)
        assert_true(took(*state, hashed(n), (int64_t)n * 1000));
    assert_true(rate_table_bytes(*state) < 256 * 1024);
}

/* ---- threads ---- */

enum { THREADS = 4, TAKES = 20000, TOKENS = 1000 };

struct crowd {
    struct rate_table *table;
    atomic_int taken;
};

static void *take_many(void *arg)
{
    struct crowd *crowd = arg;

    for (uint64_t n = 0; n < TAKES; n++) {
        struct rate_spot one = { .key = 7, .limit = { TOKENS, US_PER_HOUR }, .now_us = START_S * US_PER_S };
        struct rate_spot other = spot_at(hashed(n), 0);

        atomic_fetch_add(&crowd->taken, rate_table_take(crowd->table, &one, 1).has_room);
        (void)rate_table_take(crowd->table, &other, 1);
        rate_table_give_back(crowd->table, &other);
        rate_table_learn(crowd->table, &other, 1);
    }
    return NULL;
}

static void test_rate_table__many_threads_get_no_token_too_many(void **state)
{
    struct crowd crowd = { .table = *state };
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &crowd), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.taken, TOKENS);
}

#define WITH_TABLE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TABLE(test_rate_table__gives_out_what_a_bucket_holds),
        WITH_TABLE(test_rate_table__a_token_comes_back_in_its_time_and_no_sooner),
        WITH_TABLE(test_rate_table__never_holds_more_than_a_full_bucket),
        WITH_TABLE(test_rate_table__says_when_it_will_be_full),
        WITH_TABLE(test_rate_table__takes_a_token_back),
        WITH_TABLE(test_rate_table__learns_what_others_have_spent),
        WITH_TABLE(test_rate_table__has_the_first_and_then_every_batch_told),
        WITH_TABLE(test_rate_table__a_small_bucket_is_told_each_time),
        WITH_TABLE(test_rate_table__a_million_addresses_cost_32_mb_and_push_no_empty_bucket_out),
        WITH_TABLE(test_rate_table__is_bounded_whatever_comes),
        WITH_TABLE(test_rate_table__is_small_before_and_after_a_flood),
        WITH_TABLE(test_rate_table__reuses_the_places_of_full_buckets),
        WITH_TABLE(test_rate_table__many_threads_get_no_token_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
