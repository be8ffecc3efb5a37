#include "parley/core/wake.h"

#include <pthread.h>

#include "unit.h"

enum { ROUNDS = 20000, THREADS = 4 };

static void test_wake__many_signals_are_one(void **state)
{
    struct wake wake;

    (void)state;
    assert_ok(wake_init(&wake));
    assert_false(wake_wait(&wake, 0));
    wake_signal(&wake);
    wake_signal(&wake);
    assert_true(wake_wait(&wake, 0));
    assert_false(wake_wait(&wake, 0));
    wake_signal(&wake);
    assert_true(wake_wait(&wake, 0));
    wake_release(&wake);
}

struct work {
    struct wake wake;
    _Atomic int made_count;
};

static void *make(void *arg)
{
    struct work *work = arg;

    for (int i = 0; i < ROUNDS; i++) {
        work->made_count++;
        wake_signal(&work->wake);
    }
    return NULL;
}

/* Whoever looks behind each wake-up has seen all that was made, when the last one has come. */
static void test_wake__none_is_lost(void **state)
{
    struct work work = { .made_count = 0 };
    pthread_t threads[THREADS];
    int seen_count = 0;

    (void)state;
    assert_ok(wake_init(&work.wake));
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make, &work), 0);
    while (seen_count < THREADS * ROUNDS) {
        assert_true(wake_wait(&work.wake, 10000));
        seen_count = work.made_count;
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    wake_release(&work.wake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wake__many_signals_are_one),
        cmocka_unit_test(test_wake__none_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
