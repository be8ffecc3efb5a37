#include "parley/core/ids.h"

#include <pthread.h>

#include "parley/core/clock.h"
#include "parley/core/rand.h"
#include "parley/core/secret.h"
#include "unit.h"

static void test_ids__uuid7_ascends_and_says_its_version(void **state)
{
    (void)state;
    struct uuid previous = uuid_new();
    for (int i = 0; i < 10000; i++) {
        struct uuid id = uuid_new();
        assert_true(memcmp(previous.bytes, id.bytes, 16) < 0);
        assert_int_equal(id.bytes[6] >> 4, 7);
        assert_int_equal(id.bytes[8] >> 6, 2);
        previous = id;
    }
    struct uuid random = uuid_new_random();
    assert_int_equal(random.bytes[6] >> 4, 4);
}

enum { THREADS = 4, EACH = 5000 };
static struct uuid made[THREADS][EACH];

static void *make(void *arg)
{
    struct uuid *ids = arg;
    for (int i = 0; i < EACH; i++)
        ids[i] = uuid_new();
    return NULL;
}

static int order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

static void test_ids__uuid7_is_unique_among_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make, made[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    struct uuid *all = &made[0][0];
    qsort(all, (size_t)THREADS * EACH, sizeof(*all), order);
    for (size_t i = 1; i < (size_t)THREADS * EACH; i++)
        assert_false(uuid_eq(&all[i - 1], &all[i]));
}

static void test_ids__text_goes_there_and_back(void **state)
{
    (void)state;
    char text[UUID_TEXT_BYTES];
    struct uuid id;
    assert_ok(uuid_parse(STR("0190A1B2-c3d4-7e5f-8a9b-0123456789ab"), &id));
    uuid_format(&id, text);
    assert_string_equal(text, "0190a1b2-c3d4-7e5f-8a9b-0123456789ab");
}

static void test_ids__other_texts_are_no_uuid(void **state)
{
    (void)state;
    const char *bad[] = { "",
                          "0190a1b2c3d47e5f8a9b0123456789ab",
                          "0190a1b2-c3d4-7e5f-8a9b-0123456789a",
                          "0190a1b2-c3d4-7e5f-8a9b-0123456789abc",
                          "0190a1b2_c3d4-7e5f-8a9b-0123456789ab",
                          "0190a1b2-c3d4-7e5f-8a9b-0123456789ag",
                          "{190a1b2-c3d4-7e5f-8a9b-0123456789a}" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct uuid id;
        assert_err(uuid_parse(str_from(bad[i]), &id), ERR_BAD_ID);
    }
}

static void test_ids__random_numbers_stay_below(void **state)
{
    (void)state;
    bool seen[7] = { false };
    for (int i = 0; i < 2000; i++) {
        uint64_t n = rand_below(7);
        assert_true(n < 7);
        seen[n] = true;
    }
    for (int i = 0; i < 7; i++)
        assert_true(seen[i]);
}

static void test_ids__secrets_compare_and_vanish(void **state)
{
    (void)state;
    char secret[] = "hunter";
    assert_true(secret_eq(STR("abc"), STR("abc")));
    assert_false(secret_eq(STR("abc"), STR("abd")));
    assert_false(secret_eq(STR("abc"), STR("abcd")));
    secret_wipe(secret, sizeof(secret));
    assert_memory_equal(secret, "\0\0\0\0\0\0", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids__uuid7_ascends_and_says_its_version),
        cmocka_unit_test(test_ids__uuid7_is_unique_among_threads),
        cmocka_unit_test(test_ids__text_goes_there_and_back),
        cmocka_unit_test(test_ids__other_texts_are_no_uuid),
        cmocka_unit_test(test_ids__random_numbers_stay_below),
        cmocka_unit_test(test_ids__secrets_compare_and_vanish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
