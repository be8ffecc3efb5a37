#include "unit.h"

#include <string.h>

#include "parley/core/limits.h"
#include "parley/domain/trust/auth_cache.h"

/* Of the n-th token. */
static struct cache_key key_of(const struct keyed_cache *cache, int n)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "token %d", n);
    return keyed_cache_key(cache, str_from(text));
}

static void add(struct keyed_cache *cache, int n, int64_t user_id, int64_t until_us)
{
    struct principal principal = { .user_id = user_id };

    keyed_cache_add(cache, key_of(cache, n), &principal, until_us, keyed_cache_epoch(cache));
}

/* The user of the n-th token; 0: not found. */
static int64_t find(struct keyed_cache *cache, int n, int64_t now_us)
{
    struct principal principal = { .user_id = -1 };

    return keyed_cache_find(cache, key_of(cache, n), now_us, &principal) ? principal.user_id : 0;
}

static void test_auth_cache__finds_what_was_added(void **state)
{
    (void)state;
    struct keyed_cache *cache = auth_cache_new();

    add(cache, 1, 11, 1000);
    add(cache, 2, 22, 1000);
    assert_int_equal(find(cache, 1, 500), 11);
    assert_int_equal(find(cache, 2, 500), 22);
    assert_int_equal(find(cache, 3, 500), 0);
    keyed_cache_free(cache);
}

static void test_auth_cache__an_entry_ends_at_its_time(void **state)
{
    (void)state;
    struct keyed_cache *cache = auth_cache_new();

    add(cache, 1, 11, 1000);
    assert_int_equal(find(cache, 1, 999), 11);
    assert_int_equal(find(cache, 1, 1000), 0);
    keyed_cache_free(cache);
}

static void test_auth_cache__the_newest_answer_counts(void **state)
{
    (void)state;
    struct keyed_cache *cache = auth_cache_new();

    add(cache, 1, 11, 1000);
    add(cache, 1, 12, 2000);
    assert_int_equal(find(cache, 1, 500), 12);
    assert_int_equal(find(cache, 1, 1500), 12);
    keyed_cache_free(cache);
}

static void test_auth_cache__drop_forgets_all_tokens_of_one_user(void **state)
{
    (void)state;
    struct keyed_cache *cache = auth_cache_new();

    for (int i = 0; i < 20; i++)
        add(cache, i, i % 2 == 0 ? 11 : 22, 1000);
    auth_cache_drop(cache, 11);
    for (int i = 0; i < 20; i++)
        assert_int_equal(find(cache, i, 500), i % 2 == 0 ? 0 : 22);
    keyed_cache_free(cache);
}

static void test_auth_cache__what_was_read_before_a_drop_is_not_remembered(void **state)
{
    (void)state;
    struct keyed_cache *cache = auth_cache_new();
    struct principal principal = { .user_id = 11 };
    uint64_t epoch = keyed_cache_epoch(cache);

    auth_cache_drop(cache, 11);
    keyed_cache_add(cache, key_of(cache, 1), &principal, 1000, epoch);
    assert_int_equal(find(cache, 1, 500), 0);
    keyed_cache_free(cache);
}

static void test_auth_cache__more_tokens_than_places_push_out_the_oldest(void **state)
{
    (void)state;
    struct keyed_cache *cache = auth_cache_new();
    int last = 4 * AUTH_CACHE_ENTRIES, found = 0;

    for (int i = 0; i < last; i++)
        add(cache, i, i + 1, 1000 + i);
    for (int i = last - AUTH_CACHE_ENTRIES / 4; i < last; i++)
        found += find(cache, i, 500) == i + 1;
    /* A few of the newest share a set with more than three others; nearly all are there. */
    assert_true(found > AUTH_CACHE_ENTRIES / 4 * 95 / 100);
    assert_int_equal(find(cache, 0, 500), 0);
    keyed_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auth_cache__finds_what_was_added),
        cmocka_unit_test(test_auth_cache__an_entry_ends_at_its_time),
        cmocka_unit_test(test_auth_cache__the_newest_answer_counts),
        cmocka_unit_test(test_auth_cache__drop_forgets_all_tokens_of_one_user),
        cmocka_unit_test(test_auth_cache__what_was_read_before_a_drop_is_not_remembered),
        cmocka_unit_test(test_auth_cache__more_tokens_than_places_push_out_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
